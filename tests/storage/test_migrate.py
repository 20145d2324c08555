"""Migrations: each source for itself, under one lock, down and up again, equal to the tables in the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from loyalty_core.errors import LoyaltyError
from loyalty_core.storage.base import THIS_NETWORK, Base, Instant
from loyalty_core.storage.engine import open_engine
from loyalty_core.storage.migrate import CORE, MigrationSource, State, check, downgrade, new_revision, state, upgrade

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AUDIT = Base.metadata.tables["core_audit"]
CORE_STEPS = ["core 0001", "core 0002", "core 0003"]

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before}


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
"""


@pytest.fixture
def hat(tmp_path: Path) -> MigrationSource:
    """A plugin with one table and one revision."""
    return plugin(tmp_path, "hat")


def plugin(folder: Path, name: str) -> MigrationSource:
    source = MigrationSource(name, folder / name, f"{name}_")
    source.folder.mkdir()
    create = f'op.create_table("{name}_size", sa.Column("id", sa.Integer, primary_key=True))'
    add_revision(source, "0001", None, create, f'op.drop_table("{name}_size")')
    return source


def add_revision(source: MigrationSource, number: str, before: str | None, up: str, down: str = "pass") -> Path:
    path = source.folder / f"{number}_something.py"
    path.write_text(REVISION.format(number=number, before=repr(before), upgrade=up, downgrade=down))
    return path


def tables(engine: Engine) -> set[str]:
    with engine.connect().execution_options(unscoped=True) as connection:
        return set(inspect(connection).get_table_names())


def run(engine: Engine, *statements: str) -> list[tuple[object, ...]]:
    """Run textual SQL, and return the rows of the last statement."""
    rows: list[tuple[object, ...]] = []
    with engine.connect().execution_options(unscoped=True, write=True) as connection, connection.begin():
        for statement in statements:
            result = connection.execute(text(statement))
            rows = [tuple(row) for row in result] if result.returns_rows else []
    return rows


def test_upgrade_does_each_revision_once(empty_engine, hat):
    assert upgrade(empty_engine, [hat]) == [*CORE_STEPS, "hat 0001"]
    assert upgrade(empty_engine, [hat]) == []
    add_revision(hat, "0002", "0001", 'op.add_column("hat_size", sa.Column("brim", sa.Integer))')
    assert upgrade(empty_engine, [hat]) == ["hat 0002"]


def test_each_source_has_a_version_table_of_its_own(empty_engine, hat):
    upgrade(empty_engine, [hat])
    assert {"core_alembic_version", "hat_alembic_version", "hat_size"} < tables(empty_engine)
    assert run(empty_engine, "SELECT version_num FROM hat_alembic_version") == [("0001",)]


def test_state_says_whether_a_plugin_may_be_called(engine, hat):
    assert state(engine, CORE) is State.CURRENT
    assert state(engine, hat) is State.BEHIND
    upgrade(engine, [hat])
    assert state(engine, hat) is State.CURRENT
    later = add_revision(hat, "0002", "0001", "pass")
    assert state(engine, hat) is State.BEHIND
    upgrade(engine, [hat])
    later.unlink()
    assert state(engine, hat) is State.AHEAD


def test_a_database_newer_than_the_files_is_left_alone(engine, hat):
    later = add_revision(hat, "0002", "0001", "pass")
    upgrade(engine, [hat])
    later.unlink()
    with pytest.raises(LoyaltyError, match="hat: its tables are newer than the program"):
        upgrade(engine, [hat])
    assert run(engine, "SELECT version_num FROM hat_alembic_version") == [("0002",)]


def test_an_uninstalled_plugin_stands_in_nobody_s_way(engine, hat, tmp_path):
    coat = plugin(tmp_path, "coat")
    upgrade(engine, [hat, coat])
    for path in hat.folder.rglob("*.py"):
        path.unlink()
    add_revision(coat, "0002", "0001", 'op.add_column("coat_size", sa.Column("sleeve", sa.Integer))')
    assert upgrade(engine, [coat]) == ["coat 0002"]
    assert check(engine) == []
    assert {"hat_size", "hat_alembic_version"} < tables(engine)


def test_a_revision_that_fails_is_undone_and_the_others_go_on(engine, hat, tmp_path):
    coat = plugin(tmp_path, "coat")
    add_revision(hat, "0002", "0001", 'op.drop_table("hat_size"); raise RuntimeError("no hats today")')
    with pytest.raises(LoyaltyError, match="not migrated: hat: no hats today"):
        upgrade(engine, [hat, coat])
    assert "hat_size" not in tables(engine), "the source's own earlier revisions are undone with it"
    assert state(engine, hat) is State.BEHIND
    assert state(engine, coat) is State.CURRENT


