"""Create the host's tables: persons, items.

Names of constraints follow the convention of `loyalty_core.storage.base`, which must not change.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = MINOR = sa.BigInteger()
CODE = sa.String(40)
EXTERNAL = sa.String(100)
NAME = sa.String(200)
ADDRESS = sa.String(254)

TABLES = ("item_category", "item", "person", "person_phone", "person_email")
"""Without their prefix, each after those that it points to."""


def upgrade() -> None:
    _create_items()
    _create_persons()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(f"erp_{name}")


def _create_items() -> None:
    op.create_table(
        "erp_item_category",
        _column("network_id", ID),
        _column("id", ID),
        _column("parent_id", ID, optional=True),
        _column("name", NAME),
        _column("path", NAME),
        sa.ForeignKeyConstraint(["network_id"], ["core_network.id"]),
        sa.ForeignKeyConstraint(["network_id", "parent_id"], ["erp_item_category.network_id", "erp_item_category.id"]),
        sa.UniqueConstraint("network_id", "path"),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erp_item",
        _column("network_id", ID),
        _column("id", ID),
        _column("external_id", EXTERNAL),
        _column("name", NAME),
        _column("category_id", ID),
        _column("kind", CODE),
        _column("price_minor", MINOR, optional=True),
        sa.ForeignKeyConstraint(["network_id"], ["core_network.id"]),
        sa.ForeignKeyConstraint(
            ["network_id", "category_id"], ["erp_item_category.network_id", "erp_item_category.id"]
        ),
        sa.UniqueConstraint("network_id", "external_id"),
        sa.PrimaryKeyConstraint("network_id", "id"),
        sqlite_with_rowid=False,
    )


def _create_persons() -> None:
    op.create_table(
        "erp_person",
        _column("network_id", ID),
        _column("client_id", ID),
        _column("name", NAME),
        _column("search_name", NAME),
        _column("birthday", sa.Date(), optional=True),
        _column("locale", CODE, optional=True),
        sa.ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        sa.PrimaryKeyConstraint("network_id", "client_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_erp_person_network_id_search_name", "erp_person", ["network_id", "search_name"])
    for name, column, kind in (("phone", "digits", CODE), ("email", "address", ADDRESS)):
        table = f"erp_person_{name}"
        op.create_table(
            table,
            _column("network_id", ID),
            _column("client_id", ID),
            _column(column, kind),
            _column("main", sa.Boolean()),
            sa.ForeignKeyConstraint(["network_id", "client_id"], ["erp_person.network_id", "erp_person.client_id"]),
            sa.PrimaryKeyConstraint("network_id", "client_id", column),
            sqlite_with_rowid=False,
        )
        op.create_index(f"ix_{table}_network_id_{column}", table, ["network_id", column])


def _column(name: str, kind: TypeEngine[Any], *, optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=optional, autoincrement=False)
