"""What is derived from facts: measures, totals, resets, standing; and the manual values that standing rests on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.storage.base import Base, Code, Count, Id, Key, Minor, Name, Prose


class Measure(Base):
    """What one source (visit, sale, payment, return, opening) counts for, keyed by what it rests on.

    `rests_on` is the visit, or the sale without a visit, or the opening: payments and returns belong to the time
    of the visit or sale they rest on. (`at`, `rests_on`) orders measures. `visited_on` is the day that counts as a
    visit, `bought_on` as a goods sale without one.
    """

    __tablename__ = "core_measure"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        Index(None, "network_id", "client_id", "at"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    rests_on: Mapped[Key]
    source_kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    source_id: Mapped[Key]
    client_id: Mapped[Id]
    branch_id: Mapped[Id]
    at: Mapped[datetime]
    local_day: Mapped[date]
    visits: Mapped[Count]
    no_shows: Mapped[Count]
    invoiced_minor: Mapped[Minor]
    listed_minor: Mapped[Minor]
    paid_minor: Mapped[Minor]
    visited_on: Mapped[date | None]
    bought_on: Mapped[date | None]


class Totals(Base):
    """Sums of a client's measures in a scope, kept with every change and always equal to a recount."""

    __tablename__ = "core_totals"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "scope_id"], ["core_scope.network_id", "core_scope.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    scope_id: Mapped[Key]
    client_id: Mapped[Key]
    visits: Mapped[Count]
    no_shows: Mapped[Count]
    invoiced_minor: Mapped[Minor]
    listed_minor: Mapped[Minor]
    paid_minor: Mapped[Minor]
    first_day: Mapped[date | None]
    visited_on: Mapped[date | None]
    bought_on: Mapped[date | None]


class Reset(Base):
    """Sums before the end of the latest gap of more than `gap_days`; a row exists only where a programme in force
    judges since the reset and the client has such a gap."""

    __tablename__ = "core_reset"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "scope_id"], ["core_scope.network_id", "core_scope.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    scope_id: Mapped[Key]
    client_id: Mapped[Key]
    gap_days: Mapped[Key]
    ended_on: Mapped[date]
    visits: Mapped[Count]
    no_shows: Mapped[Count]
    invoiced_minor: Mapped[Minor]
    listed_minor: Mapped[Minor]
    paid_minor: Mapped[Minor]


class Standing(Base):
    """One element of a client's standing in a scope; no row means none.

    `next_on` is the first day on which it may change by the calendar alone. A row without a value has nothing to
    give yet, but a day on which it may.
    """

    __tablename__ = "core_standing"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "scope_id"], ["core_scope.network_id", "core_scope.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        CheckConstraint("origin IN ('rule', 'manual')", name="origin"),
        Index(
            "ix_core_standing_due",
            "network_id",
            "scope_id",
            "next_on",
            sqlite_where=text("next_on IS NOT NULL"),
            postgresql_where=text("next_on IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    scope_id: Mapped[Key]
    client_id: Mapped[Key]
    element: Mapped[Code] = mapped_column(primary_key=True)
    item: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[Id | None]
    origin: Mapped[Code]
    version_id: Mapped[Id | None]
    rule: Mapped[Code | None]
    since: Mapped[datetime]
    next_on: Mapped[date | None]


class ManualValue(Base):
    """A value set by hand. It stays here, also after it has ended, until it is replaced or returned to automatic."""

    __tablename__ = "core_manual_value"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "scope_id"], ["core_scope.network_id", "core_scope.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    scope_id: Mapped[Key]
    client_id: Mapped[Key]
    element: Mapped[Code] = mapped_column(primary_key=True)
    item: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[Id]
    granted_at: Mapped[datetime]
    granted_on: Mapped[date]
    until: Mapped[date | None]
    lapses: Mapped[bool] = mapped_column(Boolean)
    actor: Mapped[Name]
    reason: Mapped[Prose]
