"""Statements that keep totals: add differences, look up days, sum measures per scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, FromClause, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.measuring import AMOUNTS
from loyalty_core.storage.tables import Measure, Scope, ScopeBranch, Totals
from loyalty_core.storage.work import table_of

measure, scope, part, totals = table_of(Measure), table_of(Scope), table_of(ScopeBranch), table_of(Totals)

DAYS = ("first_day", "visited_on", "bought_on")

KEYS = ("scope_id", "client_id")


def _later(kept: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(kept.is_(None), new > kept), new), else_=kept)


def _earlier(kept: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(kept.is_(None), new < kept), new), else_=kept)


@cache
def add_differences(dialect: str, *, returning: bool = False) -> Executable:
    """Return the upsert that adds the differences of one client in one scope to the totals.

    With `returning` it answers with the totals as they are now. Days only move outwards here; where one may have to
    move back, `days_of` is asked afterwards.
    """
    insert: Callable[..., Any] = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(totals)
    new = statement.excluded
    added = statement.on_conflict_do_update(
        index_elements=["network_id", *KEYS],
        set_={
            **{name: totals.c[name] + new[name] for name in AMOUNTS},
            "first_day": _earlier(totals.c.first_day, new.first_day),
            "visited_on": _later(totals.c.visited_on, new.visited_on),
            "bought_on": _later(totals.c.bought_on, new.bought_on),
        },
    )
    return added.returning(*totals.c) if returning else added  # type: ignore[no-any-return]


def in_scope(counted: FromClause) -> FromClause:
    """Join rows that have `network_id`, `branch_id` and `local_day` to the scopes they count in.

    A branch counts while it takes part, from the scope's history start (SEMANTICS 12, *Dates and zones*).
    """
    takes_part = and_(
        part.c.network_id == THIS_NETWORK,
        part.c.branch_id == counted.c.branch_id,
        part.c.starts_on <= counted.c.local_day,
        or_(part.c.ends_before.is_(None), counted.c.local_day < part.c.ends_before),
    )
    in_history = and_(
        scope.c.network_id == THIS_NETWORK,
        scope.c.id == part.c.scope_id,
        or_(scope.c.history_from.is_(None), scope.c.history_from <= counted.c.local_day),
    )
    return counted.join(part, takes_part).join(scope, in_history)


def day_columns(counted: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Return first and last days of rows that have `visited_on` and `bought_on`."""
    first = func.min(func.coalesce(counted.c.visited_on, counted.c.bought_on))
    last = (func.max(counted.c.visited_on), func.max(counted.c.bought_on))
    return tuple(day.label(name) for day, name in zip((first, *last), DAYS, strict=True))


def sums_by_scope(counted: FromClause) -> Select[Any]:
    """Return the totals that rows with the columns of a measure add up to, by scope and client."""
    return (
        select(
            scope.c.id.label("scope_id"),
            counted.c.client_id,
            *(func.sum(counted.c[name]).label(name) for name in AMOUNTS),
            *day_columns(counted),
        )
        .select_from(in_scope(counted))
        .group_by(scope.c.id, counted.c.client_id)
    )


@cache
def days_of() -> Select[Any]:
    """Return first and last days, looked up anew, of the clients in `:clients`, by scope."""
    return (
        select(scope.c.id.label("scope_id"), measure.c.client_id, *day_columns(measure))
        .select_from(in_scope(measure))
        .where(measure.c.network_id == THIS_NETWORK, measure.c.client_id.in_(bindparam("clients", expanding=True)))
        .group_by(scope.c.id, measure.c.client_id)
    )


@cache
def set_days() -> Executable:
    """Return the statement that sets the days of one client in one scope."""
    return (
        totals.update()
        .where(
            totals.c.network_id == THIS_NETWORK,
            totals.c.scope_id == bindparam("of_scope"),
            totals.c.client_id == bindparam("of_client"),
        )
        .values({name: bindparam(f"new_{name}", type_=totals.c[name].type) for name in DAYS})
    )
