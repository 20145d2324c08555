"""Importing the demo's sales: the bulk services against `executemany` of the same rows into the same schema.

Reading the parquet files and building baskets is left out on both sides; so are opening and migrating the database.
The product loads and judges as the demo does, in two transactions; the raw side writes in one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from itertools import count, islice
from typing import Any

from benchmarks.captured import insert_into, names
from benchmarks.databases import Databases, opened
from benchmarks.rounds import Outcome, Stopwatch, alternate
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import FixedClock
from loyalty_core.services.house import Loyalty
from loyalty_core.services.reassessment import reassess
from loyalty_core.storage.base import Base
from loyalty_core.storage.migrate import CORE, upgrade
from loyalty_web.erp.demo.journey import Basket, Journey, read
from loyalty_web.erp.demo.loading import ACTOR, AT_ONCE, load
from loyalty_web.erp.demo.shift import ZONE
from loyalty_web.erp.migrations import WEB

OURS, RAW = "product", "raw driver"
TODAY = date(2026, 11, 2)
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Prepared(Journey):
    """A journey whose baskets are built while the watch is paused."""

    watch: Stopwatch = field(kw_only=True)

    def baskets(self) -> Iterator[Basket]:
        """Yield the baskets; as many as the product takes at once are built before any of them is timed."""
        source = Journey.baskets(self)
        while some := self._build(source):
            yield from some

    def _build(self, source: Iterator[Basket]) -> list[Basket]:
        with self.watch.paused():
            return list(islice(source, AT_ONCE))


@dataclass(frozen=True, slots=True)
class Imported:
    """What was measured: how much came in, and how long each side took."""

    visits: int
    lines: int
    rows: int
    outcome: Outcome


def compare(databases: Databases, rounds: int, households: int | None) -> Imported:
    """Import the sales of so many households, or of all for None, once per round on each side."""
    journey = read(TODAY, households)
    bundled = Plugins.load()
    numbers = count()
    reference = _migrated(databases, bundled, "reference")
    _load(reference, bundled, journey)
    statements = _statements(databases, reference)

    def ours(number: int) -> float:
        url = _migrated(databases, bundled, f"import_{next(numbers)}")
        seconds = _load(url, bundled, journey)
        databases.drop(url)
        return seconds

    def by_driver(number: int) -> float:
        url = _migrated(databases, bundled, f"import_{next(numbers)}")
        seconds = _copy(databases, reference, url, statements)
        databases.drop(url)
        return seconds

    outcome = alternate(rounds, {OURS: ours, RAW: by_driver})
    rows = sum(_count(databases, reference, table) for table in statements)
    databases.drop(reference)
    return Imported(journey.visits, journey.lines, rows, outcome)


def _migrated(databases: Databases, bundled: Plugins, name: str) -> str:
    url = databases.new(name)
    with opened(url) as engine:
        upgrade(engine, [CORE, WEB, *bundled.migration_sources()])
    return url


def _load(url: str, bundled: Plugins, journey: Journey) -> float:
    """Load and judge everything by the product and return the seconds it took."""
    watch = Stopwatch()
    given = {each.name: getattr(journey, each.name) for each in fields(journey)}
    prepared = Prepared(**given, watch=watch)
    clock = FixedClock(datetime.combine(journey.as_of, time(9), ZONE).astimezone(UTC))
    with opened(url) as engine:
        loyalty = Loyalty(engine, bundled, clock)
        with watch.running():
            network_id = load(loyalty, prepared)
            with loyalty.work(network_id, ACTOR) as unit:
                reassess(unit)
    return watch.seconds


def _statements(databases: Databases, url: str) -> dict[str, tuple[str, str]]:
    """Return by table, parents first, what reads its rows and what writes one; tables without rows are left out."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if _count(databases, url, table.name):
            found[table.name] = (
                f"SELECT {', '.join(names(table))} FROM {table.name}",
                insert_into(table, databases.mark),
            )
    return found


def _count(databases: Databases, url: str, table: str) -> int:
    connection = databases.raw(url)
    (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(found)


def _copy(databases: Databases, source_url: str, url: str, statements: dict[str, tuple[str, str]]) -> float:
    """Write all rows by the raw driver, table by table in the order of their keys; reading them is not timed."""
    watch = Stopwatch()
    source, target = databases.raw(source_url), databases.raw(url)
    cursor = target.cursor()
    with watch.running():
        cursor.execute(databases.begin)
    for query, statement in statements.values():
        for rows in _batches(source.execute(query)):
            with watch.running():
                cursor.executemany(statement, rows)
    with watch.running():
        cursor.execute("COMMIT")
    target.close()
    source.close()
    return watch.seconds


def _batches(cursor: Any) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield rows
