"""Anchors: the ids that facts hang on. No personal data: that stays with the host."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.storage.base import Base, Code, Count, ExternalId, Id, Key, Name, Small


class Network(Base):
    """A chain: one currency, a time zone; `config_version` rises with every change of its configuration."""

    __tablename__ = "core_network"

    id: Mapped[Key]
    name: Mapped[Name]
    currency: Mapped[Code]
    digits: Mapped[Small]
    time_zone: Mapped[Code]
    config_version: Mapped[Count]
    created_at: Mapped[datetime]


class Branch(Base):
    """A location of a network, with its own time zone."""

    __tablename__ = "core_branch"
    __table_args__ = (UniqueConstraint("network_id", "external_id"), {"sqlite_with_rowid": False})

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    external_id: Mapped[ExternalId]
    name: Mapped[Name]
    time_zone: Mapped[Code]


class Client(Base):
    """A person the network knows, by an id only."""

    __tablename__ = "core_client"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    created_at: Mapped[datetime]


class ClientExternal(Base):
    """What a source system calls a client; one client may have several."""

    __tablename__ = "core_client_external"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        Index(None, "network_id", "client_id"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    source: Mapped[Code] = mapped_column(primary_key=True)
    external_id: Mapped[ExternalId] = mapped_column(primary_key=True)
    client_id: Mapped[Id]


class Scope(Base):
    """What totals and standing are counted over: one branch, or branches of a network from a history start."""

    __tablename__ = "core_scope"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    level: Mapped[Code]
    history_from: Mapped[date | None]


class ScopeBranch(Base):
    """A branch's part in a scope, from `starts_on` and before `ends_before`, midnights of the branch's zone."""

    __tablename__ = "core_scope_branch"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "scope_id"], ["core_scope.network_id", "core_scope.id"]),
        ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        Index(None, "network_id", "branch_id"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    scope_id: Mapped[Key]
    branch_id: Mapped[Key]
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    ends_before: Mapped[date | None]


class Tender(Base):
    """A way of paying what is owed, with its flags; an open list per network (SEMANTICS 1)."""

    __tablename__ = "core_tender"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    code: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[Name]
    is_money: Mapped[bool] = mapped_column(Boolean)
    counts_as_paid: Mapped[bool] = mapped_column(Boolean)
