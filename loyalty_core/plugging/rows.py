"""What a plugin may read in `load_facts`: rows of its own tables, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import CompoundSelect, Select, TableClause
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.visitors import iterate

from loyalty_core.errors import LoyaltyError
from loyalty_core.facts.context import Rows
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import Work

Reading: TypeAlias = Select[Any] | CompoundSelect[Any]

_vetted: WeakKeyDictionary[Reading, frozenset[str]] = WeakKeyDictionary()
"""Statements that were looked at before, with the tables they were allowed."""


class Trespass(LoyaltyError):
    """A plugin tried to read or change what is not its own."""


def own_rows(work: Work, tables: Mapping[str, Collection[str]]) -> Callable[[str], Rows]:
    """Return the `rows_of` of an occasion: for each plugin a reader of its own `tables`, by plugin name.

    A reader takes a SELECT and its parameters and returns all rows; the network's id is added. It raises
    `Trespass` for any other statement. A statement that fails leaves the transaction as it was: it runs in a
    savepoint, for PostgreSQL would refuse everything after it.
    """

    def rows_of(plugin: str) -> Rows:
        own = frozenset(tables.get(plugin, ()))

        def rows(statement: Reading, params: Mapping[str, Any] | None = None) -> Sequence[Any]:
            if params is not None and THIS_NETWORK.key in params:
                raise Trespass("a plugin reads rows of the network it is asked about")
            if _vetted.get(statement) != own:
                vet_reading(statement, own)
                _vetted[statement] = own
            with work.connection.begin_nested():
                try:
                    return work.execute(statement, params).all()
                except LoyaltyError as error:  # the scope guard: the statement is not tied to the network
                    raise Trespass(str(error)) from error

        return rows

    return rows_of


def watched(work: Work) -> Callable[[], Callable[[], bool]]:
    """Return the `watch` of an occasion: it looks at the transaction, and what it returns says whether that goes on.

    A plugin may get hold of the transaction without being given it: as a guest the core works in the host's own.
    """
    connection = work.connection

    def watch() -> Callable[[], bool]:
        root, nested = connection.get_transaction(), connection.get_nested_transaction()

        def goes_on() -> bool:
            same_root = root is None or connection.get_transaction() is root
            return same_root and connection.get_nested_transaction() is nested

        return goes_on

    return watch


def vet_reading(statement: object, own: Collection[str]) -> None:
    """Raise `Trespass` unless a statement only reads tables called `own`, without locking them."""
    if not isinstance(statement, Select | CompoundSelect):
        raise Trespass("a plugin reads its facts by SELECT")
    if statement.get_execution_options().get("unscoped"):
        raise Trespass("a plugin reads rows of the network it is asked about")
    for part in iterate(statement):
        if isinstance(part, TextClause) or (isinstance(part, ColumnClause) and part.is_literal and part.name != "*"):
            raise Trespass("a plugin reads its facts without SQL text")
        if isinstance(part, UpdateBase):
            raise Trespass("a plugin changes nothing while it reads its facts")
        if isinstance(part, TableClause) and part.name not in own:
            raise Trespass(f"a plugin reads its own tables only, not {part.name}")
        if getattr(part, "_for_update_arg", None) is not None:
            raise Trespass("a plugin locks nothing while it reads its facts")
