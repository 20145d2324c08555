"""The list of clients: persons of the host with what the core keeps of them in one branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, func, select

from loyalty_core.facts.standing import Element, Origin
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Standing, Totals
from loyalty_core.storage.work import table_of
from loyalty_web.erp.people_search import Wanted, matching
from loyalty_web.erp.tables import Person

_person, _totals, _standing = table_of(Person), table_of(Totals), table_of(Standing)
_last_day = func.coalesce(_totals.c.visited_on, _totals.c.bought_on)
_discount = and_(_standing.c.value.is_not(None), _standing.c.value > 0)

DISCOUNTS: dict[str, ColumnElement[bool]] = {
    "any": _discount,
    "by_hand": and_(_standing.c.value.is_not(None), _standing.c.origin == Origin.MANUAL.value),
    "ending": and_(_discount, _standing.c.next_on.between(bindparam("ending_from"), bindparam("ending_to"))),
    "none": func.coalesce(_standing.c.value, 0) == 0,
}
"""What may be asked of the personal discount."""

COLUMNS: dict[str, ColumnElement[Any]] = {
    "name": _person.c.search_name,
    "discount": _standing.c.value,
    "visits": _totals.c.visits,
    "sold": _totals.c.invoiced_minor,
    "last": _last_day,
}
"""What the list may be sorted by."""


@dataclass(frozen=True)
class Asked:
    """Which clients are wanted, with figures of which scope; `params` fill what the others leave open."""

    wanted: Wanted
    scope_id: int
    discount: str = ""
    since: date | None = None
    before: date | None = None
    ending: tuple[date, date] | None = None

    @property
    def shape(self) -> Shape:
        """Return what decides which statement is needed."""
        return Shape(self.wanted.shape, self.discount, self.since is not None, self.before is not None)

    @property
    def params(self) -> dict[str, Any]:
        """Return the parameters of the statement."""
        found: dict[str, Any] = {"scope": self.scope_id, "element": Element.DISCOUNT.value, **self.wanted.params}
        for name, value in (("since", self.since), ("before", self.before)):
            if value is not None:
                found[name] = value
        if self.discount == "ending" and self.ending is not None:
            found["ending_from"], found["ending_to"] = self.ending
        return found


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a statement: which conditions it has."""

    wanted: tuple[tuple[int, ...], bool]
    discount: str = ""
    since: bool = False
    before: bool = False


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A client with figures of one branch; the discount is in basis points, `changes_on` the day it may end."""

    client_id: int
    name: str
    discount_bp: int | None
    by_hand: bool
    changes_on: date | None
    visits: int
    sold_minor: int
    last_day: date | None


def count(unit: Unit, asked: Asked) -> int:
    """Return how many clients there are of those."""
    if asked.wanted.impossible:
        return 0
    found: int = unit.execute(_counted(asked.shape), asked.params).scalar_one()
    return found


def page(unit: Unit, asked: Asked, column: str, descending: bool, most: int, skipped: int) -> Sequence[ListedClient]:
    """Return one page of those clients, sorted by a column; who has nothing there comes last."""
    if asked.wanted.impossible:
        return []
    rows = unit.execute(_listed(asked.shape, column, descending), {**asked.params, "most": most, "skipped": skipped})
    return [
        ListedClient(
            row.client_id,
            row.name,
            row.value,
            row.value is not None and row.origin == Origin.MANUAL.value,
            row.next_on if row.value else None,
            row.visits or 0,
            row.invoiced_minor or 0,
            row.last_day,
        )
        for row in rows
    ]


def anybody(unit: Unit) -> bool:
    """Whether there is any client at all."""
    return unit.execute(_ANYBODY).first() is not None


_ANYBODY = select(_person.c.client_id).where(_person.c.network_id == THIS_NETWORK).limit(1)


def _joined() -> FromClause:
    of_totals = and_(
        _totals.c.network_id == _person.c.network_id,
        _totals.c.client_id == _person.c.client_id,
        _totals.c.scope_id == bindparam("scope"),
    )
    of_standing = and_(
        _standing.c.network_id == _person.c.network_id,
        _standing.c.client_id == _person.c.client_id,
        _standing.c.scope_id == bindparam("scope"),
        _standing.c.element == bindparam("element"),
        _standing.c.item == "",
    )
    return _person.outerjoin(_totals, of_totals).outerjoin(_standing, of_standing)


def _narrowed(statement: Select[Any], shape: Shape) -> Select[Any]:
    found = statement.select_from(_joined()).where(_person.c.network_id == THIS_NETWORK, matching(shape.wanted))
    if shape.discount:
        found = found.where(DISCOUNTS[shape.discount])
    if shape.since:
        found = found.where(_last_day >= bindparam("since"))
    if shape.before:
        found = found.where(_last_day <= bindparam("before"))
    return found


@lru_cache(maxsize=256)
def _counted(shape: Shape) -> Select[Any]:
    return _narrowed(select(func.count()), shape)


@lru_cache(maxsize=256)
def _listed(shape: Shape, column: str, descending: bool) -> Select[Any]:
    columns = (
        _person.c.client_id,
        _person.c.name,
        _standing.c.value,
        _standing.c.origin,
        _standing.c.next_on,
        _totals.c.visits,
        _totals.c.invoiced_minor,
        _last_day.label("last_day"),
    )
    order = COLUMNS[column].desc() if descending else COLUMNS[column].asc()
    if column != "name":  # a name is always there, and an index has it in order
        order = order.nulls_last()
    found = _narrowed(select(*columns), shape).order_by(order, _person.c.search_name, _person.c.client_id)
    return found.limit(bindparam("most")).offset(bindparam("skipped"))
