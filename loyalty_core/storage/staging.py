"""Judge everybody of a scope at once: verdicts of a rule set against kept standing, by a few set-based statements.

The differences are staged in a temporary table first, so that the audit and the standing are written from the very
same rows. Temporary tables belong to the connection; nobody else sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Executable,
    Insert,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.elements import BindParameter

from loyalty_core.storage.base import THIS_NETWORK, Instant
from loyalty_core.storage.tables import Audit, Standing
from loyalty_core.storage.work import table_of

standing, audit = table_of(Standing), table_of(Audit)

staged = Table(
    "staged_standing",
    MetaData(),
    Column("client_id", BigInteger, primary_key=True, autoincrement=False),
    Column("was_value", BigInteger),
    Column("was_origin", String(40)),
    Column("was_version", BigInteger),
    Column("was_rule", String(40)),
    Column("was_kept", Boolean, nullable=False),
    Column("value", BigInteger),
    Column("origin", String(40), nullable=False),
    Column("rule", String(40)),
    Column("next_on", Date),
    Column("changed", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
)


def _param(name: str, type_: Any = BigInteger) -> BindParameter[Any]:
    return bindparam(name, type_=type_)


_kept = and_(
    standing.c.network_id == THIS_NETWORK,
    standing.c.scope_id == _param("scope"),
    standing.c.element == _param("of_element", String),
    standing.c.item == _param("of_item", String),
)


def prepare_staging(connection: Connection) -> None:
    """Make the temporary table on this connection unless it is there."""
    connection.execute(CreateTable(staged, if_not_exists=True).execution_options(unscoped=True))


def stage(verdicts: Select[Any]) -> Insert:
    """Return the statement that stages every difference between `verdicts` and the kept standing of a slot.

    Parameters: those of `verdicts`, `of_element` and `of_item`.
    """
    now = verdicts.subquery("verdict")
    joined = now.outerjoin(standing, and_(_kept, standing.c.client_id == now.c.client_id))
    gives_other = or_(
        now.c.value.is_distinct_from(standing.c.value),
        and_(
            now.c.value.is_not(None),
            or_(now.c.origin.is_distinct_from(standing.c.origin), now.c.rule.is_distinct_from(standing.c.rule)),
        ),
    )
    rows = (
        select(
            now.c.client_id,
            standing.c.value,
            standing.c.origin,
            standing.c.version_id,
            standing.c.rule,
            standing.c.client_id.is_not(None),
            now.c.value,
            now.c.origin,
            now.c.rule,
            now.c.next_on,
            gives_other,
        )
        .select_from(joined)
        .where(or_(gives_other, now.c.next_on.is_distinct_from(standing.c.next_on)))
    )
    return insert(staged).from_select([column.name for column in staged.c], rows)


EMPTY = delete(staged)
COUNT = select(func.count(), func.coalesce(func.sum(cast(staged.c.changed, Integer)), 0)).select_from(staged)


def _shown(
    value: ColumnElement[Any], origin: ColumnElement[Any], rule: ColumnElement[Any], version: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return an element of a standing as canonical JSON, or nothing without a value: what `judging.shown` says.

    Plugins' rule keys hold no character that JSON escapes; the dispatcher sees to that.
    """
    quoted = case((rule.is_(None), "null"), else_=literal('"') + rule + literal('"'))
    number = func.coalesce(cast(version, String), "null")
    parts = (literal('{"origin":"'), origin, literal('","rule":'), quoted, literal(',"value":'), cast(value, String))
    text = reduce(add, (*parts, literal(',"version":'), number, literal("}")))
    return case((value.is_(None), null()), else_=text)


_version = case((staged.c.origin == "rule", _param("of_version")), else_=null())
_COLUMNS = ("network_id", "id", "at", "actor", "action", "client_id", "scope_id", "subject", "before", "after", "cause")
AUDIT = insert(audit).from_select(
    _COLUMNS,
    select(
        THIS_NETWORK,
        _param("first_id") + func.row_number().over(order_by=staged.c.client_id) - 1,
        _param("of_now", Instant),
        _param("of_actor", String),
        literal("standing.changed"),
        staged.c.client_id,
        _param("of_scope"),
        _param("of_subject", String),
        _shown(staged.c.was_value, staged.c.was_origin, staged.c.was_rule, staged.c.was_version),
        _shown(staged.c.value, staged.c.origin, staged.c.rule, _version),
        _param("of_cause", String),
    ).where(staged.c.changed),
)
"""Audits each change. Parameters: `first_id` of a block of ids, and what every row says, each with `of_`."""

_gone = and_(staged.c.value.is_(None), staged.c.next_on.is_(None))
_this_slot = and_(
    standing.c.network_id == THIS_NETWORK,
    standing.c.scope_id == _param("of_scope"),
    standing.c.element == _param("of_element", String),
    standing.c.item == _param("of_item", String),
)
REMOVE = delete(standing).where(_this_slot, standing.c.client_id.in_(select(staged.c.client_id).where(_gone)))
MOVE_NEXT = (
    update(standing)
    .values(next_on=staged.c.next_on)
    .where(_this_slot, standing.c.client_id == staged.c.client_id, ~staged.c.changed, staged.c.was_kept, ~_gone)
)


@cache
def replace(dialect: str) -> Executable:
    """Return the upsert that gives every changed client the new value."""
    make: Callable[..., Any] = postgresql.insert if dialect == "postgresql" else sqlite.insert
    rows = select(
        THIS_NETWORK,
        _param("of_scope"),
        staged.c.client_id,
        _param("of_element", String),
        _param("of_item", String),
        staged.c.value,
        staged.c.origin,
        _version,
        staged.c.rule,
        _param("of_now", Instant),
        staged.c.next_on,
    ).where(or_(staged.c.changed, ~staged.c.was_kept), ~_gone)
    names = [column.name for column in standing.c]
    statement = make(standing).from_select(names, rows)
    new = statement.excluded
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["network_id", "scope_id", "client_id", "element", "item"],
        set_={name: new[name] for name in names[5:]},
    )
