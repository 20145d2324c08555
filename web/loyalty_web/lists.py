"""Lists: filters, sorting and paging live in the address, so that Back, a bookmark and a second tab agree (UI 3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import request

AT_ONCE = 50
MOST_PAGES = 10_000


@dataclass
class Listing:
    """One page of a list: which rows to read, how they are sorted, how many there are.

    `total` is filled in by whoever counts; `sort` is a column's name, with a hyphen before it for descending order.
    """

    sort: str
    page: int
    total: int = 0
    at_once: int = AT_ONCE

    @classmethod
    def asked(cls, columns: Collection[str], default: str, at_once: int = AT_ONCE) -> Listing:
        """Return what the address asks for; what makes no sense there is as if it were not."""
        sort = request.args.get("sort", default)
        if sort.removeprefix("-") not in columns:
            sort = default
        page = request.args.get("page", "1")
        number = int(page) if page.isascii() and page.isdecimal() and len(page) < 8 else 1
        return cls(sort, min(max(number, 1), MOST_PAGES), at_once=at_once)

    @property
    def column(self) -> str:
        """Return the name of the column that rows are sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    @property
    def offset(self) -> int:
        """Return how many rows come before this page."""
        return (self.page - 1) * self.at_once

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return max(1, -(-self.total // self.at_once))

    @property
    def first(self) -> int:
        """Return the number of the first row shown."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """Return the number of the last row shown."""
        return min(self.offset + self.at_once, self.total)

    def count(self, total: int) -> None:
        """Take the number of all rows; a page after the last one becomes the last one."""
        self.total = total
        self.page = min(self.page, self.pages)

    def sorted_by(self, name: str) -> str:
        """Return `ascending` or `descending` if rows are sorted by this column, else nothing."""
        if self.column != name:
            return ""
        return "descending" if self.descending else "ascending"

    def sort_toggle(self, name: str) -> str:
        """Return what a click on the head of a column sorts by."""
        return f"-{name}" if self.sort == name else name
