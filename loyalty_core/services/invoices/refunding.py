"""Give back lines of an invoice, or parts of them: what they were paid with, tender by tender (SEMANTICS 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, update

from loyalty_core.engine.allocation import part_of
from loyalty_core.engine.checking import text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import ReturnedLine, SaleState
from loyalty_core.messages import gettext as _
from loyalty_core.services.idempotency import once
from loyalty_core.services.invoices.rows import (
    Paid,
    RecordedSale,
    lines_of,
    lock_sale,
    payments_of,
    set_states,
    settle_sales,
    state_of,
)
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Return, ReturnLine, ReturnPayment, SaleLine
from loyalty_core.storage.work import Row, table_of

line = table_of(SaleLine)
_take_back = (
    update(line)
    .where(
        line.c.network_id == THIS_NETWORK,
        line.c.sale_id == bindparam("of_sale"),
        line.c.number == bindparam("of_number"),
    )
    .values(returned_milli=bindparam("new_returned"))
)


def refund(
    unit: Unit, sale_id: int, lines: Sequence[ReturnedLine], reason: str, key: str | None = None
) -> RecordedSale:
    """Return lines, or parts of their quantity; each part is computed on the running total, so that parts add up.

    Raises `Refused`: `unknown_invoice`, `not_refundable` (void, or nothing paid: void it instead), `unknown_line`,
    `too_much` for more than is left of a line, `too_small` for a quantity that is none, `required` without a reason.
    """

    def effect() -> dict[str, Any]:
        done = _refund(unit, sale_id, lines, reason)
        return {"id": done.id, "state": done.state.value, "changed": done.changed}

    request = ["invoices.refund", sale_id, [list(asdict(each).values()) for each in lines], reason]
    answer = once(unit, key, request, effect)
    return RecordedSale(answer["id"], SaleState(answer["state"]), answer["changed"])


def _refund(unit: Unit, sale_id: int, lines: Sequence[ReturnedLine], reason: str) -> RecordedSale:
    unit.lock_standing(exclusive=False)
    sale = lock_sale(unit, sale_id)
    sold = {row.key: row for row in lines_of(unit, [sale_id])[sale_id]}
    problems = _problems(sale, sold, lines, reason)
    if problems:
        raise Refused(problems)
    paid = payments_of(unit, [sale_id])[sale_id]
    return_id = unit.ids.next()
    back = [_payments_back(return_id, sold[each.line], each.quantity_milli, paid) for each in lines]
    given = [row for rows in back for row in rows]
    unit.insert(
        Return,
        [{"id": return_id, "sale_id": sale_id, "returned_at": unit.now, "actor": unit.actor, "reason": reason}],
    )
    unit.insert(ReturnLine, [_line_back(return_id, sold[each.line], each.quantity_milli) for each in lines])
    unit.insert(ReturnPayment, given)
    left = {row.key: row.quantity_milli - row.returned_milli for row in sold.values()}
    for each in lines:
        left[each.line] -= each.quantity_milli
    unit.execute_each(
        _take_back,
        [
            {
                "of_sale": sale_id,
                "of_number": sold[each.line].number,
                "new_returned": sold[each.line].quantity_milli - left[each.line],
            }
            for each in lines
        ],
    )
    state = state_of(sale.owed_minor, sale.paid_minor, some_returned=True, all_returned=not any(left.values()))
    returned = sale.returned_minor + sum(row["amount_minor"] for row in given)
    set_states(unit, [(sale_id, state, sale.paid_minor, returned)])
    if sale.client_id is not None:
        settle_sales(unit, [(sale_id, sale.visit_id)], f"refund:{return_id}")
    before, after = ({"state": value} for value in (sale.state, state.value))
    unit.audit("invoice.refunded", f"invoice:{sale_id}", before, after, client_id=sale.client_id, reason=reason)
    unit.emit("invoice_refunded", {"invoice": str(sale_id), "return": str(return_id)}, sale.client_id)
    return RecordedSale(sale_id, state, changed=True)


def _problems(sale: Any, sold: Mapping[str, Any], lines: Sequence[ReturnedLine], reason: str) -> list[Problem]:
    found = [problem for problem in (text_problem(reason, 1000, "reason"),) if problem]
    if sale.state in (SaleState.VOID.value, SaleState.ISSUED.value):
        text = _("Nothing was paid on this invoice: void it instead.")
        found.append(Problem("not_refundable", text, ("sale_id",)))
    if not lines:
        found.append(Problem("no_lines", _("Name at least one line to return."), ("lines",)))
    if len({each.line for each in lines}) < len(lines):
        found.append(Problem("line_twice", _("Name each line once."), ("lines",)))
    for number, each in enumerate(lines):
        row = sold.get(each.line)
        if row is None:
            found.append(Problem("unknown_line", _("There is no such line."), ("lines", number, "line")))
        elif type(each.quantity_milli) is not int or each.quantity_milli < 1:
            found.append(Problem("too_small", _("Give a quantity above zero."), ("lines", number, "quantity")))
        elif each.quantity_milli > row.quantity_milli - row.returned_milli:
            text = _("That is more than is left of this line.")
            found.append(Problem("too_much", text, ("lines", number, "quantity")))
    return found


def _part(amount_minor: int, row: Any, quantity_milli: int) -> int:
    return part_of(amount_minor, quantity_milli, row.quantity_milli, row.returned_milli)


def _line_back(return_id: int, row: Any, quantity_milli: int) -> Row:
    return {
        "return_id": return_id,
        "line_number": row.number,
        "sale_id": row.sale_id,
        "quantity_milli": quantity_milli,
        "listed_minor": _part(row.listed_minor, row, quantity_milli),
        "invoiced_minor": _part(row.listed_minor - row.discount_minor, row, quantity_milli),
    }


def _payments_back(return_id: int, row: Any, quantity_milli: int, paid: Sequence[Paid]) -> list[Row]:
    """Return what of each payment goes back for a part of one line."""
    rows = []
    for each in paid:
        amount = _part(each.shares.get(row.number, 0), row, quantity_milli)
        if amount:
            place = {"return_id": return_id, "payment_id": each.row.id, "line_number": row.number}
            rows.append({**place, "amount_minor": amount})
    return rows
