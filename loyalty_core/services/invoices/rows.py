"""What the verbs share: reading a sale under lock, its lines and payments, its state, settling it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import SaleState
from loyalty_core.messages import gettext as _
from loyalty_core.services.tail import settle
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Payment, PaymentLine, Sale, SaleLine, Visit
from loyalty_core.storage.work import table_of

sale, line, visit = table_of(Sale), table_of(SaleLine), table_of(Visit)
payment, payment_line = table_of(Payment), table_of(PaymentLine)

_visits_of = select(sale.c.visit_id).where(
    sale.c.network_id == THIS_NETWORK,
    sale.c.id.in_(bindparam("ids", expanding=True)),
    sale.c.visit_id.is_not(None),
)
LOCK_VISITS = (
    select(visit.c.id, visit.c.branch_id, visit.c.client_id)
    .where(
        visit.c.network_id == THIS_NETWORK,
        visit.c.id.in_(bindparam("ids", expanding=True)),
        visit.c.deleted_at.is_(None),
    )
    .order_by(visit.c.id)
    .with_for_update()
)
_sales = (
    select(sale)
    .where(sale.c.network_id == THIS_NETWORK, sale.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(sale.c.id)
    .with_for_update()
)
_lines = (
    select(line)
    .where(line.c.network_id == THIS_NETWORK, line.c.sale_id.in_(bindparam("ids", expanding=True)))
    .order_by(line.c.sale_id, line.c.number)
)
_payments = (
    select(payment)
    .where(payment.c.network_id == THIS_NETWORK, payment.c.sale_id.in_(bindparam("ids", expanding=True)))
    .order_by(payment.c.id)
)
_payment_lines = select(payment_line).where(
    payment_line.c.network_id == THIS_NETWORK, payment_line.c.payment_id.in_(bindparam("ids", expanding=True))
)
_set_state = (
    update(sale)
    .where(sale.c.network_id == THIS_NETWORK, sale.c.id == bindparam("of_id"))
    .values(state=bindparam("new_state"), paid_minor=bindparam("new_paid"), returned_minor=bindparam("new_returned"))
)


@dataclass(frozen=True, slots=True)
class RecordedSale:
    """A sale as it stands; `changed` is false when everything was so already."""

    id: int
    state: SaleState
    changed: bool


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment with its shares by line number."""

    row: Row[Any]
    shares: dict[int, int]


def lock_sales(unit: Unit, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Return sales by id, locked after their visits: whoever saves the visit measures its sales again."""
    visits = sorted(unit.execute(_visits_of, {"ids": ids}).scalars())
    if visits:
        unit.execute(LOCK_VISITS, {"ids": visits})
    return {row.id: row for row in unit.execute(_sales, {"ids": ids})}


def lock_sale(unit: Unit, sale_id: int) -> Row[Any]:
    """Return one sale, locked. Raises `Refused` with `unknown_invoice`."""
    found = lock_sales(unit, [sale_id]).get(sale_id) if is_id(sale_id) else None
    if found is None:
        raise Refused(Problem("unknown_invoice", _("There is no such invoice."), ("sale_id",)))
    return found


def lines_of(unit: Unit, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """Return the lines of sales, by sale, in order."""
    found: dict[int, list[Row[Any]]] = {id_: [] for id_ in ids}
    for row in unit.execute(_lines, {"ids": ids}).all():
        found[row.sale_id].append(row)
    return found


def payments_of(unit: Unit, ids: Sequence[int]) -> dict[int, list[Paid]]:
    """Return the payments of sales, by sale, in the order in which they were recorded."""
    found: dict[int, list[Paid]] = {id_: [] for id_ in ids}
    by_payment = {}
    for row in unit.execute(_payments, {"ids": ids}).all():
        by_payment[row.id] = Paid(row, {})
        found[row.sale_id].append(by_payment[row.id])
    if by_payment:
        for share in unit.execute(_payment_lines, {"ids": sorted(by_payment)}).all():
            by_payment[share.payment_id].shares[share.line_number] = share.amount_minor
    return found


def state_of(owed_minor: int, paid_minor: int, *, some_returned: bool = False, all_returned: bool = False) -> SaleState:
    """Return the state that an invoice's figures say it is in (SEMANTICS 6, *States*)."""
    if all_returned:
        return SaleState.REFUNDED
    if some_returned:
        return SaleState.PART_REFUNDED
    if paid_minor == owed_minor:
        return SaleState.PAID
    return SaleState.PART_PAID if paid_minor else SaleState.ISSUED


def set_states(unit: Unit, rows: Iterable[tuple[int, SaleState, int, int]]) -> None:
    """Set state, paid and returned sums of sales, given as (id, state, paid, returned)."""
    unit.execute_each(
        _set_state,
        [
            {"of_id": id_, "new_state": state.value, "new_paid": paid, "new_returned": returned}
            for id_, state, paid, returned in rows
        ],
    )


def settle_sales(unit: Unit, sales: Iterable[tuple[int, int | None]], cause: str, *, judge: bool = True) -> None:
    """Settle sales given as (id, visit id or none): those of a visit rest on it."""
    found = list(sales)
    settle(
        unit,
        cause,
        visits=(visit_id for _id, visit_id in found if visit_id is not None),
        sales=(id_ for id_, visit_id in found if visit_id is None),
        judge=judge,
    )
