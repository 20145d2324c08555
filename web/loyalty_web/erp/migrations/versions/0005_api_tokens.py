"""Create the tokens of the JSON API."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger()
CODE = sa.String(40)
NAME = sa.String(200)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erp_api_token",
        _column("network_id", ID),
        _column("id", ID),
        _column("prefix", CODE),
        _column("token_hash", sa.String(64)),
        _column("name", NAME),
        _column("branch_id", ID, optional=True),
        _column("permissions", sa.Text()),
        _column("discount_limit_bp", sa.Integer()),
        _column("made_at", INSTANT),
        _column("made_by", NAME),
        _column("expires_at", INSTANT, optional=True),
        _column("revoked_at", INSTANT, optional=True),
        _column("last_used_at", INSTANT, optional=True),
        sa.ForeignKeyConstraint(["network_id"], ["core_network.id"]),
        sa.ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        sa.UniqueConstraint("prefix"),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("erp_api_token")


def _column(name: str, kind: TypeEngine[Any], *, optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=optional, autoincrement=False)
