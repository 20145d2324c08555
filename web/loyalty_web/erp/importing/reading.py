"""Bytes to rows: a CSV file, read strictly, with the line each row begins on."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _

MAX_ROWS = 5_000_000
MAX_BYTES = 1024**3

_NOT_TEXT = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be: rows without the header, and bytes."""

    rows: int = MAX_ROWS
    bytes: int = MAX_BYTES


class Row(NamedTuple):
    """The cells of one row and the line of the file it begins on, counted from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that can be read more than once.

    `encoding` is any text encoding Python knows; a byte order mark at the beginning is not part of the first cell.
    """

    path: Path
    encoding: str = "utf-8"
    delimiter: str = ","
    limits: Limits = Limits()

    def rows(self) -> Iterator[Row]:
        """Yield the rows, the header first, blank lines left out.

        Raises `Refused` where the file as a whole cannot be read, with the line as path. Codes: `file_too_large`,
        `too_many_rows`, `wrong_encoding`, `nul_character`, `broken_csv`, `cell_too_long`.
        """
        if self.path.stat().st_size > self.limits.bytes:
            message = _("The file is larger than %(most)s bytes.", most=self.limits.bytes)
            raise Refused(Problem("file_too_large", message))
        try:
            yield from self._rows()
        except UnicodeError:
            line = self._first_undecodable_line()
            message = _("This is not %(encoding)s text: name the file's encoding.", encoding=self.encoding)
            raise Refused(Problem("wrong_encoding", message, (line,) if line else ())) from None

    def _rows(self) -> Iterator[Row]:
        begins, count = 1, 0
        with self.path.open(encoding=_skipping_mark(self.encoding), newline="") as file:
            reader = csv.reader(_without_nul(file), delimiter=self.delimiter, strict=True)
            try:
                for cells in reader:
                    if cells:
                        yield Row(begins, cells)
                        count += 1
                        if count > self.limits.rows + 1:
                            message = _("The file has more than %(most)s rows.", most=self.limits.rows)
                            raise Refused(Problem("too_many_rows", message, (begins,)))
                    begins = reader.line_num + 1
            except csv.Error as error:
                raise Refused(_broken(error, begins)) from None

    def _first_undecodable_line(self) -> int | None:
        """Return the line of the first byte that is not text; none where the encoding cannot tell."""
        try:
            with self.path.open(encoding=_skipping_mark(self.encoding), errors="surrogateescape", newline="") as file:
                for number, line in enumerate(file, 1):
                    if _NOT_TEXT.search(line):
                        return number
        except UnicodeError:
            pass
        return None


def _skipping_mark(encoding: str) -> str:
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _without_nul(lines: Iterator[str]) -> Iterator[str]:
    """Pass lines on, refusing the one character that no text has."""
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise Refused(Problem("nul_character", _("There is a NUL character: this is not a text file."), (number,)))
        yield line


def _broken(error: csv.Error, line: int) -> Problem:
    """Return what a broken row means; the csv module tells by its text only."""
    text = str(error)
    if "unexpected end of data" in text:
        return Problem("broken_csv", _("A quote is opened here and never closed."), (line,))
    if "field larger than field limit" in text:
        return Problem("cell_too_long", _("A cell is too long: is a quote opened here and never closed?"), (line,))
    if "expected after" in text:
        return Problem("broken_csv", _("There is text after a closing quote."), (line,))
    return Problem("broken_csv", _("This is not a row of a CSV file."), (line,))
