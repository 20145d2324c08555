"""Engines: settings of each connection, writers that wait for their turn, hosts' own engines."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime

import flask
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, create_engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from loyalty_core.errors import LoyaltyError
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.engine import open_engine, prepare

network = Base.metadata.tables["core_network"]
client = Base.metadata.tables["core_client"]

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
NETWORK = {
    "id": 1,
    "name": "Chain",
    "currency": "UAH",
    "digits": 2,
    "time_zone": "Europe/Kyiv",
    "config_version": 0,
    "created_at": NOW,
}
READ = select(network.c.config_version).where(network.c.id == THIS_NETWORK)
WRITE = update(network).where(network.c.id == THIS_NETWORK).values(config_version=network.c.config_version + 1)
ONE = {"network": 1}


def add_network(engine: Engine) -> None:
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(network), NETWORK)


def pragma(engine: Engine, name: str) -> object:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("busy_timeout", 10_000),
        ("synchronous", 2),
        ("recursive_triggers", 1),
    ],
)
def test_a_connection_to_sqlite_is_set_up(sqlite_engine, name, value):
    assert pragma(sqlite_engine, name) == value


def test_a_session_of_postgres_is_in_utc(postgres_engine):
    setting = select(func.current_setting("TimeZone"))
    for _ in range(2):
        with postgres_engine.connect() as connection:
            assert connection.execute(setting).scalar() == "UTC"
            connection.rollback()
            assert connection.execute(setting).scalar() == "UTC"


def test_instants_come_back_in_utc(engine):
    add_network(engine)
    with engine.connect() as connection:
        kept = connection.execute(select(network.c.created_at).where(network.c.id == THIS_NETWORK), ONE).scalar_one()
    assert kept == NOW
    assert kept.tzinfo is UTC


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_any_spelling_of_postgres_means_psycopg_3(url):
    engine = open_engine(url)
    assert engine.url.render_as_string(hide_password=False) == "postgresql+psycopg://u:p@h/d"
    assert engine.dialect.driver == "psycopg"


def test_another_kind_of_database_is_refused():
    with pytest.raises(LoyaltyError, match="must be SQLite or PostgreSQL, not mssql"):
        prepare(create_engine("mssql+pyodbc://", module=sqlite3))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_one_for_all_connections_and_threads(url):
    engine = open_engine(url)
    with engine.connect().execution_options(unscoped=True) as connection, connection.begin():
        Base.metadata.create_all(connection)
    add_network(engine)
    seen = []

    def read():
        with engine.connect() as connection:
            seen.append(connection.execute(READ, ONE).scalar())

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert seen == [0]
    engine.dispose()


def test_preparing_twice_changes_nothing(sqlite_engine):
    prepare(sqlite_engine)
    begins: list[str] = []
    with sqlite_engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.set_trace_callback(begins.append)
        connection.execute(READ, ONE)
        driver.set_trace_callback(None)
    assert begins[0] == "BEGIN"
    assert len(begins) == 2


@pytest.mark.parametrize(
    ("options", "begin"), [({}, "BEGIN"), ({"write": False}, "BEGIN"), ({"write": True}, "BEGIN IMMEDIATE")]
)
def test_on_sqlite_a_transaction_begins_as_it_was_said(sqlite_engine, options, begin):
    traced: list[str] = []
    with sqlite_engine.connect().execution_options(**options) as connection:
        connection.connection.driver_connection.set_trace_callback(traced.append)
        connection.execute(READ, ONE)
        connection.connection.driver_connection.set_trace_callback(None)
    assert traced[0] == begin


def test_an_engine_and_a_session_can_be_writers_too(sqlite_engine):
    with Session(sqlite_engine.execution_options(write=True)) as session:
        session.execute(READ, ONE)
        with sqlite_engine.connect() as other:
            other.connection.driver_connection.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(OperationalError, match="locked"):
                other.execute(insert(network), NETWORK)


def test_a_reader_is_not_kept_waiting_by_a_writer(sqlite_engine):
    add_network(sqlite_engine)
    with sqlite_engine.connect().execution_options(write=True) as writer, writer.begin():
        writer.execute(WRITE, ONE)
        with sqlite_engine.connect() as reader:
            assert reader.execute(READ, ONE).scalar() == 0


def test_writers_that_read_first_lose_no_update(engine):
    """What default transactions of SQLite get wrong: read, then write, four at once (STACK, section 8)."""
    add_network(engine)
    failures: list[BaseException] = []
    locked = READ.with_for_update()

    def raise_it() -> None:
        try:
            for _ in range(25):
                with engine.connect().execution_options(write=True) as connection, connection.begin():
                    version = connection.execute(locked, ONE).scalar_one()
                    changed = update(network).where(network.c.id == THIS_NETWORK).values(config_version=version + 1)
                    connection.execute(changed, ONE)
        except BaseException as error:  # would be lost in the thread
            failures.append(error)

    threads = [threading.Thread(target=raise_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with engine.connect() as connection:
        assert connection.execute(READ, ONE).scalar() == 100


def test_what_fails_in_a_transaction_is_rolled_back_as_a_whole(engine):
    add_network(engine)

    def change() -> None:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.execute(WRITE, ONE)
            connection.execute(insert(client), {"network_id": 999, "id": 1, "created_at": NOW})

    with pytest.raises(IntegrityError):
        change()
    with engine.connect() as connection:
        assert connection.execute(READ, ONE).scalar() == 0


def test_a_savepoint_takes_back_only_its_own(engine):
    add_network(engine)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(WRITE, ONE)
        savepoint = connection.begin_nested()
        connection.execute(WRITE, ONE)
        savepoint.rollback()
        connection.execute(WRITE, ONE)
    with engine.connect() as connection:
        assert connection.execute(READ, ONE).scalar() == 2


def test_no_row_points_to_another_network(engine):
    add_network(engine)
    branch, scope = Base.metadata.tables["core_branch"], Base.metadata.tables["core_scope"]
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(network), {**NETWORK, "id": 2})
        connection.execute(insert(scope), {"network_id": 1, "id": 5, "level": "branch"})
        connection.execute(
            insert(branch), {"network_id": 2, "id": 6, "external_id": "x", "name": "x", "time_zone": "UTC"}
        )
        crossing = {"network_id": 1, "scope_id": 5, "branch_id": 6, "starts_on": NOW.date()}
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(Base.metadata.tables["core_scope_branch"]), crossing)


class Host(SQLAlchemy):
    """How a Flask application hands us its engine."""

    def _make_engine(self, bind_key, options, app):
        engine = super()._make_engine(bind_key, options, app)
        prepare(engine)
        return engine


def test_an_engine_of_flask_sqlalchemy_works_the_same(engine):
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    app = flask.Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db = Host(model_class=Base)
    db.init_app(app)
    with app.app_context():
        assert db.metadata is Base.metadata
        with db.engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.execute(insert(network), NETWORK)
        assert db.session.execute(READ, ONE).scalar() == 0
        with pytest.raises(LoyaltyError, match="core_network"):
            db.session.execute(select(network))
        db.session.remove()
        db.engine.dispose()