def test_without_the_core_nothing_else_is_tried(empty_engine, hat):
    run(empty_engine, "CREATE TABLE core_visit (id INTEGER)")
    with pytest.raises(LoyaltyError, match="the core could not be migrated"):
        upgrade(empty_engine, [hat])
    assert tables(empty_engine) == {"core_visit"}


def test_one_prefix_may_not_begin_with_another(engine, tmp_path):
    hat, hat_box = plugin(tmp_path, "hat"), plugin(tmp_path, "hat_box")
    for sources in ([hat, hat_box], [hat_box, hat], [MigrationSource("spy", tmp_path, "core_spy_")]):
        with pytest.raises(LoyaltyError, match="would look like those of"):
            upgrade(engine, sources)


def test_down_and_up_again(engine, hat):
    upgrade(engine, [hat])
    assert downgrade(engine, hat) == ["hat 0001"]
    assert downgrade(engine, CORE) == CORE_STEPS[::-1]
    assert tables(engine) == {"core_alembic_version", "hat_alembic_version"}
    assert state(engine, CORE) is State.BEHIND
    assert upgrade(engine, [hat]) == [*CORE_STEPS, "hat 0001"]
    assert check(engine) == []


def test_the_tables_in_the_code_are_those_of_the_migrations(engine):
    assert check(engine) == []


def test_check_names_what_differs(engine):
    run(engine, "ALTER TABLE core_client ADD COLUMN nickname VARCHAR(9)", "DROP INDEX ix_core_sale_network_id_visit_id")
    differences = check(engine)
    assert any("nickname" in each for each in differences)
    assert any("ix_core_sale_network_id_visit_id" in each for each in differences)
    assert len(differences) == 2


def test_on_sqlite_migrations_and_code_give_the_same_statements(sqlite_engine):
    """More than `check` sees: row order on disk, checks, partial indexes."""
    created = open_engine("sqlite://")
    core = [table for table in Base.metadata.sorted_tables if table.name.startswith("core_")]
    with created.connect().execution_options(unscoped=True) as connection, connection.begin():
        Base.metadata.create_all(connection, core)
    query = "SELECT name, sql FROM sqlite_master WHERE type != 'trigger' AND sql IS NOT NULL AND name != 'sqlite_stat1'"

    def parts(engine: Engine) -> dict[object, list[str]]:
        return {
            name: sorted(re.split(r",\s(?![^(]*\))|[()]\s", " ".join(str(sql).split())))
            for name, sql in run(engine, query)
        }

    migrated = parts(sqlite_engine)
    del migrated["core_alembic_version"]
    assert migrated == parts(created)
    created.dispose()


def test_on_postgres_migrations_and_code_give_the_same_constraints(postgres_engine):
    query = """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid != 0
        UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        ORDER BY 1, 2, 3
    """
    migrated = [row for row in run(postgres_engine, query) if row[0] != "core_alembic_version"]
    downgrade(postgres_engine, CORE)
    core = [table for table in Base.metadata.sorted_tables if table.name.startswith("core_")]
    with postgres_engine.connect().execution_options(unscoped=True) as connection, connection.begin():
        Base.metadata.create_all(connection, core)
    assert migrated == [row for row in run(postgres_engine, query) if row[0] != "core_alembic_version"]


@pytest.fixture
def audited(engine: Engine) -> Engine:
    """A database with one audit row."""
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(Base.metadata.tables["core_network"]), network_row())
        connection.execute(insert(AUDIT), audit_row())
    return engine


def network_row() -> dict[str, object]:
    names = {"name": "Chain", "currency": "UAH", "digits": 2, "time_zone": "UTC", "config_version": 0}
    return {"id": 1, "created_at": NOW, **names}


def audit_row(actor: str = "me") -> dict[str, object]:
    return {"network_id": 1, "id": 1, "at": NOW, "actor": actor, "action": "x", "subject": "x", "cause": "x"}


OURS = AUDIT.c.network_id == THIS_NETWORK


@pytest.mark.parametrize(
    "statement",
    [
        update(AUDIT).where(OURS).values(actor="somebody else"),
        delete(AUDIT).where(OURS),
        delete(AUDIT).where(OURS, AUDIT.c.id == 1),
    ],
)
def test_audit_rows_are_neither_changed_nor_deleted(audited, statement):
    with audited.connect().execution_options(write=True) as connection:
        with pytest.raises(DBAPIError, match="core_audit is append-only"):
            connection.execute(statement, {"network": 1})
        connection.rollback()
        assert connection.execute(select(AUDIT.c.actor).where(OURS), {"network": 1}).all() == [("me",)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE core_audit SET actor = 'x'",
        "DELETE FROM core_audit",
        "INSERT INTO core_audit SELECT * FROM core_audit WHERE true ON CONFLICT (network_id, id) DO UPDATE SET id = 1",
    ],
)
def test_audit_rows_resist_textual_sql(audited, sql):
    with pytest.raises(DBAPIError, match="core_audit is append-only"):
        run(audited, sql)


