"""Let invoices be priced here: offers, past configurations, decision records, and what lines and adjustments say."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = MINOR = sa.BigInteger()
COUNT = sa.Integer()
CODE = sa.String(40)
EXTERNAL = sa.String(100)
NAME = sa.String(200)
PROSE = sa.Text()
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_offers()
    op.create_table(
        "core_configuration",
        sa.Column("network_id", ID, nullable=False),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("body", PROSE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("network_id", "version"),
        sa.ForeignKeyConstraint(["network_id"], ["core_network.id"]),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "core_decision",
        sa.Column("network_id", ID, nullable=False),
        sa.Column("sale_id", ID, nullable=False),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("network_id", "sale_id"),
        sa.ForeignKeyConstraint(["network_id", "sale_id"], ["core_sale.network_id", "core_sale.id"]),
        sqlite_with_rowid=False,
    )
    _say_more()


def _create_offers() -> None:
    op.create_table(
        "core_offer",
        sa.Column("network_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("plugin", CODE, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sa.ForeignKeyConstraint(["network_id"], ["core_network.id"]),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "core_offer_version",
        sa.Column("network_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("number", COUNT, nullable=False),
        sa.Column("body", PROSE, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sa.ForeignKeyConstraint(["network_id", "offer_id"], ["core_offer.network_id", "core_offer.id"]),
        sa.UniqueConstraint("network_id", "offer_id", "number"),
        sqlite_with_rowid=False,
    )


def _say_more() -> None:
    """Add columns; what was recorded before has no tax, and its lines are called by their item.

    Column by column: SQLite would otherwise copy each table, and lose what Alembic does not see of it.
    """
    for table, columns in _more().items():
        for column in columns:
            op.add_column(table, column)
    op.execute("UPDATE core_sale_line SET name = item")


def _more() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "core_sale": (sa.Column("config_version", COUNT),),
        "core_sale_line": (
            sa.Column("name", NAME, nullable=False, server_default=sa.text("''")),
            sa.Column("third_party_minor", MINOR, nullable=False, server_default=sa.text("0")),
            sa.Column("tax_rate_bp", COUNT, nullable=False, server_default=sa.text("0")),
            sa.Column("tax_included", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("tax_minor", MINOR, nullable=False, server_default=sa.text("0")),
        ),
        "core_adjustment": (
            sa.Column("lane", CODE),
            sa.Column("plugin", CODE),
            sa.Column("offer", EXTERNAL),
            sa.Column("version_id", ID),
            sa.Column("actor", NAME),
        ),
        "core_plugin_state": (
            sa.Column("settings", PROSE),
            sa.Column("suspended_at", INSTANT),
            sa.Column("suspended_for", PROSE),
        ),
    }


def downgrade() -> None:
    for table, columns in _more().items():
        for column in columns:
            op.drop_column(table, column.name)
    for name in ("core_decision", "core_configuration", "core_offer_version", "core_offer"):
        op.drop_table(name)
