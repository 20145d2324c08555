"""Configuration: programmes with immutable versions, settings, and which plugins are active."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.storage.base import Base, Code, Count, Id, Key, Name, Prose


class Programme(Base):
    """A rule set with a scope; `version_id` points at the version in force."""

    __tablename__ = "core_programme"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "scope_id"], ["core_scope.network_id", "core_scope.id"]),
        UniqueConstraint("network_id", "scope_id", "kind"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    kind: Mapped[Code]
    scope_id: Mapped[Id]
    version_id: Mapped[Id]


class ProgrammeVersion(Base):
    """What a programme said from `saved_at` on; never changed. `body` is canonical JSON: name, settings, parts."""

    __tablename__ = "core_programme_version"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "programme_id"], ["core_programme.network_id", "core_programme.id"]),
        UniqueConstraint("network_id", "programme_id", "number"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    programme_id: Mapped[Id]
    number: Mapped[Count]
    body: Mapped[Prose]
    saved_at: Mapped[datetime]
    actor: Mapped[Name]


class Setting(Base):
    """One setting of a network, as JSON."""

    __tablename__ = "core_setting"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    key: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[Prose]


class PluginState(Base):
    """Whether a plugin is active in a network, since when; without a row it is not."""

    __tablename__ = "core_plugin_state"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    plugin: Mapped[Code] = mapped_column(primary_key=True)
    active: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime]
    actor: Mapped[Name]