def test_on_sqlite_audit_rows_are_not_replaced(sqlite_engine):
    with sqlite_engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(Base.metadata.tables["core_network"]), network_row())
        connection.execute(insert(AUDIT), audit_row())
    with pytest.raises(DBAPIError, match="append-only"):
        run(sqlite_engine, "INSERT OR REPLACE INTO core_audit SELECT * FROM core_audit")


def test_on_postgres_the_audit_is_not_truncated(postgres_engine):
    with pytest.raises(DBAPIError, match="core_audit is append-only"):
        run(postgres_engine, "TRUNCATE core_audit")


STARTER = """
import json, sys, time
from pathlib import Path
from loyalty_core.storage.engine import open_engine
from loyalty_core.storage.migrate import upgrade
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(upgrade(engine)))
"""


def test_two_processes_that_start_at_once_migrate_once(empty_engine):
    url = empty_engine.url.render_as_string(hide_password=False)
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER, url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for starter in starters:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    answers = [starter.communicate(timeout=60) for starter in starters]
    assert [errors for _, errors in answers if errors] == []
    assert sorted(json.loads(answer) for answer, _ in answers) == [[], CORE_STEPS]
    assert check(empty_engine) == []


@pytest.fixture
def hat_tables() -> Iterator[dict[str, Table]]:
    """Tables of a plugin that points to the core, known for one test."""
    network_id = Column("network_id", BigInteger, primary_key=True)
    made = {
        "hat_kind": Table(
            "hat_kind", Base.metadata, network_id, Column("code", String(9), primary_key=True), sqlite_with_rowid=False
        ),
        "hat_owner": Table(
            "hat_owner",
            Base.metadata,
            Column("network_id", BigInteger, primary_key=True),
            Column("client_id", BigInteger, primary_key=True),
            Column("kind", String(9), nullable=False),
            Column("bought_at", Instant, nullable=False),
            ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
            ForeignKeyConstraint(["network_id", "kind"], ["hat_kind.network_id", "hat_kind.code"]),
        ),
    }
    yield made
    for table in made.values():
        Base.metadata.remove(table)


def test_an_author_gets_a_revision_of_his_own_tables_only(engine, tmp_path, hat_tables):
    hat = MigrationSource("hat", tmp_path / "hat", "hat_")
    hat.folder.mkdir()
    assert len(check(engine, [hat])) == 2
    first = new_revision(engine, hat, "Remember hats")
    assert first == hat.folder / "0001_remember_hats.py"
    written = first.read_text("utf-8")
    assert written.startswith('"""Remember hats."""')
    assert set(re.findall(r"create_table\('(\w+)'", written)) == {"hat_kind", "hat_owner"}
    assert "loyalty_core" not in written, "a revision outlives our types"
    assert upgrade(engine, [hat]) == ["hat 0001"]
    assert check(engine, [hat]) == []


def test_a_table_that_others_point_to_is_rebuilt_and_keeps_its_rows(engine, tmp_path, hat_tables):
    hat = MigrationSource("hat", tmp_path / "hat", "hat_")
    hat.folder.mkdir()
    new_revision(engine, hat, "Remember hats")
    upgrade(engine, [hat])
    kind, owner = hat_tables["hat_kind"], hat_tables["hat_owner"]
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(Base.metadata.tables["core_network"]), network_row())
        connection.execute(insert(Base.metadata.tables["core_client"]), {"network_id": 1, "id": 7, "created_at": NOW})
        connection.execute(insert(kind), {"network_id": 1, "code": "bowler"})
        connection.execute(insert(owner), {"network_id": 1, "client_id": 7, "kind": "bowler", "bought_at": NOW})
    kind.append_column(Column("brim", Integer))
    kind.c.code.type = String(20)
    new_revision(engine, hat, "Longer names")
    assert upgrade(engine, [hat]) == ["hat 0002"]
    assert check(engine, [hat]) == []
    with engine.connect().execution_options(write=True) as connection:
        mine = select(owner.c.kind).where(owner.c.network_id == THIS_NETWORK)
        assert connection.execute(mine, {"network": 1}).all() == [("bowler",)]
        with pytest.raises(IntegrityError):
            connection.execute(delete(kind).where(kind.c.network_id == THIS_NETWORK), {"network": 1})


def test_on_sqlite_a_revision_may_not_leave_rows_that_point_nowhere(sqlite_engine, tmp_path):
    hat = plugin(tmp_path, "hat")
    orphan = "op.execute(\"INSERT INTO core_client VALUES (99, 1, '2026-01-01')\")"
    add_revision(hat, "0002", "0001", orphan)
    with pytest.raises(LoyaltyError, match="hat: rows would point nowhere"):
        upgrade(sqlite_engine, [hat])
    assert run(sqlite_engine, "SELECT * FROM core_client") == []
    with sqlite_engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert driver.execute("PRAGMA busy_timeout").fetchone() == (10_000,)
