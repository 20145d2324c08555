"""What the product writes, found by comparing rows before and after, as the plain SQL that writes the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Table

from benchmarks.databases import Databases, RawConnection
from loyalty_core.storage.base import Base
from loyalty_core.storage.tables import Client
from loyalty_core.storage.work import table_of

Written = tuple[str, tuple[Any, ...]]
"""One statement with its parameters."""

Rows = dict[tuple[Any, ...], tuple[Any, ...]]
"""Rows by primary key."""

TABLES: tuple[Table, ...] = tuple(table for table in Base.metadata.sorted_tables if table.name.startswith("core_"))
"""The core's tables, each after those that it points to."""

OF_CLIENTS = tuple(table for table in TABLES if "client_id" in table.c and table is not table_of(Client))


class Capture:
    """Watches the rows of one client at a time."""

    def __init__(self, databases: Databases, connection: RawConnection) -> None:
        self._mark = databases.mark
        self._connection = connection

    def rows_of(self, client_id: int) -> dict[Table, Rows]:
        """Return all rows about a client."""
        return {table: self._rows(table, client_id) for table in OF_CLIENTS}

    def written(self, before: Mapping[Table, Rows], after: Mapping[Table, Rows]) -> Iterator[Written]:
        """Yield what turns the rows before into those after, parents first."""
        for table in OF_CLIENTS:
            old, new = before[table], after[table]
            assert old.keys() <= new.keys(), "saving a visit removes no row"
            for key, row in new.items():
                if key not in old:
                    yield insert_into(table, self._mark), row
                elif old[key] != row:
                    yield self._update(table, key, old[key], row)

    def _rows(self, table: Table, client_id: int) -> Rows:
        query = f"SELECT {', '.join(names(table))} FROM {table.name} WHERE client_id = {self._mark}"
        return by_key(table, self._connection.execute(query, (client_id,)))

    def _update(self, table: Table, key: Sequence[Any], old: Sequence[Any], new: Sequence[Any]) -> Written:
        changed = [(name, value) for name, was, value in zip(names(table), old, new, strict=True) if was != value]
        setting = ", ".join(f"{name} = {self._mark}" for name, _ in changed)
        place = " AND ".join(f"{column.name} = {self._mark}" for column in table.primary_key)
        return f"UPDATE {table.name} SET {setting} WHERE {place}", (*(value for _, value in changed), *key)


def names(table: Table) -> list[str]:
    """Return the columns of a table, quoted: one is called `before`, another `key`."""
    return [f'"{column.name}"' for column in table.c]


def insert_into(table: Table, mark: str) -> str:
    """Return the plain INSERT of one row."""
    return f"INSERT INTO {table.name} ({', '.join(names(table))}) VALUES ({', '.join([mark] * len(table.c))})"


def by_key(table: Table, rows: Any) -> Rows:
    """Return rows by their primary key."""
    places = [place for place, column in enumerate(table.c) if column.primary_key]
    return {tuple(row[place] for place in places): tuple(row) for row in rows}


def everything(connection: RawConnection, without: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, sorted, less some columns."""
    found = {}
    for table in TABLES:
        columns = [f'"{column.name}"' for column in table.c if column.name not in without]
        rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table.name}").fetchall()
        found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found
