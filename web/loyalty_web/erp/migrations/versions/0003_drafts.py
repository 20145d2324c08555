"""Create drafts of invoices."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger()
CODE = sa.String(40)
NAME = sa.String(200)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erp_draft",
        _column("network_id", ID),
        _column("id", ID),
        _column("number", sa.Integer()),
        _column("branch_id", ID),
        _column("client_id", ID, optional=True),
        _column("visit_id", ID, optional=True),
        _column("body", sa.Text()),
        _column("revision", sa.Integer()),
        _column("author", NAME),
        _column("made_by", CODE),
        _column("made_at", INSTANT),
        _column("updated_at", INSTANT),
        _column("sale_id", ID, optional=True),
        sa.ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        sa.ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        sa.UniqueConstraint("network_id", "number"),
        sa.UniqueConstraint("network_id", "made_by"),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_erp_draft_network_id_branch_id_updated_at", "erp_draft", ["network_id", "branch_id", "updated_at"]
    )


def downgrade() -> None:
    op.drop_table("erp_draft")


def _column(name: str, kind: TypeEngine[Any], *, optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=optional, autoincrement=False)
