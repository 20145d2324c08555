"""Find invoices by place, time, client and state: a page of a list, and what all that were found come to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, select

from loyalty_core.facts.invoice import SaleState
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Sale
from loyalty_core.storage.work import table_of

sale = table_of(Sale)

COLUMNS = {"issued": sale.c.issued_at, "owed": sale.c.owed_minor, "off": sale.c.discount_minor}
"""What a list can be sorted by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which invoices are meant; what is absent is not asked for. `first` and `last` are local days, both included."""

    branches: Collection[int] | None = None
    clients: Collection[int] | None = None
    states: Collection[SaleState] | None = None
    number: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Summed:
    """How many invoices there are, and what they come to; those that are void count, with nothing."""

    count: int
    owed_minor: int
    off_minor: int


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as a line of a list."""

    id: int
    external_id: str
    branch_id: int
    client_id: int | None
    state: SaleState
    issued_at: datetime
    listed_minor: int
    owed_minor: int
    paid_minor: int

    @property
    def off_minor(self) -> int:
        """Return what came off."""
        return self.listed_minor - self.owed_minor


def summed(unit: Unit, wanted: Wanted) -> Summed:
    """Return what all invoices that are meant come to."""
    live = sale.c.state != SaleState.VOID.value
    statement = _meant(
        wanted,
        func.count(),
        cast(func.coalesce(func.sum(sale.c.owed_minor).filter(live), 0), BigInteger),
        cast(func.coalesce(func.sum(sale.c.discount_minor).filter(live), 0), BigInteger),
    )
    row: Any = unit.execute(statement).one()
    return Summed(row[0], row[1], row[2])


def rows(
    unit: Unit, wanted: Wanted, *, by: str = "issued", descending: bool = True, limit: int = 50, offset: int = 0
) -> list[InvoiceRow]:
    """Return a page of the invoices that are meant, sorted by one of `COLUMNS`; ties by id, the later ones first."""
    column = COLUMNS[by]
    statement = _meant(
        wanted,
        *(sale.c[name] for name in ("id", "external_id", "branch_id", "client_id", "state", "issued_at")),
        *(sale.c[name] for name in ("listed_minor", "owed_minor", "paid_minor")),
    )
    ordered = statement.order_by(column.desc() if descending else column, sale.c.id.desc())
    return [
        InvoiceRow(
            id=row.id,
            external_id=row.external_id,
            branch_id=row.branch_id,
            client_id=row.client_id,
            state=SaleState(row.state),
            issued_at=row.issued_at,
            listed_minor=row.listed_minor,
            owed_minor=row.owed_minor,
            paid_minor=row.paid_minor,
        )
        for row in unit.execute(ordered.limit(limit).offset(offset))
    ]


def _meant(wanted: Wanted, *columns: Any) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [sale.c.network_id == THIS_NETWORK]
    if wanted.branches is not None:
        conditions.append(sale.c.branch_id.in_(sorted(wanted.branches)))
    if wanted.clients is not None:
        conditions.append(sale.c.client_id.in_(sorted(wanted.clients)))
    if wanted.states is not None:
        conditions.append(sale.c.state.in_(sorted(state.value for state in wanted.states)))
    if wanted.number is not None:
        conditions.append(sale.c.external_id == wanted.number)
    if wanted.first is not None:
        conditions.append(sale.c.local_day >= wanted.first)
    if wanted.last is not None:
        conditions.append(sale.c.local_day <= wanted.last)
    return select(*columns).where(*conditions)
