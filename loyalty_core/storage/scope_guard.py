"""The scope guard: no statement reads or changes rows of a network that it does not name.

Every table with a `network_id` that a SELECT, UPDATE or DELETE mentions must be *tied* to the parameter `:network`
(`loyalty_core.storage.base.THIS_NETWORK`): by a top-level AND comparison, or by an equality join, in ON or WHERE,
with a table that is tied. Each arm of a UNION, each CTE, subquery and EXISTS answers for its own tables; tables of
the enclosing statement answer there. This is the second of the three walls of DATA, *Scope*.

The guard rides on SQLAlchemy's compiler, which sees exactly what is rendered: aliases, correlation, ORM entities,
eager joins. Each statement is compiled once and kept by its cache key, and what the guard found is kept with it; so
a statement that ran before costs one attribute look-up.

Textual SQL, DDL and strings handed to the driver cannot be judged. They pass only with `unscoped=True` among the
execution options of the statement or the connection; a test holds the list of the places that use it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, Select, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    ColumnClause,
    ColumnElement,
    Grouping,
    Label,
    TextClause,
)
from sqlalchemy.sql.selectable import AliasedReturnsRows, FromClause, FromGrouping, Join, TableClause

from loyalty_core.errors import LoyaltyError
from loyalty_core.storage.base import THIS_NETWORK, Base

NETWORK_TABLE = "core_network"

_HARMLESS = re.compile(r"\*|\w+(\.\w+)?|'[^']*'")
"""Text that can hide neither a table nor an OR: `*`, one name, number or quoted word."""

_TIED = object()
"""Stands for the parameter, and for whatever another part of the statement answers for."""

_Link = tuple[object, object]


class ScopeNotes(SQLCompiler):
    """A compiler that notes, while it renders a statement, what in it is not tied to `:network`."""

    untied: tuple[str, ...] = ()

    def _setup_select_stack(self, select: Select[Any], *args: Any, **kwargs: Any) -> list[FromClause]:
        froms: list[FromClause] = super()._setup_select_stack(select, *args, **kwargs)  # type: ignore[no-untyped-call]
        self._note(untied(froms, select.whereclause, self.stack[-1]["correlate_froms"]))
        return froms

    def update_tables_clause(self, update_stmt: Any, from_table: Any, extra_froms: Any, **kw: Any) -> str:
        """Render the tables of an UPDATE."""
        self._note(untied([from_table, *extra_froms], update_stmt.whereclause))
        return super().update_tables_clause(update_stmt, from_table, extra_froms, **kw)  # type: ignore[no-any-return,no-untyped-call]

    def delete_table_clause(self, delete_stmt: Any, from_table: Any, extra_froms: Any, **kw: Any) -> str:
        """Render the tables of a DELETE."""
        self._note(untied([from_table, *extra_froms], delete_stmt.whereclause))
        return super().delete_table_clause(delete_stmt, from_table, extra_froms, **kw)  # type: ignore[no-any-return,no-untyped-call]

    def visit_textclause(self, textclause: TextClause, *args: Any, **kw: Any) -> str:
        """Render text, and note it unless it is harmless."""
        self._note_text(textclause.text)
        return super().visit_textclause(textclause, *args, **kw)  # type: ignore[no-any-return,no-untyped-call]

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kw: Any) -> str:
        """Render a column; a literal one is text."""
        if column.is_literal:
            self._note_text(column.name)
        return super().visit_column(column, *args, **kw)

    def _note(self, names: Iterable[str]) -> None:
        self.untied += tuple(names)

    def _note_text(self, text: str) -> None:
        if not _HARMLESS.fullmatch(text):
            self.untied += (f"text {text!r}",)


def install(engine: Engine) -> None:
    """Put the guard on an engine, before its first statement; a second time changes nothing."""
    compiler = engine.dialect.statement_compiler
    if not issubclass(compiler, ScopeNotes):
        engine.dialect.statement_compiler = type(f"Scoped{compiler.__name__}", (ScopeNotes, compiler), {})
        event.listen(engine, "before_cursor_execute", _refuse_unscoped)


def untied(
    froms: Iterable[FromClause], where: ColumnElement[Any] | None, enclosing: Collection[FromClause] = ()
) -> Iterator[str]:
    """Yield the names of those tables in `froms` that neither `where` nor their joins tie to `:network`.

    `enclosing` are the tables of the enclosing statement, which answer there and so count as tied here.
    """
    joins: list[Join] = []
    tables = {table for each in froms for table in _tables(each, joins)}
    waiting = {table for table in tables if _network_column(table)}
    if not waiting:
        return
    outer = set(enclosing) - tables
    links = list(_links(where, waiting, outer))
    for join in joins:
        links += _join_links(join, waiting, outer)
    tied: set[object] = {_TIED}
    grown = True
    while grown:
        reached = {end for start, end in links if start in tied} - tied
        tied |= reached
        grown = bool(reached)
    for table in waiting - tied:
        yield str(getattr(table, "name", table))


def _tables(element: FromClause, joins: list[Join]) -> Iterator[FromClause]:
    """Yield tables and aliases of one FROM element, and add its joins to `joins`."""
    if isinstance(element, Join):
        joins.append(element)
        yield from _tables(element.left, joins)
        yield from _tables(element.right, joins)
    elif isinstance(element, FromGrouping):
        yield from _tables(element.element, joins)
    else:
        yield element


def _network_column(element: object) -> str | None:
    """Return the name of the column that says whose the rows are; None for what needs no tie here."""
    while isinstance(element, AliasedReturnsRows):
        element = element.element
    if isinstance(element, TextClause):
        return "network_id"  # no comparison can name it, so it stays untied
    if not isinstance(element, TableClause):
        return None  # a subquery, CTE or function: its own tables are judged where it is rendered
    if element.name == NETWORK_TABLE:
        return "id"
    # A lightweight `table("core_visit")` lists no columns: the known table of that name does.
    known = Base.metadata.tables.get(element.name, element)
    return "network_id" if "network_id" in element.c or "network_id" in known.c else None


def _join_links(join: Join, waiting: set[FromClause], outer: set[FromClause]) -> Iterator[_Link]:
    """Yield what ON says. Of an outer join it restricts only the side that may be missing, of a full join nothing."""
    if join.full:
        return
    optional = set(_tables(join.right, [])) if join.isouter else None
    for start, end in _links(join.onclause, waiting, outer):
        if optional is None or end in optional:
            yield start, end


def _links(condition: object, waiting: set[FromClause], outer: set[FromClause]) -> Iterator[_Link]:
    """Yield, both ways round, which tables' networks a condition says are equal."""
    if isinstance(condition, Grouping):
        yield from _links(condition.element, waiting, outer)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for clause in condition.clauses:
            yield from _links(clause, waiting, outer)
    elif isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
        left, right = (_end(side, waiting, outer) for side in (condition.left, condition.right))
        if left is not None and right is not None:
            yield left, right
            yield right, left


