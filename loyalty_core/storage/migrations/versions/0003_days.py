"""Find visits and invoices of one branch by their day: lists of a day, and of a week, are what staff begin with."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("core_visit", "core_sale")
COLUMNS = ("network_id", "branch_id", "local_day")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(_name(table), table, COLUMNS)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_index(_name(table), table_name=table)


def _name(table: str) -> str:
    return "_".join(("ix", table, *COLUMNS))
