"""Rows to values: one file seen as the columns of one kind of import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_web.erp.importing.columns import Column, Forms
from loyalty_web.erp.importing.mapping import ALL_OTHERS, DELIMITERS, FileMapping
from loyalty_web.erp.importing.reading import CsvFile, Row

REMEMBERED = 4096
"""How many different cells of a column are remembered with their values."""


class Record(NamedTuple):
    """One good row: its line, and its values by column, `None` where a cell is empty."""

    line: int
    values: dict[str, Any]


class Reading(NamedTuple):
    """One row as it was read: without a record it is bad. `group` is the raw text of the column that groups rows."""

    line: int
    group: str
    record: Record | None


@dataclass(frozen=True, slots=True)
class Step:
    """How one column of a row is read; `title` is what the file itself calls it."""

    column: str
    title: str
    index: int
    read: Callable[[str], Any]
    required: bool
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first look at a file finds: how many rows, and the last line of each group."""

    rows: int
    last_lines: Mapping[str, int]


class Sheet:
    """A file bound to columns.

    Raises `Refused` when the file and the columns do not fit, with every reason, paths being (line, column). Codes:
    `empty_file`, `wrong_delimiter`, `column_twice`, `unknown_column`, `column_missing`, and those of `CsvFile.rows`.
    """

    def __init__(
        self, file: CsvFile, columns: Iterable[Column], mapping: FileMapping, forms: Forms, group: str | None = None
    ) -> None:
        self.file = file
        self.titles: dict[str, str] = {}
        header = next(file.rows(), None)
        if header is None:
            raise Refused(Problem("empty_file", _("The file is empty: not even a header.")))
        self.width = len(header.cells)
        self._line = header.line
        self._check_delimiter(header.cells, file.delimiter)
        self._problems: list[Problem] = []
        self._constants: dict[str, Any] = {}
        self._steps: list[Step] = []
        self._bind(header.cells, {each.name: each for each in columns}, mapping, forms)
        if self._problems:
            raise Refused(self._problems)
        self._group = next((step.index for step in self._steps if step.column == group), None)

    @property
    def given(self) -> frozenset[str]:
        """Return the columns that this file fills, by a column of its own or a constant."""
        return frozenset(self.titles)

    def survey(self) -> Survey:
        """Return the number of rows and the last line of each group; raise `Refused` when the file is broken."""
        rows = self.file.rows()
        next(rows)
        count, last_lines, group, width = 0, {}, self._group, self.width
        for line, cells in rows:
            count += 1
            if group is not None and len(cells) == width:
                last_lines[cells[group]] = line
        return Survey(count, last_lines)

    def read(self, problems: list[Problem]) -> Iterator[Reading]:
        """Yield every row after the header, adding what is wrong with it to `problems`."""
        rows = self.file.rows()
        next(rows)
        for row in rows:
            yield self._read(row, problems)

    def _read(self, row: Row, problems: list[Problem]) -> Reading:
        line, cells = row
        if len(cells) != self.width:
            counts = {"found": len(cells), "expected": self.width}
            message = _("This row has %(found)s cells, the header has %(expected)s.", **counts)
            problems.append(Problem("wrong_number_of_cells", message, (line,)))
            return Reading(line, "", None)
        values: dict[str, Any] = dict(self._constants)
        bad = False
        for step in self._steps:
            cell = cells[step.index]
            if step.words:
                cell = step.words.get(cell, cell)
            if not cell and not step.required:
                values[step.column] = None
                continue
            try:
                values[step.column] = step.read(cell)
            except Refused as refused:
                bad = True
                problems.extend(problem.under(line, step.title) for problem in refused.problems)
        group = "" if self._group is None else cells[self._group]
        return Reading(line, group, None if bad else Record(line, values))

    def _bind(self, header: list[str], columns: Mapping[str, Column], mapping: FileMapping, forms: Forms) -> None:
        self._check_mapping(columns, mapping)
        places: dict[str, int] = {}
        for index, title in enumerate(header):
            if title in places:
                self._refuse("column_twice", _("The header has this column twice."), title)
            places[title] = index
        used = set()
        for column in columns.values():
            title = mapping.columns.get(column.name, column.name)
            words = mapping.words.get(column.name, {})
            if column.name in mapping.constants:
                self._bind_constant(column, mapping.constants[column.name], forms)
            elif title in places:
                used.add(title)
                self.titles[column.name] = title
                step = Step(column.name, title, places[title], _reader(column, forms), column.required, words)
                self._steps.append(step)
            elif column.required or column.name in mapping.columns:
                self._refuse("column_missing", _("The file has no such column."), title)
        for title in header:
            if title not in used and not mapping.ignored & {title, ALL_OTHERS}:
                known = ", ".join(columns)
                self._refuse("unknown_column", _("This column is not one of: %(known)s.", known=known), title)

    def _check_delimiter(self, header: list[str], delimiter: str) -> None:
        """Refuse a header that is one cell because something else stands between its titles."""
        found = next((mark for mark in DELIMITERS if mark != delimiter and mark in header[0]), None)
        if len(header) == 1 and found is not None:
            text = _(
                'The header is one cell: say in a mapping file what stands between cells, delimiter = "%(mark)s".',
                mark="\\t" if found == "\t" else found,
            )
            raise Refused(Problem("wrong_delimiter", text, (self._line,)))

    def _check_mapping(self, columns: Mapping[str, Column], mapping: FileMapping) -> None:
        for part in (mapping.columns, mapping.constants, mapping.words):
            for name in part.keys() - columns.keys():
                known = ", ".join(columns)
                message = _("The mapping names a column that is not one of: %(known)s.", known=known)
                self._refuse("unknown_column", message, name)

    def _bind_constant(self, column: Column, text: str, forms: Forms) -> None:
        self.titles[column.name] = column.name
        try:
            self._constants[column.name] = column.read(text, forms)
        except Refused as refused:
            self._problems.extend(problem.under(self._line, column.name) for problem in refused.problems)

    def _refuse(self, code: str, message: Any, title: str) -> None:
        self._problems.append(Problem(code, message, (self._line, title)))


def _reader(column: Column, forms: Forms) -> Callable[[str], Any]:
    """Return the reader of a column's cells; what repeats down a column is read once."""
    read = column.read
    return lru_cache(REMEMBERED)(lambda cell: read(cell, forms))
