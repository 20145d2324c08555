"""One import from beginning to end: one file, one transaction, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.services.house import Loyalty
from loyalty_core.services.reassessment import reassess
from loyalty_core.services.unit import Unit
from loyalty_web.erp.importing.branches import Branches
from loyalty_web.erp.importing.clients import Clients
from loyalty_web.erp.importing.columns import Forms
from loyalty_web.erp.importing.importer import Counts, Importer
from loyalty_web.erp.importing.invoices import Invoices
from loyalty_web.erp.importing.items import Items
from loyalty_web.erp.importing.mapping import FileMapping
from loyalty_web.erp.importing.openings import Openings
from loyalty_web.erp.importing.payments import Payments
from loyalty_web.erp.importing.reading import CsvFile, Limits
from loyalty_web.erp.importing.sheet import Reading, Record, Sheet
from loyalty_web.erp.importing.visits import Visits

ACTOR = "import"
LONGEST_SOURCE = 40

KINDS: Mapping[str, type[Importer]] = {
    each.kind: each for each in (Branches, Items, Clients, Visits, Invoices, Payments, Openings)
}
"""The kinds of import, in the order in which they build on each other."""

BATCH = 2_000
"""How many things (rows, or invoices) are handed to the core at a time."""

Progress = Callable[[int, int], None]
"""Told how many more rows were read, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be imported: `source` is the system whose ids the file uses."""

    kind: str
    path: Path
    mapping: FileMapping = field(default_factory=FileMapping)
    source: str = "import"
    encoding: str = "utf-8"
    limits: Limits = field(default_factory=Limits)
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it. With problems nothing was written; each path is (line, column), as far as known."""

    rows: int
    counts: Counts
    problems: tuple[Problem, ...]

    @property
    def bad_rows(self) -> int:
        """Return the number of rows with a problem; what is wrong with the file as a whole is in none."""
        return len({problem.path[0] for problem in self.problems if problem.path})


class _NothingWritten(Exception):
    """Ends a unit of work that is not to be committed."""


def no_progress(more: int, total: int) -> None:
    """Tell nobody."""


def import_file(loyalty: Loyalty, network_id: int, request: Request, progress: Progress = no_progress) -> Result:
    """Import one file in one transaction, or report every bad row and write nothing.

    A dry run does all the work and rolls it back. The same file again changes nothing.
    """
    problems: list[Problem] = []
    result = Result(0, Counts(), ())
    try:
        parsing.external_id(request.source, LONGEST_SOURCE)
        sheet = _sheet(loyalty, network_id, request)
        survey = sheet.survey()
        with loyalty.work(network_id, ACTOR) as unit:
            importer = KINDS[request.kind](unit, request.source, sheet.titles, problems)
            result = Result(survey.rows, importer.counts, ())
            readings = _told(sheet.read(problems), survey.rows, progress)
            for batch in _batches(readings, survey.last_lines):
                importer.save(batch)
            if not problems:
                _reassess(unit, importer)
            if problems or request.dry_run:
                raise _NothingWritten
    except Refused as refused:
        problems.extend(refused.problems)
    except _NothingWritten:
        pass
    return replace(result, problems=tuple(sorted(problems, key=_place)))


def _sheet(loyalty: Loyalty, network_id: int, request: Request) -> Sheet:
    """Bind the file to its columns: what is wrong with it as a whole is found before anybody waits for a writer."""
    with loyalty.reading(network_id) as unit:
        currency = unit.configuration.currency
    mapping, kind = request.mapping, KINDS[request.kind]
    file = CsvFile(request.path, request.encoding, mapping.delimiter, request.limits)
    return Sheet(file, kind.columns, mapping, Forms(currency, mapping.point, mapping.date, mapping.moment), kind.group)


def _reassess(unit: Unit, importer: Importer) -> None:
    """Bring standing up to date, once, in the scopes that the rows touched.

    Where a visit changed it is all scopes: it may have left a branch that its row does not name.
    """
    if importer.scopes and (importer.counts.new or importer.counts.changed):
        scopes = None if importer.counts.changed else sorted(importer.scopes)
        reassess(unit, scopes, cause=f"import:{importer.kind}")


def _told(readings: Iterable[Reading], total: int, progress: Progress) -> Iterator[Reading]:
    """Pass readings on and tell from time to time how many there were."""
    more = 0
    for reading in readings:
        more += 1
        if more == BATCH:
            progress(more, total)
            more = 0
        yield reading
    progress(more, total)


def _batches(readings: Iterable[Reading], last_lines: Mapping[str, int]) -> Iterator[list[Record]]:
    """Yield good rows, about `BATCH` things at a time, a group always whole and none that has a bad row.

    `last_lines` says where each group ends, so that only groups begun and not ended are kept in memory. Without it
    each row stands for itself.
    """
    batch: list[Record] = []
    begun: dict[str, list[Record | None]] = {}
    things = 0
    for line, group, record in readings:
        if last_lines:
            rows = begun.setdefault(group, [])
            rows.append(record)
            if last_lines.get(group) != line:
                continue
            del begun[group]
            good = [row for row in rows if row is not None]
            if len(good) < len(rows):
                continue
            batch.extend(good)
        elif record is not None:
            batch.append(record)
        things += 1
        if things >= BATCH:
            yield batch
            batch, things = [], 0
    if batch:
        yield batch


def _place(problem: Problem) -> tuple[int, str]:
    line, column = (*problem.path, 0, "")[:2]
    return int(line), str(column)
