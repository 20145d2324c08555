"""Read one invoice whole: lines with what was taken off, payments, returns (SEMANTICS 1 and 6).

A fixed number of statements, whatever the number of lines; nothing is locked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.engine.allocation import part_of
from loyalty_core.facts.invoice import SaleState
from loyalty_core.services.invoices.rows import lines_of, payments_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Adjustment, Return, ReturnLine, ReturnPayment, Sale, Tender
from loyalty_core.storage.work import table_of

sale, adjustment, tender = table_of(Sale), table_of(Adjustment), table_of(Tender)
returned, returned_line, returned_payment = table_of(Return), table_of(ReturnLine), table_of(ReturnPayment)

_sale = select(sale).where(sale.c.network_id == THIS_NETWORK, sale.c.id == bindparam("of_id"))
_adjustments = (
    select(adjustment)
    .where(adjustment.c.network_id == THIS_NETWORK, adjustment.c.sale_id == bindparam("of_sale"))
    .order_by(adjustment.c.line_number, adjustment.c.seq)
)
_returns = (
    select(returned)
    .where(returned.c.network_id == THIS_NETWORK, returned.c.sale_id == bindparam("of_sale"))
    .order_by(returned.c.id)
)
_returned_lines = (
    select(returned_line)
    .where(returned_line.c.network_id == THIS_NETWORK, returned_line.c.sale_id == bindparam("of_sale"))
    .order_by(returned_line.c.return_id, returned_line.c.line_number)
)
_returned_payments = select(returned_payment).where(
    returned_payment.c.network_id == THIS_NETWORK,
    returned_payment.c.return_id.in_(bindparam("ids", expanding=True)),
)
_tenders = select(tender).where(tender.c.network_id == THIS_NETWORK).order_by(tender.c.code)


@dataclass(frozen=True, slots=True)
class TenderShown:
    """A way of paying by name; `is_money` tells money from value."""

    code: str
    name: str
    is_money: bool


@dataclass(frozen=True, slots=True)
class AdjustmentShown:
    """What was taken off one line. `reference` names the offer it comes from, empty on a recorded invoice.

    `reason` is a person's words, of a recorded one and of one by hand; `actor` who gave it by hand.
    """

    amount_minor: int
    reference: str
    lane: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line as sold; amounts are with tax, `unit_price_minor` is in the price's own basis.

    `tax_minor` is the tax within what is owed.
    """

    number: int
    key: str
    item: str
    name: str
    kind: str
    category: str
    quantity_milli: int
    returned_milli: int
    unit_price_minor: int
    listed_minor: int
    owed_minor: int
    tax_rate_bp: int
    tax_minor: int
    adjustments: tuple[AdjustmentShown, ...]

    @property
    def off_minor(self) -> int:
        """Return what came off."""
        return self.listed_minor - self.owed_minor

    @property
    def left_milli(self) -> int:
        """Return the quantity that has not come back."""
        return self.quantity_milli - self.returned_milli


@dataclass(frozen=True, slots=True)
class PaymentShown:
    """An amount paid by one tender; `shares` say what of it lies on a line, by the line's number."""

    id: int
    tender: TenderShown
    amount_minor: int
    paid_at: datetime
    shares: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class ReturnShown:
    """Lines that came back: quantity and amount by line number, and what was given back by tender."""

    id: int
    at: datetime
    actor: str
    reason: str
    quantities: Mapping[int, int]
    amounts: Mapping[int, int]
    given_back: Mapping[TenderShown, int]

    @property
    def amount_minor(self) -> int:
        """Return what was given back altogether."""
        return sum(self.given_back.values())


@dataclass(frozen=True, slots=True)
class InvoiceShown:
    """An invoice that was issued here (`priced`) or sent finished (`recorded`)."""

    id: int
    source: str
    external_id: str
    branch_id: int
    client_id: int | None
    visit_id: int | None
    state: SaleState
    priced: bool
    issued_at: datetime
    local_day: date
    listed_minor: int
    owed_minor: int
    paid_minor: int
    returned_minor: int
    lines: tuple[LineShown, ...]
    payments: tuple[PaymentShown, ...]
    returns: tuple[ReturnShown, ...]

    @property
    def off_minor(self) -> int:
        """Return what came off altogether."""
        return self.listed_minor - self.owed_minor

    @property
    def due_minor(self) -> int:
        """Return what may still be paid: nothing once something came back, or it is void."""
        return self.owed_minor - self.paid_minor if self.state in OPEN else 0

    def would_return(self, quantities: Mapping[str, int]) -> dict[TenderShown, int]:
        """Return what goes back, by tender, for quantities by line key, in thousandths; nothing is written.

        Each part is computed on the running total, as `refunding.refund` books it; more than is left is what is left.
        """
        found: dict[TenderShown, int] = {}
        for line in self.lines:
            quantity = min(quantities.get(line.key, 0), line.left_milli)
            if not quantity:
                continue
            for payment in self.payments:
                share = payment.shares.get(line.number, 0)
                amount = part_of(share, quantity, line.quantity_milli, line.returned_milli)
                if amount:
                    found[payment.tender] = found.get(payment.tender, 0) + amount
        return found


