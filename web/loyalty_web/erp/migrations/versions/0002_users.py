"""Create users and their roles."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger()
CODE = sa.String(40)
LOGIN = sa.String(100)
NAME = sa.String(200)


def upgrade() -> None:
    op.create_table(
        "erp_user",
        _column("network_id", ID),
        _column("id", ID),
        _column("login", LOGIN),
        _column("name", NAME),
        _column("password_hash", NAME),
        _column("locale", CODE),
        _column("theme", CODE),
        _column("shortcuts", sa.Boolean()),
        _column("active", sa.Boolean()),
        _column("failed_attempts", sa.Integer()),
        _column("locked_until", sa.DateTime(timezone=True), optional=True),
        sa.ForeignKeyConstraint(["network_id"], ["core_network.id"]),
        sa.UniqueConstraint("login"),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erp_role_assignment",
        _column("network_id", ID),
        _column("id", ID),
        _column("user_id", ID),
        _column("role", CODE),
        _column("branch_id", ID, optional=True),
        sa.ForeignKeyConstraint(["network_id", "user_id"], ["erp_user.network_id", "erp_user.id"]),
        sa.ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        sa.UniqueConstraint("network_id", "user_id", "role", "branch_id"),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("erp_role_assignment")
    op.drop_table("erp_user")


def _column(name: str, kind: TypeEngine[Any], *, optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=optional, autoincrement=False)
