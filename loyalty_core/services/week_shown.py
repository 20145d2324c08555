"""What a manager's day begins with: discounts given this week and last, those by hand, those that end soon."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, bindparam, cast, func, select

from loyalty_core.facts.combination import Lane
from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.standing import Element
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Adjustment, Sale, Standing
from loyalty_core.storage.work import table_of

WEEK = 7

sale, adjustment, standing = table_of(Sale), table_of(Adjustment), table_of(Standing)
_BY_DAY = (
    select(
        sale.c.local_day,
        cast(func.sum(sale.c.discount_minor), BigInteger).label("given"),
        cast(func.sum(sale.c.listed_minor), BigInteger).label("listed"),
    )
    .where(
        sale.c.network_id == THIS_NETWORK,
        sale.c.branch_id.in_(bindparam("branches", expanding=True)),
        sale.c.local_day.between(bindparam("first"), bindparam("last")),
        sale.c.state != SaleState.VOID.value,
    )
    .group_by(sale.c.local_day)
)
_MANUAL = (
    select(
        sale.c.id,
        sale.c.external_id,
        sale.c.client_id,
        sale.c.issued_at,
        sale.c.branch_id,
        func.min(adjustment.c.reason).label("reason"),
        func.min(adjustment.c.actor).label("actor"),
        cast(func.sum(adjustment.c.amount_minor), BigInteger).label("amount_minor"),
    )
    .join(adjustment, (adjustment.c.network_id == sale.c.network_id) & (adjustment.c.sale_id == sale.c.id))
    .where(
        sale.c.network_id == THIS_NETWORK,
        sale.c.branch_id.in_(bindparam("branches", expanding=True)),
        sale.c.local_day.between(bindparam("first"), bindparam("last")),
        sale.c.state != SaleState.VOID.value,
        adjustment.c.lane == Lane.MANUAL,
    )
    .group_by(sale.c.id, sale.c.external_id, sale.c.client_id, sale.c.issued_at, sale.c.branch_id)
    .order_by(sale.c.issued_at.desc(), sale.c.id.desc())
)
_ENDING = (
    select(standing.c.client_id, standing.c.scope_id, standing.c.value, standing.c.next_on)
    .where(
        standing.c.network_id == THIS_NETWORK,
        standing.c.scope_id.in_(bindparam("scopes", expanding=True)),
        standing.c.element == Element.DISCOUNT.value,
        standing.c.item == "",
        standing.c.value > 0,
        standing.c.next_on.between(bindparam("first"), bindparam("last")),
    )
    .order_by(standing.c.next_on, standing.c.value.desc(), standing.c.client_id)
)


@dataclass(frozen=True, slots=True)
class GivenOnDay:
    """What came off the invoices of one day, and what they would have cost; void ones left out."""

    day: date
    given_minor: int
    listed_minor: int


@dataclass(frozen=True, slots=True)
class ManualDiscount:
    """What was given by hand on one invoice, by whom and why."""

    sale_id: int
    number: str
    client_id: int | None
    branch_id: int
    issued_at: datetime
    amount_minor: int
    actor: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class EndingDiscount:
    """A personal discount that the calendar ends: `ends_on` is the first day without it."""

    client_id: int
    scope_id: int
    value: int
    ends_on: date


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def given_by_day(unit: Unit, branches: Collection[int], first: date, last: date) -> list[GivenOnDay]:
    """Return what was given on each day from `first` to `last`, both included, days without invoices too."""
    asked = {"branches": list(branches), "first": first, "last": last}
    found = {row.local_day: (row.given, row.listed) for row in unit.execute(_BY_DAY, asked)}
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [GivenOnDay(day, *found.get(day, (0, 0))) for day in days]


def manual_discounts(unit: Unit, branches: Collection[int], first: date, last: date) -> list[ManualDiscount]:
    """Return the invoices with a discount by hand, issued from `first` to `last`, newest first."""
    rows = unit.execute(_MANUAL, {"branches": list(branches), "first": first, "last": last})
    return [
        ManualDiscount(
            row.id,
            row.external_id,
            row.client_id,
            row.branch_id,
            row.issued_at,
            row.amount_minor,
            row.actor,
            row.reason,
        )
        for row in rows
    ]


def ending_discounts(unit: Unit, branches: Collection[int], today: date, days: int = WEEK) -> list[EndingDiscount]:
    """Return the personal discounts in the branches' own scopes that the calendar ends within `days`, soonest first."""
    own = unit.configuration.own_scopes
    scopes = [own[branch_id] for branch_id in branches if branch_id in own]
    span = {"first": today + timedelta(days=1), "last": today + timedelta(days=days)}
    rows = unit.execute(_ENDING, {"scopes": scopes, **span})
    return [EndingDiscount(row.client_id, row.scope_id, row.value, row.next_on) for row in rows]
