"""Judge everybody of a scope at once: verdicts of a rule set against kept standing, by a few set-based statements.

The differences are staged in a temporary table first, so that the audit and the standing are written from the very
same rows. Temporary tables belong to the connection; nobody else sees them.
"""

from __future__ import annotations

from functools import reduce
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
    Column("moved", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
    sqlite_with_rowid=False,
)
"""What is and what should be: `was_kept` says whether there is a row, `changed` whether it should give something else,
`moved` whether its next date should be another."""


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
    moves = now.c.next_on.is_distinct_from(standing.c.next_on)
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
            moves,
        )
        .select_from(joined)
        .where(or_(gives_other, moves))
    )
    return insert(staged).from_select([column.name for column in staged.c], rows)


EMPTY = delete(staged)

_gone = and_(staged.c.value.is_(None), staged.c.next_on.is_(None))
_KINDS = {
    "gone": _gone,
    "new": and_(~staged.c.was_kept, ~_gone),
    "revised": and_(staged.c.was_kept, staged.c.changed, ~_gone),
    "moved": and_(staged.c.was_kept, staged.c.moved, ~_gone),
}
COUNTS = select(
    func.count().label("rows"),
    *(func.count(case((kind, 1))).label(name) for name, kind in {"changed": staged.c.changed, **_KINDS}.items()),
)
"""How many rows there are in all, how many change what is given, and how many are of each kind; some are of two."""


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

_this_slot = and_(
    standing.c.network_id == THIS_NETWORK,
    standing.c.scope_id == _param("of_scope"),
    standing.c.element == _param("of_element", String),
    standing.c.item == _param("of_item", String),
)


def _of_kind(kind: str) -> ColumnElement[bool]:
    """Tie the kept rows of this slot to staged ones of a kind.

    The list of clients says the same once more: without it SQLite may read everybody's standing to find those few.
    """
    clients = select(staged.c.client_id).where(_KINDS[kind]).correlate(None)
    return and_(_this_slot, standing.c.client_id.in_(clients))


WRITES: dict[str, Executable] = {
    "gone": delete(standing).where(_of_kind("gone")),
    "new": insert(standing).from_select(
        [column.name for column in standing.c],
        select(
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
        ).where(_KINDS["new"]),
    ),
    "revised": update(standing)
    .values(
        value=staged.c.value,
        origin=staged.c.origin,
        version_id=_version,
        rule=staged.c.rule,
        since=_param("of_now", Instant),
    )
    .where(_of_kind("revised"), standing.c.client_id == staged.c.client_id),
    "moved": update(standing)
    .values(next_on=staged.c.next_on)
    .where(_of_kind("moved"), standing.c.client_id == staged.c.client_id),
}
"""What writes the staged rows of each kind. `next_on` has an index, so it is set only where it changes."""
