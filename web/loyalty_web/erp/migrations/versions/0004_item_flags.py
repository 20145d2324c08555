"""Say of items what is allowed for them, how they are taxed, and what they are searched by."""

from __future__ import annotations

import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in _columns():
        op.add_column("erp_item", column)
    _make_searchable()


def downgrade() -> None:
    for column in reversed(_columns()):
        op.drop_column("erp_item", column.name)


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("search_name", sa.String(200), nullable=False, server_default=sa.text("''")),
        sa.Column("discountable", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("minimum_price_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("flag_reason", sa.String(200), nullable=False, server_default=sa.text("''")),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("tax_included", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def _make_searchable() -> None:
    """Fold the names of items that are there: Cyrillic letters have no case in SQLite's own comparison."""
    item = sa.table("erp_item", *(sa.column(name) for name in ("network_id", "id", "name", "search_name")))
    connection = op.get_bind()
    for row in connection.execute(sa.select(item)).all():
        folded = sa.update(item).where(item.c.network_id == row.network_id, item.c.id == row.id)
        connection.execute(folded.values(search_name=search_name(row.name)))


def search_name(name: str) -> str:
    """Return a name as it is searched for, as of this revision."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(each for each in parts if not unicodedata.combining(each)).split())[:200]
