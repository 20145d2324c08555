"""Payments: at the till one at a time, recorded ones many; and how one lies on lines (SEMANTICS 6, *Tender*)."""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row as SqlRow

from loyalty_core.engine.allocation import split
from loyalty_core.engine.checking import check_payment
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import RecordedPayment, SaleState
from loyalty_core.facts.money import Money
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import tender_flags
from loyalty_core.services.idempotency import once
from loyalty_core.services.invoices.rows import (
    RecordedSale,
    lines_of,
    lock_sale,
    lock_sales,
    payments_of,
    set_states,
    settle_sales,
    state_of,
)
from loyalty_core.services.unit import Unit
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Payment, PaymentLine
from loyalty_core.storage.work import Row

_CLOSED = (SaleState.VOID.value, SaleState.PART_REFUNDED.value, SaleState.REFUNDED.value)
"""What is paid after a refund would lie on quantities that came back already."""


class Line(Protocol):
    """What allocation needs of a line."""

    @property
    def key(self) -> str:
        """Return the caller's key of the line."""

    @property
    def item(self) -> str:
        """Return the item's code."""


def payment_rows(
    id_: int,
    sale_id: int,
    lines: Sequence[Line],
    payment: RecordedPayment,
    due: MutableSequence[int],
    flags: Mapping[str, bool],
) -> tuple[Row, list[Row]]:
    """Return the rows of one payment and take its shares off `due`, what each line is still owed.

    Without shares of its own it is allocated in proportion to what is still due, by largest remainder.
    """
    if payment.shares:
        given = {share.line: share.amount_minor for share in payment.shares}
        shares = [given.get(each.key, 0) for each in lines]
    elif payment.amount_minor == sum(due):
        shares = list(due)
    else:
        shares = split(payment.amount_minor, due, [(each.item, each.key) for each in lines])
    rows = []
    for place, share in enumerate(shares):
        if share:
            due[place] -= share
            assert due[place] >= 0, "a line is overpaid"
            rows.append({"payment_id": id_, "line_number": place + 1, "sale_id": sale_id, "amount_minor": share})
    row = {
        "id": id_,
        "sale_id": sale_id,
        "external_id": payment.external_id,
        "tender": payment.tender,
        "counts_as_paid": flags[payment.tender],
        "amount_minor": payment.amount_minor,
        "paid_at": payment.paid_at,
    }
    return row, rows


def pay(unit: Unit, sale_id: int, tender: str, amount_minor: int, key: str | None = None) -> RecordedSale:
    """Take a payment at the till, now; with `key` the same call again gets the same answer.

    Raises `Refused`: `unknown_invoice`, `invoice_closed`, `overpaid` for more than is due, `unknown_tender`,
    `too_small` for nothing.
    """

    def effect() -> dict[str, Any]:
        unit.lock_standing(exclusive=False)
        sale = lock_sale(unit, sale_id)
        due = sale.owed_minor - sale.paid_minor
        if amount_minor < 1:
            raise Refused(Problem("too_small", _("Take an amount above zero."), ("amount",)))
        if sale.state not in _CLOSED and amount_minor > due:
            text = _("Take at most %(due)s: no more is due.", due=Money(due, unit.configuration.currency))
            raise Refused(Problem("overpaid", text, ("amount",)))
        payment = RecordedPayment(f"till-{unit.ids.next()}", tender, amount_minor, unit.now)
        try:
            done = record_payments(unit, [(sale_id, payment)])[0]
        except Refused as refused:
            raise refused.of_one() from None
        after = {"tender": tender, "amount": amount_minor, "state": done.state.value}
        unit.audit("invoice.paid", f"invoice:{sale_id}", {"state": sale.state}, after, client_id=sale.client_id)
        return {"id": done.id, "state": done.state.value}

    answer = once(unit, key, ["invoices.pay", sale_id, tender, amount_minor], effect)
    return RecordedSale(answer["id"], SaleState(answer["state"]), changed=True)


