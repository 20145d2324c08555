"""The rows that the discount rules keep themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped

from loyalty_core.api import Count, Key, Name, Prose, Table


class VisitDiscount(Table, plugin="discount_rules"):
    """The discount of one visit, set by a person in the place of the one by rule; without a percentage: taken away."""

    __tablename__ = "discount_rules_visit_discount"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "visit_id"], ["core_visit.network_id", "core_visit.id"]),
        CheckConstraint("percent_bp BETWEEN 0 AND 10000", name="percent"),
    )

    visit_id: Mapped[Key]
    percent_bp: Mapped[Count | None]
    reason: Mapped[Prose]
    actor: Mapped[Name]
    set_at: Mapped[datetime]
