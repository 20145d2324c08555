"""Visits as they are counted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from loyalty_core.storage.base import Base, Code, Count, ExternalId, Id, Key


class Visit(Base):
    """One coming of a client; `local_day` is the branch's date, stored when it happens.

    `revision` rises with every change. A deleted visit keeps its row, so that a void invoice can still name it.
    """

    __tablename__ = "core_visit"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        UniqueConstraint("network_id", "source", "external_id"),
        CheckConstraint("status IN ('waiting', 'confirmed', 'arrived', 'no_show', 'cancelled')", name="status"),
        Index(None, "network_id", "client_id", "local_day"),
        Index(None, "network_id", "branch_id", "local_day"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    source: Mapped[Code]
    external_id: Mapped[ExternalId]
    branch_id: Mapped[Id]
    client_id: Mapped[Id]
    status: Mapped[Code]
    starts_at: Mapped[datetime]
    local_day: Mapped[date]
    revision: Mapped[Count]
    deleted_at: Mapped[datetime | None]