def _end(side: ColumnElement[Any], waiting: set[FromClause], outer: set[FromClause]) -> object | None:
    """Return the table whose network this side of a comparison is, `_TIED`, or None for any other value."""
    if isinstance(side, BindParameter):
        return _TIED if side.key == THIS_NETWORK.key and not side.expanding else None
    if not isinstance(side, ColumnClause) or side.table is None:
        return None
    table = side.table
    if table in waiting:
        return table if side.name == _network_column(table) else None
    if table in outer and side.name == _network_column(table):
        return _TIED
    return _TIED if _network_column(table) is None and _is_network(side) else None


def _is_network(column: ColumnElement[Any]) -> bool:
    """Tell whether a column of a subquery or CTE is, in every arm, the network of a table judged there."""
    if isinstance(column, Label):
        return _is_network(column.element)
    if isinstance(column, BindParameter):
        return column.key == THIS_NETWORK.key
    sources = column.base_columns
    if sources == {column}:
        table = getattr(column, "table", None)
        return table is not None and getattr(column, "name", "") == _network_column(table)
    return all(_is_network(source) for source in sources)


def _refuse_unscoped(
    connection: Connection,
    cursor: DBAPICursor,
    statement: str,
    parameters: object,
    context: ExecutionContext | None,
    executemany: bool,
) -> None:
    """Let a statement pass when nothing in it is untied, or when its caller answers for it."""
    assert context is not None, "SQLAlchemy gives every execution a context"
    compiled = context.compiled
    found = compiled.untied if isinstance(compiled, ScopeNotes) else ("textual SQL or DDL",)
    if found and not context.execution_options.get("unscoped"):
        names = ", ".join(dict.fromkeys(found))
        raise LoyaltyError(f"not tied to :{THIS_NETWORK.key} by its network_id: {names}, in: {statement}")
