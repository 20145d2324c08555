"""What pricing looks at: a read-only invoice with its list amounts, and the client as of before it (SEMANTICS 6).

Amounts of a line are in the price's own basis: with tax where the price includes it, else without.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from loyalty_core.facts.draft import ItemFlags, Tax
from loyalty_core.facts.money import FULL_PERCENT, Currency, round_ratio
from loyalty_core.facts.totals import Totals


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is priced: the client's part of its list amount, and how low it may go."""

    key: str
    item: str
    name: str
    kind: str
    categories: tuple[str, ...]
    quantity_milli: int
    unit_price_minor: int
    listed_minor: int
    floor_minor: int
    tax: Tax
    flags: ItemFlags

    def with_tax(self, amount_minor: int) -> int:
        """Return what an amount of this line comes to with its tax: what is compared, capped and owed."""
        if self.tax.included or not self.tax.rate_bp:
            return amount_minor
        return amount_minor + round_ratio(amount_minor * self.tax.rate_bp, FULL_PERCENT)

    def in_own_basis(self, amount_minor: int) -> int:
        """Return an amount that includes tax in the basis of this line's price."""
        if self.tax.included or not self.tax.rate_bp:
            return amount_minor
        return round_ratio(amount_minor * FULL_PERCENT, FULL_PERCENT + self.tax.rate_bp)

    def tax_in(self, amount_minor: int) -> int:
        """Return the tax on an amount in this line's own basis: within it, or on top of it."""
        if self.tax.included:
            return round_ratio(amount_minor * self.tax.rate_bp, FULL_PERCENT + self.tax.rate_bp)
        return round_ratio(amount_minor * self.tax.rate_bp, FULL_PERCENT)


@dataclass(frozen=True, slots=True)
class Invoice:
    """A draft as plugins see it. `at` is the instant of pricing in the branch's zone."""

    branch_id: int
    visit_id: int | None
    at: datetime
    currency: Currency
    lines: tuple[Line, ...]
    codes: tuple[str, ...] = ()

    @property
    def date(self) -> date:
        """Return the branch's date."""
        return self.at.date()

    @property
    def listed_minor(self) -> int:
        """Return the list amounts of all lines, with tax."""
        return sum(line.with_tax(line.listed_minor) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Client:
    """The client who is served, as of before this visit or sale; totals are those of the branch's own scope.

    `number` says which visit this is: counted visits before it, and one. `discount_bp` is the personal discount;
    `class_rank` and `categories` are the rest of the standing.
    """

    id: int
    birthday: date | None
    locale: str
    totals: Totals
    number: int
    discount_bp: int | None = None
    class_rank: int | None = None
    categories: frozenset[str] = frozenset()
