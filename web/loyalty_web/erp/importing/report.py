"""What an import tells people: bad rows with their reasons, on the screen and as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from loyalty_core.errors import Problem
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_web.erp.importing.importer import Counts
from loyalty_web.erp.importing.run import Result

Render = Callable[[Message], str]
"""Turns a message into text in the reader's language."""

_FORMULA = "=+-@"


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: what looks like one gets an apostrophe in front.

    Control characters at the front count too, as programs drop them before they look (RELIABILITY, *Doors*).
    """
    return f"'{text}" if text and (text[0] in _FORMULA or text[0] < " ") else text


def place_and_reason(problem: Problem) -> Message:
    """Return where a mistake is and what it is."""
    match problem.path:
        case (line, column):
            place = {"line": str(line), "column": str(column)}
            return _("line %(line)s, column “%(column)s”: %(reason)s", **place, reason=problem.message)
        case (line,):
            return _("line %(line)s: %(reason)s", line=str(line), reason=problem.message)
    return problem.message


def write_report(path: Path, problems: Iterable[Problem], render: Render) -> None:
    """Write a CSV file with a row for each mistake: line, column, code, reason.

    It begins with a byte order mark, so that spreadsheets read it as UTF-8.
    """
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("line", "column", "code", "reason"))
            for problem in problems:
                line, column = (*problem.path, "", "")[:2]
                cells = (str(line), str(column), problem.code, render(problem.message))
                writer.writerow([harmless(cell) for cell in cells])
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # a full disk does not say which file


def summary(result: Result, kind: str, *, dry_run: bool) -> Iterator[Message]:
    """Yield what became of an import, a sentence each."""
    if result.bad_rows:
        yield ngettext(
            "%(count)s bad row: nothing was written.", "%(count)s bad rows: nothing was written.", result.bad_rows
        )
        return
    if result.problems:
        yield _("Nothing was written.")
        return
    yield _counted(kind, result.counts)
    if dry_run:
        yield _("This was a dry run: nothing was written.")


def _counted(kind: str, counts: Counts) -> Message:
    return _(
        "%(kind)s: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.",
        kind=kind,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
    )
