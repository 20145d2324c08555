"""Visit discount."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discount_rules_visit_discount",
        sa.Column("network_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("percent_bp", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("percent_bp BETWEEN 0 AND 10000", name=op.f("ck_discount_rules_visit_discount_percent")),
        sa.ForeignKeyConstraint(
            ["network_id"], ["core_network.id"], name=op.f("fk_discount_rules_visit_discount_network_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id", "visit_id"],
            ["core_visit.network_id", "core_visit.id"],
            name=op.f("fk_discount_rules_visit_discount_network_id_visit_id"),
        ),
        sa.PrimaryKeyConstraint("network_id", "visit_id", name=op.f("pk_discount_rules_visit_discount")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("discount_rules_visit_discount")
