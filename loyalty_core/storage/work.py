"""The unit of work: one network, one actor, one instant, one transaction.

Alone it opens its own transaction; as a guest it joins the host's by a savepoint and the host commits
(DATA, *Transactions*). Audit and outbox rows are collected and written once, just before the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Insert,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Session

from loyalty_core.errors import LoyaltyError
from loyalty_core.ports import Clock, SystemClock
from loyalty_core.storage.base import Base
from loyalty_core.storage.ids import IdSource
from loyalty_core.storage.tables import Audit, Event

Row = dict[str, Any]

_LOCK = select(func.pg_advisory_xact_lock(bindparam("lock"))).execution_options(unscoped=True)
_LOCK_SHARED = select(func.pg_advisory_xact_lock_shared(bindparam("lock"))).execution_options(unscoped=True)
_LOOK_AT = (1_000, 10_000, 100_000, 1_000_000)


def canonical(value: object) -> str:
    """Return JSON with sorted keys and no blanks: equal facts give equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


def table_of(model: type[Base]) -> Table:
    """Return the Core table of a declarative class, typed."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


class Work:
    """What services and plugins write through. `now` is one instant for the whole unit."""

    def __init__(self, connection: Connection, network_id: int, actor: str, clock: Clock, ids: IdSource) -> None:
        self.connection = connection
        self.network_id = network_id
        self.actor = actor
        self.clock = clock
        self.ids = ids
        self.now = clock.now()
        self._audit: list[Row] = []
        self._events: list[Row] = []
        self._inserted: dict[Table, int] = {}

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.connection.dialect.name

    def execute(self, statement: Executable, params: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """Run one statement with the network's id as `:network`."""
        return self.connection.execute(statement, {**(params or {}), "network": self.network_id})

    def execute_each(self, statement: Executable, params: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement for each of `params`, in one call to the driver."""
        if params:
            self.connection.execute(statement, [{**each, "network": self.network_id} for each in params])

    def insert(self, model: type[Base], rows: list[Row]) -> None:
        """Insert rows of one table, adding the network's id; every row has the same keys."""
        if rows:
            network_id = self.network_id
            for row in rows:
                row["network_id"] = network_id
            table = table_of(model)
            self.connection.execute(_insert(table), rows)
            self._look_at(table, len(rows))

    def _look_at(self, table: Table, added: int) -> None:
        """Let PostgreSQL look at a table again, whenever this unit has put ten times as many rows into it.

        By itself it looks after the commit. Until then it would look rows up, and check what they point to, as suits
        the empty table that it knows: by reading it all, row by row, during a whole import.
        """
        before = self._inserted.get(table, 0)
        self._inserted[table] = before + added
        grown = any(before < limit <= before + added for limit in _LOOK_AT)
        if grown and self.dialect == "postgresql":
            name = self.connection.dialect.identifier_preparer.format_table(table)
            self.connection.execute(text(f"ANALYZE (SKIP_LOCKED) {name}").execution_options(unscoped=True))

    def audit(
        self,
        action: str,
        subject: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
        *,
        client_id: int | None = None,
        scope_id: int | None = None,
        cause: str = "",
        reason: str | None = None,
    ) -> None:
        """Keep a record of one change: what it was, what it is, by whom, why."""
        self._audit.append(
            {
                "id": self.ids.next(),
                "at": self.now,
                "actor": self.actor,
                "action": action,
                "client_id": client_id,
                "scope_id": scope_id,
                "subject": subject,
                "before": None if before is None else canonical(before),
                "after": None if after is None else canonical(after),
                "cause": cause,
                "reason": reason,
            }
        )

    def emit(self, kind: str, body: Mapping[str, object], client_id: int | None = None) -> None:
        """Put an event into the outbox; it exists if and only if this unit commits."""
        row = {"id": self.ids.next(), "at": self.now, "kind": kind, "client_id": client_id, "body": canonical(body)}
        self._events.append(row)

    def flush(self) -> None:
        """Write what was collected for the audit and the outbox."""
        self.insert(Audit, self._audit)
        self.insert(Event, self._events)
        self._audit, self._events = [], []

    def lock_standing(self, *, exclusive: bool) -> None:
        """Keep what concerns everybody and what concerns single clients apart, until the unit ends.

        Visits and invoices share the lock, and wait for each other at the totals they change. Whoever judges or loads
        many clients, or changes what clients are judged by, takes it alone. It is the outermost lock: taken before
        any row is read that will be changed, so that nobody waits for it with a row in hand. SQLite has one writer
        anyway.
        """
        if self.dialect == "postgresql":
            self.connection.execute(_LOCK if exclusive else _LOCK_SHARED, {"lock": self.network_id})

    def lock_names(self, kind: str, names: Iterable[tuple[str, ...]]) -> None:
        """Let nobody else create things of these names until the unit ends, so that none is created twice."""
        for name in sorted(set(names)):
            self.lock_key(":".join((kind, str(self.network_id), *name)))

    def lock_key(self, name: str) -> None:
        """Let nobody else work under this name until the unit ends; on SQLite the one writer already has it."""
        if self.dialect == "postgresql":
            digest = hashlib.blake2b(name.encode(errors="backslashreplace"), digest_size=8).digest()
            self.connection.execute(_LOCK, {"lock": int.from_bytes(digest, signed=True)})

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Yield an ORM session in this transaction, for plugins that like objects better than statements."""
        with Session(self.connection, join_transaction_mode="create_savepoint") as session, session.begin():
            yield session


class Storage:
    """A prepared engine with its clock and source of ids: makes units of work."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        # Not the clock of the business: under one that stands still, two sources that drew the same node would meet.
        self.ids = IdSource(SystemClock())

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection that began as a writer; commit at the end, roll back on any exception."""
        with self.engine.connect().execution_options(write=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection whose transaction is rolled back: for readers."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def joining(self, connection: Connection) -> Iterator[Connection]:
        """Yield the host's own connection inside a savepoint; the host commits or rolls back."""
        if connection.engine.url != self.engine.url:
            raise LoyaltyError("a guest unit of work needs a connection to the loyalty database")
        if not connection.in_transaction():
            raise LoyaltyError("a guest unit of work joins a transaction that the host has begun")
        with connection.begin_nested():
            yield connection