OPEN = (SaleState.ISSUED, SaleState.PART_PAID, SaleState.PAID)
"""States in which nothing came back."""


def tenders(unit: Unit) -> dict[str, TenderShown]:
    """Return the ways of paying by code."""
    return {row.code: TenderShown(row.code, row.name, row.is_money) for row in unit.execute(_tenders)}


def invoice(unit: Unit, sale_id: int) -> InvoiceShown | None:
    """Return an invoice; nothing for one that is none of this network's."""
    row = unit.execute(_sale, {"of_id": sale_id}).first() if is_id(sale_id) else None
    if row is None:
        return None
    known = tenders(unit)
    payments = tuple(
        PaymentShown(each.row.id, known[each.row.tender], each.row.amount_minor, each.row.paid_at, each.shares)
        for each in payments_of(unit, [sale_id])[sale_id]
    )
    return InvoiceShown(
        id=row.id,
        source=row.source,
        external_id=row.external_id,
        branch_id=row.branch_id,
        client_id=row.client_id,
        visit_id=row.visit_id,
        state=SaleState(row.state),
        priced=row.origin == "priced",
        issued_at=row.issued_at,
        local_day=row.local_day,
        listed_minor=row.listed_minor,
        owed_minor=row.owed_minor,
        paid_minor=row.paid_minor,
        returned_minor=row.returned_minor,
        lines=tuple(_lines(unit, sale_id)),
        payments=payments,
        returns=tuple(_returns_of(unit, sale_id, payments)),
    )


def _lines(unit: Unit, sale_id: int) -> list[LineShown]:
    taken: dict[int, list[AdjustmentShown]] = {}
    for row in unit.execute(_adjustments, {"of_sale": sale_id}):
        reference = f"{row.plugin}:{row.offer}" if row.plugin else ""
        shown = AdjustmentShown(row.amount_minor, reference, row.lane or "", row.reason, row.actor or "")
        taken.setdefault(row.line_number, []).append(shown)
    return [
        LineShown(
            number=row.number,
            key=row.key,
            item=row.item,
            name=row.name or row.item,
            kind=row.kind,
            category=row.category,
            quantity_milli=row.quantity_milli,
            returned_milli=row.returned_milli,
            unit_price_minor=row.unit_price_minor,
            listed_minor=row.listed_minor,
            owed_minor=row.listed_minor - row.discount_minor,
            tax_rate_bp=row.tax_rate_bp,
            tax_minor=row.tax_minor,
            adjustments=tuple(taken.get(row.number, ())),
        )
        for row in lines_of(unit, [sale_id])[sale_id]
    ]


def _returns_of(unit: Unit, sale_id: int, payments: Sequence[PaymentShown]) -> list[ReturnShown]:
    of_sale = {"of_sale": sale_id}
    rows = unit.execute(_returns, of_sale).all()
    if not rows:
        return []
    lines: dict[int, list[Any]] = {row.id: [] for row in rows}
    for each in unit.execute(_returned_lines, of_sale):
        lines[each.return_id].append(each)
    tender_of = {payment.id: payment.tender for payment in payments}
    back: dict[int, dict[TenderShown, int]] = {row.id: {} for row in rows}
    for each in unit.execute(_returned_payments, {"ids": sorted(lines)}):
        given, by = back[each.return_id], tender_of[each.payment_id]
        given[by] = given.get(by, 0) + each.amount_minor
    return [
        ReturnShown(
            id=row.id,
            at=row.returned_at,
            actor=row.actor,
            reason=row.reason,
            quantities={each.line_number: each.quantity_milli for each in lines[row.id]},
            amounts={each.line_number: each.invoiced_minor for each in lines[row.id]},
            given_back=back[row.id],
        )
        for row in rows
    ]
