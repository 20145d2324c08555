"""Invoices as they are recorded: lines, adjustments, payments by tender and by line (SEMANTICS 1 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class SaleState(StrEnum):
    """States of an issued invoice (SEMANTICS 6, *States*)."""

    ISSUED = "issued"
    PART_PAID = "part_paid"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class LineKind:
    """A kind of line and whether its amounts count in totals (SEMANTICS 2: stored value is never sold)."""

    code: str
    counts_in_totals: bool = True


LINE_KINDS = {
    kind.code: kind
    for kind in (
        LineKind("service"),
        LineKind("goods"),
        LineKind("fee"),
        LineKind("gift_card", counts_in_totals=False),
        LineKind("top_up", counts_in_totals=False),
        LineKind("membership", counts_in_totals=False),
    )
}


@dataclass(frozen=True, slots=True)
class RecordedAdjustment:
    """A price reduction on one line that was given elsewhere; `amount_minor` is positive."""

    reason: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RecordedLine:
    """A line of a finished invoice.

    It carries its list amount; the unit price is for display and need not multiply out (SEMANTICS 6).
    `invoiced_minor` is what is left after the adjustments; it is checked, never computed for the sender.
    """

    key: str
    item: str
    category: str
    kind: str
    quantity_milli: int
    unit_price_minor: int
    listed_minor: int
    invoiced_minor: int
    adjustments: tuple[RecordedAdjustment, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentShare:
    """What of a payment lies on one line, named by the line's key."""

    line: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """Money or another tender that paid an invoice; without `shares` the core allocates it to lines."""

    external_id: str
    tender: str
    amount_minor: int
    paid_at: datetime
    shares: tuple[PaymentShare, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedInvoice:
    """A finished invoice from elsewhere; (`source`, `external_id`) says which one it is."""

    source: str
    external_id: str
    branch_id: int
    client_id: int | None
    visit_id: int | None
    issued_at: datetime
    lines: tuple[RecordedLine, ...]
    payments: tuple[RecordedPayment, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """A part of a line that comes back: its key and how much of its quantity, in thousandths."""

    line: str
    quantity_milli: int


@dataclass(frozen=True, slots=True)
class Opening:
    """Imported history of one client at one branch, which counts from the start of `opened_on` (SEMANTICS 2)."""

    source: str
    external_id: str
    branch_id: int
    client_id: int
    opened_on: date
    visits: int
    no_shows: int
    listed_minor: int
    invoiced_minor: int
    paid_minor: int
    last_visit_on: date | None
