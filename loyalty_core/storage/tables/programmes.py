"""Configuration: programmes and offers with immutable versions, settings, and which plugins are active."""

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


class Offer(Base):
    """An offer that staff made in a plugin's form; `version_id` points at the version in force."""

    __tablename__ = "core_offer"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    plugin: Mapped[Code]
    made_at: Mapped[datetime]
    version_id: Mapped[Id]


class OfferVersion(Base):
    """What an offer said from `saved_at` on; never changed. `body` is canonical JSON: the plugin's own form."""

    __tablename__ = "core_offer_version"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "offer_id"], ["core_offer.network_id", "core_offer.id"]),
        UniqueConstraint("network_id", "offer_id", "number"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    offer_id: Mapped[Id]
    number: Mapped[Count]
    body: Mapped[Prose]
    saved_at: Mapped[datetime]
    actor: Mapped[Name]


class PastConfiguration(Base):
    """What was in force as of one `config_version`: settings, active plugins, and which versions, as JSON.

    An invoice is issued by the configuration of its quote, though a promotion may have ended meanwhile (SEMANTICS 6).
    """

    __tablename__ = "core_configuration"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    version: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Prose]
    at: Mapped[datetime]


class Setting(Base):
    """One setting of a network, as JSON."""

    __tablename__ = "core_setting"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    key: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[Prose]


class PluginState(Base):
    """Whether a plugin is active in a network, since when; without a row it is not.

    One that broke the rules (RELIABILITY, *Failing plugins*) is suspended: active, but not called until a person
    lifts it. `settings` are its own, as JSON, as its schema reads them.
    """

    __tablename__ = "core_plugin_state"
    __table_args__ = ({"sqlite_with_rowid": False},)

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    plugin: Mapped[Code] = mapped_column(primary_key=True)
    active: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime]
    actor: Mapped[Name]
    settings: Mapped[Prose | None]
    suspended_at: Mapped[datetime | None]
    suspended_for: Mapped[Prose | None]
