"""SQLite finds the few rows a statement is about, also in tables that nobody has analysed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event

from loyalty_core.facts.programme import JudgedOn
from loyalty_core.storage.engine import open_engine
from loyalty_core.storage.migrate import CORE, downgrade, upgrade
from loyalty_core.storage.staging import prepare_staging
from loyalty_core.storage.statistics import figures_of
from loyalty_core.testing.house import START, House, a_line, days

GROWS = "visit|sale|payment|return|measure|totals|reset|standing|audit|event|client"
WHOLE = re.compile(rf"SCAN core_({GROWS})|core_({GROWS}).*\(network_id=\?( AND scope_id=\?)?\)")
"""How SQLite says that it reads everything in a table that has more rows with every day."""

FIRST_ONE = "EXISTS (SELECT * FROM core_standing"
"""Looks whether a scope has any standing at all: it reads one row."""

Run = tuple[str, tuple[object, ...]]


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[Run]]:
    """Collect what is run on an engine, with parameters."""
    seen: list[Run] = []

    def note(_connection: object, _cursor: object, statement: str, params: object, *_rest: object) -> None:
        one = params[0] if isinstance(params, list) else params
        assert isinstance(one, tuple)
        seen.append((statement, one))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def whole_reads(engine: Engine, seen: list[Run]) -> set[str]:
    """Return the steps, with their statements, that read all rows of a network or scope in a table that grows."""
    found = set()
    with engine.connect() as connection:
        prepare_staging(connection)
        driver = connection.connection.driver_connection
        assert driver is not None
        for statement, params in seen:
            text = " ".join(statement.split())
            if text.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")) and FIRST_ONE not in text:
                for *_ids, step in driver.execute(f"EXPLAIN QUERY PLAN {statement}", params):
                    if WHOLE.search(step):
                        found.add(f"{step}: {text[:200]}")
    return found


def a_busy_day(house: House) -> None:
    """Do all that happens every day to one client."""
    visit = house.visit("Olha", START)
    sale = house.invoice("Olha", START, a_line(100_00, quantity_milli=2000), visit_id=visit)
    house.invoice("Olha", START, a_line(20_00, kind="goods"))
    house.refund(sale, ("1", 1000))
    house.visit("Olha", START + days(1))
    house.before("Olha", START + days(2))
    house.by_hand("Olha", 1000)
    house.on(START + days(3))


@pytest.mark.parametrize("judged_on", list(JudgedOn))
def test_what_happens_every_day_reads_no_table_whole(sqlite_engine: Engine, judged_on: JudgedOn) -> None:
    house = House(sqlite_engine)
    house.programme([("visits", 1, 500)], inactive_days=60, judged_on=judged_on)
    with statements_of(sqlite_engine) as seen:
        a_busy_day(house)
    assert len(seen) > 50
    assert whole_reads(sqlite_engine, seen) == set()


def test_without_the_statistics_tables_would_be_read_whole(sqlite_engine: Engine) -> None:
    house = House(sqlite_engine)
    house.programme([("visits", 1, 500)])
    with statements_of(sqlite_engine) as seen:
        a_busy_day(house)
    with sqlite_engine.connect().execution_options(unscoped=True, write=True) as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    sqlite_engine.dispose()  # statistics are read when a database is opened
    assert any("core_sale " in each for each in whole_reads(sqlite_engine, seen))


def statistics(connection: Connection) -> dict[tuple[str, str | None], str]:
    rows = connection.execution_options(unscoped=True).exec_driver_sql("SELECT tbl, idx, stat FROM sqlite_stat1")
    return {(table, index): figures for table, index, figures in rows}


def test_every_index_has_statistics_and_an_upgrade_keeps_what_analyze_found(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        found = statistics(connection)
    assert found["core_visit", "core_visit"] == "1000000 1000000 1"
    assert found["core_sale", "ix_core_sale_network_id_visit_id"] == "1000000 1000000 10"
    with sqlite_engine.connect().execution_options(unscoped=True, write=True) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE sqlite_stat1 SET stat = '5 5 1' WHERE tbl = 'core_visit'")
    downgrade(sqlite_engine, CORE, "0001")
    upgrade(sqlite_engine)
    with sqlite_engine.connect() as connection:
        assert statistics(connection)["core_visit", "core_visit"] == "5 5 1"


def test_the_figures_of_an_index_say_how_many_rows_share_its_columns() -> None:
    assert figures_of(["network_id", "scope_id", "client_id"], unique=True) == "1000000 1000000 10000 1"
    assert figures_of(["network_id", "client_id", "at"], unique=False) == "1000000 1000000 10 1"


def test_a_database_in_memory_has_them_too() -> None:
    engine = open_engine("sqlite://")
    upgrade(engine)
    with engine.connect() as connection:
        assert statistics(connection)
    engine.dispose()
