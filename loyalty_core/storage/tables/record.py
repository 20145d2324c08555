"""What was done: the append-only audit, the outbox, answers kept under idempotency keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.storage.base import Base, Code, Id, Key, Name, Prose


class Audit(Base):
    """One change: before, after, cause, actor. Triggers refuse UPDATE and DELETE.

    `before` and `after` are small JSON objects; of a standing: value, origin, version, rule.
    """

    __tablename__ = "core_audit"
    __table_args__ = (Index(None, "network_id", "client_id", "id"), {"sqlite_with_rowid": False})

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    at: Mapped[datetime]
    actor: Mapped[Name]
    action: Mapped[Code]
    client_id: Mapped[Id | None]
    scope_id: Mapped[Id | None]
    subject: Mapped[Name]
    before: Mapped[Prose | None]
    after: Mapped[Prose | None]
    cause: Mapped[Name]
    reason: Mapped[Prose | None]


class Event(Base):
    """An outbox row: something that was committed, to be told to whoever subscribes."""

    __tablename__ = "core_event"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    at: Mapped[datetime]
    kind: Mapped[Code]
    client_id: Mapped[Id | None]
    body: Mapped[Prose]


class Idempotency(Base):
    """The answer given under a key; the same actor, key and request gets it again."""

    __tablename__ = "core_idempotency"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    actor: Mapped[Name] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    response: Mapped[Prose]
    at: Mapped[datetime]
