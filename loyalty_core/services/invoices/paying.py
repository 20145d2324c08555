"""Payments of recorded invoices, and how a payment lies on lines (SEMANTICS 6, *Tender*)."""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from typing import Any, Protocol

from loyalty_core.engine.allocation import split
from loyalty_core.engine.checking import check_payment
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import RecordedPayment, SaleState
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import tender_flags
from loyalty_core.services.invoices.rows import (
    Paid,
    RecordedSale,
    lines_of,
    lock_sales,
    payments_of,
    set_states,
    settle_sales,
    state_of,
)
from loyalty_core.services.unit import Unit
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


def record_payments(
    unit: Unit, payments: Sequence[tuple[int, RecordedPayment]], *, judge: bool = True
) -> list[RecordedSale]:
    """Record payments made elsewhere, each given with the id of its sale; the same one again changes nothing.

    Raises `Refused` with every problem: `unknown_invoice`, `unknown_tender`, `overpaid`, `invoice_closed` for a void
    or refunded one, `recorded_differently` for an id that was recorded with another amount or tender.
    """
    ids = sorted({sale_id for sale_id, _payment in payments})
    sales, lines, before = lock_sales(unit, ids), lines_of(unit, ids), payments_of(unit, ids)
    flags = tender_flags(unit)
    due = {sale_id: _still_due(lines[sale_id], before[sale_id]) for sale_id in sales}
    taken = {
        (id_, paid.row.external_id): (paid.row.tender, paid.row.amount_minor) for id_ in ids for paid in before[id_]
    }
    problems: list[Problem] = []
    rows: list[Row] = []
    shares: list[Row] = []
    changed: set[int] = set()
    for number, (sale_id, payment) in enumerate(payments):
        if taken.get((sale_id, payment.external_id)) == (payment.tender, payment.amount_minor):
            continue
        found = list(_problems(sales.get(sale_id), lines[sale_id], payment, due.get(sale_id, []), flags))
        if (sale_id, payment.external_id) in taken:
            text = _("This payment was recorded with another amount or tender.")
            found.append(Problem("recorded_differently", text, ("external_id",)))
        problems.extend(problem.under(number) for problem in found)
        if not found:
            row, more = payment_rows(unit.ids.next(), sale_id, lines[sale_id], payment, due[sale_id], flags)
            rows.append(row)
            shares.extend(more)
            taken[sale_id, payment.external_id] = (payment.tender, payment.amount_minor)
            changed.add(sale_id)
    if problems:
        raise Refused(problems)
    unit.insert(Payment, rows)
    unit.insert(PaymentLine, shares)
    states = _raise_paid(unit, sales, rows)
    settle_sales(unit, ((id_, sales[id_].visit_id) for id_ in sorted(changed)), "payments", judge=judge)
    if judge:
        for id_ in sorted(changed):
            unit.emit("invoice_paid", {"invoice": str(id_), "state": states[id_].value}, sales[id_].client_id)
    return [
        RecordedSale(sale_id, states.get(sale_id, SaleState(sales[sale_id].state)), sale_id in changed)
        for sale_id, _payment in payments
    ]


def _still_due(lines: Sequence[Any], paid: Sequence[Paid]) -> list[int]:
    due = [line.listed_minor - line.discount_minor for line in lines]
    for each in paid:
        for number, amount in each.shares.items():
            due[number - 1] -= amount
    return due


def _problems(
    sale: Any, lines: Sequence[Any], payment: RecordedPayment, due: Sequence[int], flags: Mapping[str, bool]
) -> list[Problem]:
    if sale is None:
        return [Problem("unknown_invoice", _("There is no such invoice."), ("sale_id",))]
    if sale.state in _CLOSED:
        text = _("The invoice is void or refunded: send payments before refunds.")
        return [Problem("invoice_closed", text, ("sale_id",))]
    found = list(check_payment(payment, {line.key for line in lines}))
    if payment.tender not in flags:
        text = _("There is no way of paying called %(tender)s.", tender=payment.tender)
        found.append(Problem("unknown_tender", text, ("tender",)))
    by_key = {line.key: place for place, line in enumerate(lines)}
    if not found and payment.amount_minor > sum(due):
        found.append(Problem("overpaid", _("More is paid than is owed: send the rest as a top-up."), ("amount",)))
    elif not found and any(share.amount_minor > due[by_key[share.line]] for share in payment.shares):
        found.append(Problem("line_overpaid", _("More is paid on this line than it costs."), ("shares",)))
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
