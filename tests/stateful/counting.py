"""What facts count for and what they give, in plain Python written from SEMANTICS 1 to 4, 6 and 12.

Nothing here is imported from the product, so that a mistake there is not repeated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

UNCOUNTED_KINDS = {"gift_card", "top_up", "membership"}
TENDERS = {"cash": True, "card": True, "other": False}
"""Whether a tender counts as paid."""


@dataclass(frozen=True)
class Visit:
    name: str
    client: str
    branch: str
    status: str
    at: datetime
    number: int = 0
    deleted: bool = False


@dataclass(frozen=True)
class Line:
    key: str
    item: str
    kind: str
    quantity: int
    listed: int
    off: int

    @property
    def invoiced(self) -> int:
        return self.listed - self.off

    @property
    def counts(self) -> bool:
        return self.kind not in UNCOUNTED_KINDS


@dataclass(frozen=True)
class Payment:
    name: str
    tender: str
    amount: int
    at: datetime
    shares: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Invoice:
    name: str
    client: str | None
    branch: str
    visit: str | None
    at: datetime
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]


@dataclass
class Sale:
    """An invoice and what became of it: its payments by line, and what came back of each line."""

    invoice: Invoice
    number: int
    paid: dict[str, tuple[Payment, dict[str, int]]] = field(default_factory=dict)
    back: dict[str, int] = field(default_factory=dict)
    void: bool = False

    @property
    def owed(self) -> int:
        return sum(line.invoiced for line in self.invoice.lines)

    @property
    def paid_amount(self) -> int:
        return 0 if self.void else sum(payment.amount for payment, _shares in self.paid.values())

    @property
    def returned_amount(self) -> int:
        return sum(
            part(shares.get(line.key, 0), self.back.get(line.key, 0), line.quantity)
            for line in self.invoice.lines
            for _payment, shares in self.paid.values()
        )

    @property
    def state(self) -> str:
        if self.void:
            return "void"
        if all(self.back.get(line.key) == line.quantity for line in self.invoice.lines):
            return "refunded"
        if self.back:
            return "part_refunded"
        if self.paid_amount == self.owed:
            return "paid"
        return "part_paid" if self.paid_amount else "issued"

    def due(self) -> dict[str, int]:
        """Return what each line is still owed."""
        due = {line.key: line.invoiced for line in self.invoice.lines}
        for _payment, shares in self.paid.values():
            for key, amount in shares.items():
                due[key] -= amount
        return due

    def pay(self, payment: Payment) -> None:
        sent = {key: amount for key, amount in payment.shares if amount}
        shares = sent or share_out(payment.amount, self.due(), self.invoice.lines)
        self.paid[payment.name] = payment, shares


@dataclass(frozen=True)
class Opening:
    name: str
    client: str
    branch: str
    opened_on: date
    visits: int
    no_shows: int
    listed: int
    invoiced: int
    paid: int
    last_visit_on: date | None
    number: int = 0


@dataclass(frozen=True)
class Rules:
    """A programme in force: rules (metric, threshold, percent), days of inactivity, since the reset or lifetime."""

    rules: tuple[tuple[str, int, int], ...] = ()
    inactive_days: int | None = None
    since_reset: bool = False


@dataclass(frozen=True)
class ByHand:
    value: int
    granted_on: date
    until: date | None
    lapses: bool


@dataclass(frozen=True)
class Fact:
    """What one visit, sale or opening counts for, and where it stands in time."""

    at: datetime
    number: int
    day: date
    visits: int = 0
    no_shows: int = 0
    invoiced: int = 0
    listed: int = 0
    paid: int = 0
    visited: date | None = None
    bought: date | None = None


Totals = tuple[int, int, int, int, int, date | None, date | None, date | None]
"""Visits, no-shows, invoiced, listed, paid, first day, last day of visits, of sales without a visit."""

Given = tuple[int, str, str | None]
"""A discount in basis points, its origin, the rule that gave it."""


def part(amount: int, quantity: int, whole: int) -> int:
    """Return the part of an amount that falls on a quantity, half-up."""
    return (2 * amount * quantity + whole) // (2 * whole)


def share_out(amount: int, due: dict[str, int], lines: Sequence[Line]) -> dict[str, int]:
    """Split an amount in proportion to what is due by largest remainder (SEMANTICS 1; ties: see there)."""
    whole = sum(due.values())
    shares = {key: amount * weight // whole for key, weight in due.items()} if whole else {}
    item = {line.key: line.item for line in lines}
    rest = sorted(shares, key=lambda key: (shares[key] * whole - amount * due[key], -due[key], item[key], key))
    for key in rest[: amount - sum(shares.values())]:
        shares[key] += 1
    return {key: share for key, share in shares.items() if share}


def totals_of(facts: Sequence[Fact]) -> Totals:
    visited = [fact.visited for fact in facts if fact.visited]
    bought = [fact.bought for fact in facts if fact.bought]
    return (
        sum(fact.visits for fact in facts),
        sum(fact.no_shows for fact in facts),
        sum(fact.invoiced for fact in facts),
        sum(fact.listed for fact in facts),
        sum(fact.paid for fact in facts),
        min([*visited, *bought], default=None),
        max(visited, default=None),
        max(bought, default=None),
    )


def last_day(facts: Sequence[Fact]) -> date | None:
    """Return *last visit*: of visits, only without any of sales (SEMANTICS 2)."""
    *_sums, visited, bought = totals_of(facts)
    return visited or bought


def since_latest_gap(facts: Sequence[Fact], gap: int) -> list[Fact]:
    """Return the facts from the client's return after the latest gap of more than `gap` days on."""
    days = sorted({fact.visited for fact in facts if fact.visited})
    returns = [day for before, day in pairwise(days) if (day - before).days > gap]
    return [fact for fact in facts if not returns or (fact.visited or fact.day) >= returns[-1]]


def judged(facts: Sequence[Fact], rules: Rules, by_hand: ByHand | None, today: date) -> Given | None:
    """Return what a client with these facts has today (SEMANTICS 3 and 4)."""
    last, limit = last_day(facts), rules.inactive_days
    if by_hand is not None and in_force(by_hand, last, limit, today):
        return by_hand.value, "manual", None
    if limit is not None and last is not None and (today - last).days > limit:
        return None
    if rules.since_reset and limit is not None:
        facts = since_latest_gap(facts, limit)
    visits, _no_shows, invoiced, _listed, paid, *_days = totals_of(facts)
    figures = {"visits": visits, "sold": invoiced, "paid": paid}
    holding = [
        (-percent, metric, threshold) for metric, threshold, percent in rules.rules if figures[metric] >= threshold
    ]
    if not holding:
        return None
    percent, metric, threshold = min(holding)
    return -percent, "rule", f"{metric}:{threshold}"


def in_force(by_hand: ByHand, last: date | None, limit: int | None, today: date) -> bool:
    if by_hand.until is not None and today > by_hand.until:
        return False
    if not by_hand.lapses or limit is None:
        return True
    return (today - max(by_hand.granted_on, last or by_hand.granted_on)).days <= limit
