"""Engines: how a database is opened, and what every connection to it is set to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from time import sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_core.storage import scope_guard

_WAL = "PRAGMA journal_mode = WAL"
_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",  # first: the others may have to wait for another process
    _WAL,
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # else INSERT OR REPLACE would slip past the triggers of append-only tables
)


def open_engine(url: str | URL) -> Engine:
    """Open a database by its URL and prepare it: `sqlite:///file`, `sqlite://` (in memory), `postgresql://…`.

    A database in memory lives in one connection and as long as the engine: for quick tests. What is written is never
    shown in errors: it is about people.
    Raises `LoyaltyError` for any other kind of database, and where the driver of PostgreSQL is not installed.
    """
    parsed = _parsed(url)
    options: dict[str, Any] = {"hide_parameters": True}
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    elif parsed.database in (None, "", ":memory:"):
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    try:
        engine = create_engine(parsed, **options)
    except ModuleNotFoundError as missing:
        text = _("%(module)s is not installed: install the product with the extra postgres", module=str(missing.name))
        raise LoyaltyError(text) from None
    prepare(engine)
    return engine


def _parsed(url: str | URL) -> URL:
    """Return the parts of an address; the refusal does not repeat it, as there may be a password in it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        text = _("this is no address of a database: write sqlite:///file or postgresql://user@host/name")
        raise LoyaltyError(text) from None
    if parsed.drivername == "postgres":
        parsed = parsed.set(drivername="postgresql")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise _unknown_kind(parsed.get_backend_name())
    return parsed


def _unknown_kind(name: str) -> LoyaltyError:
    return LoyaltyError(_("the database must be SQLite or PostgreSQL, not %(name)s", name=name))


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
        raise _unknown_kind(engine.dialect.name)
    scope_guard.install(engine)


def _listen(engine: Engine, name: str, listener: Callable[..., Any]) -> None:
    if not event.contains(engine, name, listener):
        event.listen(engine, name, listener)


def _set_up_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins no transaction of its own; `_begin_sqlite` does
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        if pragma == _WAL:
            _switch_journal(cursor)
        else:
            cursor.execute(pragma)
    cursor.close()


def _switch_journal(cursor: DBAPICursor) -> None:
    """Turn the write-ahead log on: of a new database SQLite does not wait for another process that does the same."""
    for wait in (0, 0, 1, 1, 2, 5, None):  # seconds
        try:
            cursor.execute(_WAL)
            return
        except sqlite3.OperationalError as error:
            if wait is None or "locked" not in str(error):
                raise
            sleep(wait)


def _begin_sqlite(connection: Connection) -> None:
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN"
    driver_connection = connection.connection.driver_connection
    assert driver_connection is not None, "a transaction begins on an open connection"
    try:
        driver_connection.execute(begin)
    except sqlite3.Error as error:  # what the driver raises here, SQLAlchemy does not see
        raise OperationalError(begin, None, error) from error


def _set_up_postgres(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("SET TIME ZONE 'UTC'")
    cursor.close()
    connection.commit()  # a setting made in a transaction that is rolled back is lost
