"""Engines: how a database is opened, and what every connection to it is set to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from loyalty_core.errors import LoyaltyError
from loyalty_core.storage import scope_guard

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",  # first: the others may have to wait for another process
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # else INSERT OR REPLACE would slip past the triggers of append-only tables
)


def open_engine(url: str) -> Engine:
    """Open a database by its URL and prepare it: `sqlite:///file`, `sqlite://` (in memory), `postgresql://…`.

    A database in memory lives in one connection and as long as the engine: for quick tests.
    Raises `LoyaltyError` for any other kind of database.
    """
    parsed = make_url(url)
    options: dict[str, Any] = {}
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    elif parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    engine = create_engine(parsed, **options)
    prepare(engine)
    return engine


def prepare(engine: Engine) -> None:
    """Set up an engine, ours or a host's, before its first connection; a second time changes nothing.

    Every connection gets its settings. On SQLite a transaction begins as a writer (`BEGIN IMMEDIATE`) where the
    connection has the execution option `write=True`, else as a reader: a reader that turns writer later would fail
    instead of waiting for its turn (DATA, *Transactions*). The scope guard is put on.
    Raises `LoyaltyError` for a database other than SQLite and PostgreSQL.
    """
    if engine.dialect.name == "sqlite":
        _listen(engine, "connect", _set_up_sqlite)
        _listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        _listen(engine, "connect", _set_up_postgres)
    else:
        raise LoyaltyError(f"the database must be SQLite or PostgreSQL, not {engine.dialect.name}")
    scope_guard.install(engine)


def _listen(engine: Engine, name: str, listener: Callable[..., Any]) -> None:
    if not event.contains(engine, name, listener):
        event.listen(engine, name, listener)


def _set_up_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins no transaction of its own; `_begin_sqlite` does
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN"
    driver_connection = connection.connection.driver_connection
    assert driver_connection is not None, "a transaction begins on an open connection"
    driver_connection.execute(begin)


def _set_up_postgres(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("SET TIME ZONE 'UTC'")
    cursor.close()
    connection.commit()  # a setting made in a transaction that is rolled back is lost