def record_payments(
    unit: Unit, payments: Sequence[tuple[int, RecordedPayment]], *, judge: bool = True
) -> list[RecordedSale]:
    """Record payments made elsewhere, each given with the id of its sale; the same one again changes nothing.

    Returns the sale of each payment as it then stands; `changed` says whether that payment was new.
    Raises `Refused` with every problem: `unknown_invoice`, `unknown_tender`, `overpaid`, `line_overpaid`,
    `invoice_closed` for a void or refunded one, `recorded_differently` for an id recorded with other content.
    """
    unit.lock_standing(exclusive=not judge)
    invoices = _open_invoices(unit, sorted({sale_id for sale_id, _payment in payments if is_id(sale_id)}))
    flags = tender_flags(unit)
    problems: list[Problem] = []
    rows: list[Row] = []
    shares: list[Row] = []
    is_new: list[bool] = []
    for number, (sale_id, payment) in enumerate(payments):
        invoice = invoices.get(sale_id)
        if invoice is not None and invoice.has(payment):
            is_new.append(False)
            continue
        found = [_UNKNOWN] if invoice is None else invoice.problems(payment, flags)
        problems.extend(problem.under(number) for problem in found)
        if invoice is not None and not found:
            row, more = payment_rows(unit.ids.next(), sale_id, invoice.lines, payment, invoice.due, flags)
            invoice.taken[payment.external_id] = _Taken.of(row, more)
            rows.append(row)
            shares.extend(more)
        is_new.append(True)
    if problems:
        raise Refused(problems)
    unit.insert(Payment, rows)
    unit.insert(PaymentLine, shares)
    sales = {id_: invoice.sale for id_, invoice in invoices.items()}
    states = _raise_paid(unit, sales, rows)
    settle_sales(unit, ((id_, sales[id_].visit_id) for id_ in sorted(states)), "payments", judge=judge)
    if judge:
        for id_, state in sorted(states.items()):
            unit.emit("invoice_paid", {"invoice": str(id_), "state": state.value}, sales[id_].client_id)
    return [
        RecordedSale(sale_id, states.get(sale_id, SaleState(sales[sale_id].state)), new)
        for (sale_id, _payment), new in zip(payments, is_new, strict=True)
    ]


_UNKNOWN = Problem("unknown_invoice", _("There is no such invoice."), ("sale_id",))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A payment that is recorded: what another one under its id must equal."""

    tender: str
    amount_minor: int
    paid_at: datetime
    shares: Mapping[int, int]

    @classmethod
    def of(cls, row: Row, shares: Sequence[Row]) -> _Taken:
        """Return what the rows of a new payment say."""
        by_line = {share["line_number"]: share["amount_minor"] for share in shares}
        return cls(row["tender"], row["amount_minor"], row["paid_at"], by_line)


@dataclass(frozen=True, slots=True)
class _Invoice:
    """An invoice with what each line is still owed and the payments it has, by external id."""

    sale: SqlRow[Any]
    lines: Sequence[SqlRow[Any]]
    due: list[int]
    taken: dict[str, _Taken]

    def has(self, payment: RecordedPayment) -> bool:
        """Whether this very payment is recorded; shares count where they are given."""
        old = self.taken.get(payment.external_id)
        if old is None or (old.tender, old.amount_minor, old.paid_at) != (
            payment.tender,
            payment.amount_minor,
            payment.paid_at,
        ):
            return False
        numbers = {line.key: line.number for line in self.lines}
        given = {numbers.get(share.line): share.amount_minor for share in payment.shares if share.amount_minor}
        return not given or given == old.shares

    def problems(self, payment: RecordedPayment, flags: Mapping[str, bool]) -> list[Problem]:
        """Return what keeps a payment from being recorded."""
        if payment.external_id in self.taken:
            text = _("This payment was recorded with other content.")
            return [Problem("recorded_differently", text, ("external_id",))]
        if self.sale.state in _CLOSED:
            text = _("The invoice is void or refunded: send payments before refunds.")
            return [Problem("invoice_closed", text, ("sale_id",))]
        found = list(check_payment(payment, {line.key for line in self.lines}))
        if payment.tender not in flags:
            text = _("There is no way of paying called %(tender)s.", tender=payment.tender)
            found.append(Problem("unknown_tender", text, ("tender",)))
        places = {line.key: place for place, line in enumerate(self.lines)}
        if not found and payment.amount_minor > sum(self.due):
            found.append(Problem("overpaid", _("More is paid than is owed: send the rest as a top-up."), ("amount",)))
        elif not found and any(share.amount_minor > self.due[places[share.line]] for share in payment.shares):
            found.append(Problem("line_overpaid", _("More is paid on this line than it costs."), ("shares",)))
        return found


def _open_invoices(unit: Unit, ids: Sequence[int]) -> dict[int, _Invoice]:
    sales, lines, paid = lock_sales(unit, ids), lines_of(unit, ids), payments_of(unit, ids)
    found = {}
    for id_, sale in sales.items():
        due = [line.listed_minor - line.discount_minor for line in lines[id_]]
        taken = {}
        for each in paid[id_]:
            for number, amount in each.shares.items():
                due[number - 1] -= amount
            row = each.row
            taken[row.external_id] = _Taken(row.tender, row.amount_minor, row.paid_at, each.shares)
        found[id_] = _Invoice(sale, lines[id_], due, taken)
    return found


def _raise_paid(unit: Unit, sales: Mapping[int, Any], rows: Sequence[Row]) -> dict[int, SaleState]:
    """Add new payments to their sales; return the states they are in now."""
    paid: dict[int, int] = {}
    for row in rows:
        paid[row["sale_id"]] = paid.get(row["sale_id"], 0) + row["amount_minor"]
    states = {id_: state_of(sales[id_].owed_minor, sales[id_].paid_minor + amount) for id_, amount in paid.items()}
    set_states(
        unit,
        ((id_, states[id_], sales[id_].paid_minor + paid[id_], sales[id_].returned_minor) for id_ in sorted(paid)),
    )
    return states
