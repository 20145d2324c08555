"""Create the core's tables.

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

ID = MINOR = MILLI = sa.BigInteger()
COUNT = sa.Integer()
SMALL = sa.SmallInteger()
FLAG = sa.Boolean()
DAY = sa.Date()
INSTANT = sa.DateTime(timezone=True)
KIND = sa.String(8)
CODE = sa.String(40)
HASH = sa.String(64)
EXTERNAL = sa.String(100)
NAME = sa.String(200)
PROSE = sa.Text()

TABLES = [
    "core_network",
    "core_branch",
    "core_client",
    "core_client_external",
    "core_scope",
    "core_scope_branch",
    "core_tender",
    "core_programme",
    "core_programme_version",
    "core_setting",
    "core_plugin_state",
    "core_visit",
    "core_sale",
    "core_sale_line",
    "core_adjustment",
    "core_payment",
    "core_payment_line",
    "core_return",
    "core_return_line",
    "core_return_payment",
    "core_opening",
    "core_measure",
    "core_totals",
    "core_reset",
    "core_standing",
    "core_manual_value",
    "core_audit",
    "core_event",
    "core_idempotency",
]
"""Each after those that it points to."""


def upgrade() -> None:
    _create_anchors()
    _create_configuration()
    _create_sales()
    _create_payments()
    _create_returns()
    _create_history()
    _create_standing()
    _create_record()
    _refuse_changes("core_audit")


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)  # triggers go with their table
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION core_refuse_change()")


def _columns(**kinds: TypeEngine[Any]) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False, autoincrement=False) for name, kind in kinds.items()]


def _optional(**kinds: TypeEngine[Any]) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind) for name, kind in kinds.items()]


def _create_table(name: str, key: str, *items: sa.schema.SchemaItem) -> None:
    """Create a table of a network, keyed by the network and `key`; on SQLite the rows lie in that order.

    One that points to no other table points to its network.
    """
    keys: list[sa.schema.SchemaItem] = [sa.PrimaryKeyConstraint("network_id", *key.split())]
    if not any(isinstance(item, sa.ForeignKeyConstraint) for item in items):
        keys.append(sa.ForeignKeyConstraint(["network_id"], ["core_network.id"]))
    op.create_table(name, *_columns(network_id=ID), *items, *keys, sqlite_with_rowid=False)


def _points_to(table: str, columns: str, key: str = "id") -> sa.ForeignKeyConstraint:
    remote = [f"{table}.{column}" for column in ("network_id", *key.split())]
    return sa.ForeignKeyConstraint(["network_id", *columns.split()], remote)


def _refuse_changes(table: str) -> None:
    """Make a table append-only (RELIABILITY, I4)."""
    if op.get_context().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
        )


def _create_anchors() -> None:
    op.create_table(
        "core_network",
        *_columns(id=ID, name=NAME, currency=CODE, digits=SMALL, time_zone=CODE, config_version=COUNT),
        *_columns(created_at=INSTANT),
        sa.PrimaryKeyConstraint("id"),
    )
    _create_table(
        "core_branch",
        "id",
        *_columns(id=ID, external_id=EXTERNAL, name=NAME, time_zone=CODE),
        sa.UniqueConstraint("network_id", "external_id"),
    )
    _create_table("core_client", "id", *_columns(id=ID, created_at=INSTANT))
    _create_table(
        "core_client_external",
        "source external_id",
        *_columns(source=CODE, external_id=EXTERNAL, client_id=ID),
        _points_to("core_client", "client_id"),
        sa.Index(None, "network_id", "client_id"),
    )
    _create_table("core_scope", "id", *_columns(id=ID, level=CODE), *_optional(history_from=DAY))
    _create_table(
        "core_scope_branch",
        "scope_id branch_id starts_on",
        *_columns(scope_id=ID, branch_id=ID, starts_on=DAY),
        *_optional(ends_before=DAY),
        _points_to("core_scope", "scope_id"),
        _points_to("core_branch", "branch_id"),
        sa.Index(None, "network_id", "branch_id"),
    )
    _create_table("core_tender", "code", *_columns(code=CODE, name=NAME, is_money=FLAG, counts_as_paid=FLAG))


def _create_configuration() -> None:
    _create_table(
        "core_programme",
        "id",
        *_columns(id=ID, kind=CODE, scope_id=ID, version_id=ID),
        _points_to("core_scope", "scope_id"),
        sa.UniqueConstraint("network_id", "scope_id", "kind"),
    )
    _create_table(
        "core_programme_version",
        "id",
        *_columns(id=ID, programme_id=ID, number=COUNT, body=PROSE, saved_at=INSTANT, actor=NAME),
        _points_to("core_programme", "programme_id"),
        sa.UniqueConstraint("network_id", "programme_id", "number"),
    )
    _create_table("core_setting", "key", *_columns(key=CODE, value=PROSE))
    _create_table("core_plugin_state", "plugin", *_columns(plugin=CODE, active=FLAG, changed_at=INSTANT, actor=NAME))


def _create_sales() -> None:
    _create_table(
        "core_visit",
        "id",
        *_columns(id=ID, source=CODE, external_id=EXTERNAL, branch_id=ID, client_id=ID, status=CODE),
        *_columns(starts_at=INSTANT, local_day=DAY, revision=COUNT),
        *_optional(deleted_at=INSTANT),
        _points_to("core_branch", "branch_id"),
        _points_to("core_client", "client_id"),
        sa.UniqueConstraint("network_id", "source", "external_id"),
        sa.CheckConstraint("status IN ('waiting', 'confirmed', 'arrived', 'no_show', 'cancelled')", name="status"),
        sa.Index(None, "network_id", "client_id", "local_day"),
    )
    _create_table(
        "core_sale",
        "id",
        *_columns(id=ID, source=CODE, external_id=EXTERNAL, branch_id=ID),
        *_optional(client_id=ID, visit_id=ID),
        *_columns(state=CODE, origin=CODE, issued_at=INSTANT, recorded_at=INSTANT, local_day=DAY),
        *_columns(listed_minor=MINOR, discount_minor=MINOR, owed_minor=MINOR, paid_minor=MINOR),
        *_columns(returned_minor=MINOR, fingerprint=HASH),
        _points_to("core_branch", "branch_id"),
        _points_to("core_client", "client_id"),
        _points_to("core_visit", "visit_id"),
        sa.UniqueConstraint("network_id", "source", "external_id"),
        sa.CheckConstraint("owed_minor = listed_minor - discount_minor AND owed_minor >= 0", name="owed"),
        sa.CheckConstraint("paid_minor BETWEEN 0 AND owed_minor", name="paid"),
        sa.CheckConstraint("returned_minor BETWEEN 0 AND paid_minor", name="returned"),
        sa.Index(None, "network_id", "client_id", "issued_at"),
        sa.Index(None, "network_id", "visit_id"),
    )
    _create_table(
        "core_sale_line",
        "sale_id number",
        *_columns(sale_id=ID, number=SMALL, key=EXTERNAL, item=EXTERNAL, category=NAME, kind=CODE, counts=FLAG),
        *_columns(quantity_milli=MILLI, unit_price_minor=MINOR, listed_minor=MINOR, discount_minor=MINOR),
        *_columns(returned_milli=MILLI),
        _points_to("core_sale", "sale_id"),
        sa.CheckConstraint("discount_minor BETWEEN 0 AND listed_minor", name="discount"),
        sa.CheckConstraint("returned_milli BETWEEN 0 AND quantity_milli", name="returned"),
    )
    _create_table(
        "core_adjustment",
        "sale_id line_number seq",
        *_columns(sale_id=ID, line_number=SMALL, seq=SMALL, reason=NAME, amount_minor=MINOR),
        _points_to("core_sale_line", "sale_id line_number", "sale_id number"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
    )


def _create_payments() -> None:
    _create_table(
        "core_payment",
        "id",
        *_columns(id=ID, sale_id=ID, external_id=EXTERNAL, tender=CODE, counts_as_paid=FLAG, amount_minor=MINOR),
        *_columns(paid_at=INSTANT),
        _points_to("core_sale", "sale_id"),
        _points_to("core_tender", "tender", "code"),
        sa.UniqueConstraint("network_id", "sale_id", "external_id"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
    )
    _create_table(
        "core_payment_line",
        "payment_id line_number",
        *_columns(payment_id=ID, line_number=SMALL, sale_id=ID, amount_minor=MINOR),
        _points_to("core_payment", "payment_id"),
        _points_to("core_sale_line", "sale_id line_number", "sale_id number"),
    )


def _create_returns() -> None:
    _create_table(
        "core_return",
        "id",
        *_columns(id=ID, sale_id=ID, returned_at=INSTANT, actor=NAME, reason=PROSE),
        _points_to("core_sale", "sale_id"),
        sa.Index(None, "network_id", "sale_id"),
    )
    _create_table(
        "core_return_line",
        "return_id line_number",
        *_columns(return_id=ID, line_number=SMALL, sale_id=ID, quantity_milli=MILLI, listed_minor=MINOR),
        *_columns(invoiced_minor=MINOR),
        _points_to("core_return", "return_id"),
        _points_to("core_sale_line", "sale_id line_number", "sale_id number"),
    )
    _create_table(
        "core_return_payment",
        "return_id payment_id line_number",
        *_columns(return_id=ID, payment_id=ID, line_number=SMALL, amount_minor=MINOR),
        _points_to("core_return", "return_id"),
        _points_to("core_payment_line", "payment_id line_number", "payment_id line_number"),
    )


def _create_history() -> None:
    _create_table(
        "core_opening",
        "id",
        *_columns(id=ID, source=CODE, external_id=EXTERNAL, branch_id=ID, client_id=ID, opened_on=DAY),
        *_columns(opens_at=INSTANT, visits=COUNT, no_shows=COUNT, listed_minor=MINOR, invoiced_minor=MINOR),
        *_columns(paid_minor=MINOR),
        *_optional(last_visit_on=DAY),
        _points_to("core_branch", "branch_id"),
        _points_to("core_client", "client_id"),
        sa.UniqueConstraint("network_id", "source", "external_id"),
    )
    _create_table(
        "core_measure",
        "rests_on source_kind source_id",
        *_columns(rests_on=ID, source_kind=KIND, source_id=ID, client_id=ID, branch_id=ID, at=INSTANT),
        *_columns(local_day=DAY, visits=COUNT, no_shows=COUNT, invoiced_minor=MINOR, listed_minor=MINOR),
        *_columns(paid_minor=MINOR),
        *_optional(visited_on=DAY, bought_on=DAY),
        _points_to("core_client", "client_id"),
        sa.Index(None, "network_id", "client_id", "at"),
    )
    _create_table(
        "core_totals",
        "scope_id client_id",
        *_columns(scope_id=ID, client_id=ID, visits=COUNT, no_shows=COUNT, invoiced_minor=MINOR),
        *_columns(listed_minor=MINOR, paid_minor=MINOR),
        *_optional(first_day=DAY, visited_on=DAY, bought_on=DAY),
        _points_to("core_scope", "scope_id"),
        _points_to("core_client", "client_id"),
    )
    _create_table(
        "core_reset",
        "scope_id client_id gap_days",
        *_columns(scope_id=ID, client_id=ID, gap_days=ID, ended_on=DAY, visits=COUNT, no_shows=COUNT),
        *_columns(invoiced_minor=MINOR, listed_minor=MINOR, paid_minor=MINOR),
        _points_to("core_scope", "scope_id"),
        _points_to("core_client", "client_id"),
    )


def _create_standing() -> None:
    _create_table(
        "core_standing",
        "scope_id client_id element item",
        *_columns(scope_id=ID, client_id=ID, element=CODE, item=CODE),
        *_optional(value=ID),
        *_columns(origin=CODE),
        *_optional(version_id=ID, rule=CODE),
        *_columns(since=INSTANT),
        *_optional(next_on=DAY),
        _points_to("core_scope", "scope_id"),
        _points_to("core_client", "client_id"),
        sa.CheckConstraint("origin IN ('rule', 'manual')", name="origin"),
        sa.Index(
            "ix_core_standing_due",
            "network_id",
            "scope_id",
            "next_on",
            sqlite_where=sa.text("next_on IS NOT NULL"),
            postgresql_where=sa.text("next_on IS NOT NULL"),
        ),
    )
    _create_table(
        "core_manual_value",
        "scope_id client_id element item",
        *_columns(scope_id=ID, client_id=ID, element=CODE, item=CODE, value=ID, granted_at=INSTANT, granted_on=DAY),
        *_optional(until=DAY),
        *_columns(lapses=FLAG, actor=NAME, reason=PROSE),
        _points_to("core_scope", "scope_id"),
        _points_to("core_client", "client_id"),
    )


def _create_record() -> None:
    _create_table(
        "core_audit",
        "id",
        *_columns(id=ID, at=INSTANT, actor=NAME, action=CODE),
        *_optional(client_id=ID, scope_id=ID),
        *_columns(subject=NAME),
        *_optional(before=PROSE, after=PROSE),
        *_columns(cause=NAME),
        *_optional(reason=PROSE),
        sa.Index(None, "network_id", "client_id", "id"),
    )
    _create_table(
        "core_event", "id", *_columns(id=ID, at=INSTANT, kind=CODE), *_optional(client_id=ID), *_columns(body=PROSE)
    )
    _create_table(
        "core_idempotency", "actor key", *_columns(actor=NAME, key=EXTERNAL, request=HASH, response=PROSE, at=INSTANT)
    )
