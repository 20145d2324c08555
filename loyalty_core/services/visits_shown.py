"""Visits as a day list shows them: in order of time, with their invoices and the discount expected for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.standing import Given
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services.before_visit import Cut, before
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Sale, Visit
from loyalty_core.storage.work import table_of

visit, sale = table_of(Visit), table_of(Sale)
_kept = select(visit).where(visit.c.network_id == THIS_NETWORK, visit.c.deleted_at.is_(None))
_OF_DAY = _kept.where(visit.c.branch_id == bindparam("of_branch"), visit.c.local_day == bindparam("of_day")).order_by(
    visit.c.starts_at, visit.c.id
)
_ONE = _kept.where(visit.c.id == bindparam("of_id"))
_INVOICES = (
    select(sale.c.id, sale.c.visit_id, sale.c.external_id, sale.c.state, sale.c.owed_minor)
    .where(
        sale.c.network_id == THIS_NETWORK,
        sale.c.visit_id.in_(bindparam("ids", expanding=True)),
        sale.c.state != SaleState.VOID.value,
    )
    .order_by(sale.c.issued_at, sale.c.id)
)


@dataclass(frozen=True, slots=True)
class VisitInvoice:
    """An invoice of a visit that is not void."""

    id: int
    number: str
    state: SaleState
    owed_minor: int


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """A visit with its invoices; `discount` is the personal one before it, which prices it."""

    id: int
    source: str
    external_id: str
    branch_id: int
    client_id: int
    status: VisitStatus
    starts_at: datetime
    day: date
    revision: int
    discount: Given | None
    invoices: tuple[VisitInvoice, ...]

    def with_status(self, status: VisitStatus) -> VisitInput:
        """Return the same visit with another status, to be saved."""
        return VisitInput(self.source, self.external_id, self.branch_id, self.client_id, status, self.starts_at)


def of_day(unit: Unit, branch_id: int, day: date) -> list[ShownVisit]:
    """Return the visits of a branch on one of its days, by time."""
    return _shown(unit, unit.execute(_OF_DAY, {"of_branch": branch_id, "of_day": day}).all())


def one(unit: Unit, visit_id: int) -> ShownVisit | None:
    """Return a visit; nothing for one that is not there, or deleted."""
    rows = unit.execute(_ONE, {"of_id": visit_id}).all() if is_id(visit_id) else []
    return next(iter(_shown(unit, rows)), None)


def _shown(unit: Unit, rows: Sequence[Row[Any]]) -> list[ShownVisit]:
    invoices: dict[int, tuple[VisitInvoice, ...]] = {}
    for each in unit.execute(_INVOICES, {"ids": [row.id for row in rows]}) if rows else ():
        shown = VisitInvoice(each.id, each.external_id, SaleState(each.state), each.owed_minor)
        invoices[each.visit_id] = (*invoices.get(each.visit_id, ()), shown)
    cuts = [Cut(row.id, row.client_id, row.branch_id, row.id, row.starts_at, row.id, row.local_day) for row in rows]
    standing = before(unit, cuts)
    return [
        ShownVisit(
            row.id,
            row.source,
            row.external_id,
            row.branch_id,
            row.client_id,
            VisitStatus(row.status),
            row.starts_at,
            row.local_day,
            row.revision,
            standing[row.id].discount,
            invoices.get(row.id, ()),
        )
        for row in rows
    ]
