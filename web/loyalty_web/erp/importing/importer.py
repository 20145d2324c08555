"""What every kind of import shares: where its mistakes go, what it counts, how references are found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, TypeVar

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import known_clients
from loyalty_core.services.unit import Unit
from loyalty_web.erp.importing.columns import Column
from loyalty_web.erp.importing.sheet import Record

Input = TypeVar("Input")
Output = TypeVar("Output")


@dataclass(slots=True)
class Counts:
    """What an import did, in rows of its kind (of invoices: invoices, not lines)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


class Importer(ABC):
    """One kind of import during one run.

    `save` gets some thousand good rows at a time and writes what can be written, adding every mistake to `problems`
    with the path (line, title of the column); a run with problems is rolled back as a whole.
    """

    kind: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    group: ClassVar[str | None] = None
    """The column whose equal values make several rows one thing; such rows are never split between two saves."""
    fields: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Names of fields in the core's refusals that are called otherwise than our columns."""

    def __init__(self, unit: Unit, source: str, titles: Mapping[str, str], problems: list[Problem]) -> None:
        self.unit = unit
        self.source = source
        self.titles = titles
        self.problems = problems
        self.counts = Counts()
        self.scopes: set[int] = set()
        self._branches = unit.configuration.branch_ids
        self._zones = unit.configuration.branches
        self._lines: dict[Hashable, int] = {}

    @abstractmethod
    def save(self, records: Sequence[Record]) -> None:
        """Write some rows, none of which has a mistake of its own."""

    def refuse(self, line: int, column: str, code: str, message: Message) -> None:
        """Note a mistake in one cell."""
        self.problems.append(Problem(code, message, (line, self.titles.get(column, column))))

    def hand_over(
        self,
        service: Callable[[Unit, Sequence[Input]], Output],
        inputs: Sequence[Input],
        lines: Sequence[Sequence[int]],
    ) -> Output | None:
        """Hand inputs to a service of the core; `lines` are the lines of the file each came from.

        What is refused is noted and left out, and the rest is handed over again: one mistake may hide others, and
        every bad row is to be reported. Nothing of this is kept then, but later rows find what they rest on.
        """
        while inputs:
            try:
                return service(self.unit, inputs)
            except Refused as refused:
                self.problems.extend(self._placed(problem, lines) for problem in refused.problems)
                bad = {problem.path[0] for problem in refused.problems if problem.path}
                left = [number for number in range(len(inputs)) if number not in bad]
                if len(left) == len(inputs):
                    return None
                inputs, lines = [inputs[number] for number in left], [lines[number] for number in left]
        return None

    def _placed(self, problem: Problem, lines: Sequence[Sequence[int]]) -> Problem:
        """Turn a path in the core's input into a place in the file."""
        number, *path = problem.path or ("",)
        if not isinstance(number, int):
            return Problem(problem.code, problem.message)
        line = lines[number][0]
        match path:
            case ["lines", int(place), *path]:
                line = lines[number][place]
        columns = (self.column_of(field) for field in path if isinstance(field, str))
        title = next((self.titles[column] for column in columns if column in self.titles), None)
        return Problem(problem.code, problem.message, (line,) if title is None else (line, title))

    def column_of(self, field: str) -> str:
        """Return the column that a field of the core's input comes from."""
        return self.fields.get(field) or (field if field in self.titles else field.removesuffix("_id"))

    def once(self, line: int, column: str, key: Hashable) -> bool:
        """Whether this is the first row with that key; the second is a mistake."""
        first = self._lines.setdefault(key, line)
        if first != line:
            message = _("This is already on line %(line)s.", line=str(first))
            self.refuse(line, column, "repeated", message)
        return first == line

    def branch(self, record: Record) -> int | None:
        """Return the id of the row's branch; an unknown one is a mistake."""
        external_id = record.values["branch"]
        found = self._branches.get(external_id)
        if found is None:
            self.unknown(record.line, "branch", external_id)
            return None
        self.touched(found)
        return found

    def touched(self, branch_id: int) -> None:
        """Note that facts of a branch changed: standing in its scopes is to be evaluated."""
        self.scopes.update(part.scope_id for part in self.unit.configuration.parts[branch_id])

    def clients(self, records: Iterable[Record]) -> dict[str, int]:
        """Return the ids of those clients the rows name that are known."""
        named = dict.fromkeys(record.values.get("client") for record in records)
        return known_clients(self.unit, self.source, [name for name in named if name is not None])

    def of_clients(self, records: Sequence[Record]) -> Iterator[tuple[Record, int, int]]:
        """Yield the rows with the ids of their branch and client; unknown and repeated ones are mistakes."""
        clients = self.clients(records)
        for record in records:
            first = self.once(record.line, "external_id", record.values["external_id"])
            branch_id, client_id = self.branch(record), clients.get(record.values["client"])
            if client_id is None:
                self.unknown(record.line, "client", record.values["client"])
            elif first and branch_id is not None:
                yield record, branch_id, client_id

    def local(self, value: datetime, branch_id: int) -> datetime:
        """Return an instant; one without an offset is local time of the branch."""
        return parsing.in_zone(value, self._zones[branch_id])

    def unknown(self, line: int, column: str, external_id: str) -> None:
        """Note a reference to something that is not there."""
        message = _("“%(external_id)s” is not known.", external_id=external_id)
        self.refuse(line, column, f"unknown_{column}", message)
