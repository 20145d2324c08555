"""Saving a visit: the product against the same rows by the raw driver, and against a plain ORM version."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from benchmarks.captured import Capture, Written, everything
from benchmarks.databases import Databases, RawConnection, opened
from benchmarks.plain_orm import PlainShop, plain_engine
from benchmarks.rounds import Outcome, Stopwatch, alternate
from benchmarks.shop import ACTOR, OPENED, Shop, at, build, coming, open_house
from loyalty_core.facts.visit import VisitInput
from loyalty_core.ports import FixedClock
from loyalty_core.services import visits
from loyalty_core.services.house import Loyalty
from loyalty_core.storage.ids import IdSource

OURS, RAW, ORM = "product", "raw driver", "plain ORM"
PRESS = timedelta(hours=1)
"""How long after its start a visit is saved as arrived."""

OF_EACH_RUN = ("id", "rests_on", "source_id", "cause", "body", "before", "after")
"""Columns with ids made anew, or JSON spaced otherwise: left out when sides are compared that make their own."""


class Product:
    """The side of the product, on a database of its own."""

    def __init__(self, loyalty: Loyalty, clock: FixedClock, shop: Shop) -> None:
        self.loyalty = loyalty
        self.clock = clock
        self.network_id = shop.network_id

    def save(self, visit: VisitInput) -> None:
        """Save one visit in a unit of work of its own."""
        self.clock.set(visit.starts_at + PRESS)
        with self.loyalty.work(self.network_id, ACTOR) as unit:
            visits.save(unit, visit)


def compare(databases: Databases, rounds: int, saves: int) -> Outcome:
    """Save `saves` visits per round on each side, on databases of their own; check that all end with the same rows."""
    base = databases.new("shop")
    with opened(base) as engine:
        shop = build(engine)
    urls = {side: databases.copy(base, side.replace(" ", "_")) for side in (OURS, RAW, ORM, "captured")}
    given = list(islice(coming(shop), saves * (rounds + 1)))
    written = _capture(databases, urls["captured"], shop, given)
    clock = FixedClock(at(OPENED))
    raw = databases.raw(urls[RAW])
    plain = plain_engine(urls[ORM])
    with opened(urls[OURS]) as engine:
        product = Product(open_house(engine, clock), clock, shop)
        orm = PlainShop(plain, shop, IdSource(clock))

        def ours(number: int) -> float:
            watch = Stopwatch()
            with watch.running():
                for visit in given[number * saves : (number + 1) * saves]:
                    product.save(visit)
            return watch.seconds

        def by_driver(number: int) -> float:
            return _replay(raw, databases.begin, written[number * saves : (number + 1) * saves])

        def by_objects(number: int) -> float:
            watch = Stopwatch()
            with watch.running():
                for visit in given[number * saves : (number + 1) * saves]:
                    clock.set(visit.starts_at + PRESS)
                    orm.save(visit, clock.now())
            return watch.seconds

        outcome = alternate(rounds, {OURS: ours, RAW: by_driver, ORM: by_objects})
    plain.dispose()
    raw.close()
    _check(databases, urls)
    for url in (base, *urls.values()):
        databases.drop(url)
    return outcome


def _capture(databases: Databases, url: str, shop: Shop, given: list[VisitInput]) -> list[list[Written]]:
    """Save the visits once by the product, and return what it wrote for each."""
    clock = FixedClock(at(OPENED))
    found = []
    connection = databases.raw(url)
    capture = Capture(databases, connection)
    with opened(url) as engine:
        product = Product(open_house(engine, clock), clock, shop)
        for visit in given:
            before = capture.rows_of(visit.client_id)
            product.save(visit)
            found.append(list(capture.written(before, capture.rows_of(visit.client_id))))
    connection.close()
    return found


def _replay(connection: RawConnection, begin: str, written: list[list[Written]]) -> float:
    watch = Stopwatch()
    with watch.running():
        cursor = connection.cursor()
        for statements in written:
            cursor.execute(begin)
            for statement, params in statements:
                cursor.execute(statement, params)
            cursor.execute("COMMIT")
    return watch.seconds


def _check(databases: Databases, urls: dict[str, str]) -> None:
    """Hold that the raw driver wrote exactly the product's rows, and the ORM version the same but for its ids."""
    found, alike = {}, {}
    for side, url in urls.items():
        connection = databases.raw(url)
        found[side], alike[side] = everything(connection), everything(connection, OF_EACH_RUN)
        connection.close()
    assert found[RAW] == found["captured"], "the raw driver wrote other rows"
    for side in (OURS, ORM):
        wrong = [name for name, rows in alike[side].items() if rows != alike["captured"][name]]
        assert not wrong, f"{side} wrote other rows: {wrong}"
