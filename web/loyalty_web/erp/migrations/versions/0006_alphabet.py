"""Write names that are searched for so that they also sort by the alphabet: і after и, є after е, ґ after г."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IN_ORDER = (("ґ", "г\u04ff"), ("є", "е\u04ff"), ("і", "и\u04ff"))
TABLES = ("erp_person", "erp_item")


def upgrade() -> None:
    for plain, ordered in IN_ORDER:
        _replace(plain, ordered)


def downgrade() -> None:
    for plain, ordered in IN_ORDER:
        _replace(ordered, plain)


def _replace(old: str, new: str) -> None:
    for name in TABLES:
        table = sa.table(name, sa.column("search_name"))
        op.execute(
            sa.update(table).values(search_name=sa.func.substr(sa.func.replace(table.c.search_name, old, new), 1, 200))
        )
