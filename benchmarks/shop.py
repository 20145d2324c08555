"""The shop whose visits are saved: one branch, a programme in force, clients who have been there before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from loyalty_core.facts.invoice import RecordedInvoice, RecordedLine, RecordedPayment
from loyalty_core.facts.money import Currency
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import FixedClock
from loyalty_core.services import anchors, invoices, plugins, programmes, visits
from loyalty_core.services.house import Loyalty
from loyalty_core.storage.migrate import CORE, upgrade

ZONE = ZoneInfo("Europe/Kyiv")
OPENED = date(2026, 1, 5)
CLIENTS = 200
MOST_VISITS_BEFORE = 20
PRICE_MINOR = 180_00
ACTOR = "benchmark"
SOURCE = "benchmark"

Rules = tuple[tuple[str, int, int], ...]
RULES: Rules = (
    ("visits", 3, 300),
    ("visits", 10, 400),
    ("sold", 2_000_00, 500),
    ("visits", 20, 600),
    ("paid", 4_000_00, 700),
)
"""Metric, threshold and percent in basis points."""
INACTIVE_DAYS = 60


@dataclass(frozen=True, slots=True)
class Shop:
    """What a side must know of the database: its ids."""

    network_id: int
    branch_id: int
    scope_id: int
    clients: tuple[int, ...]


def part(rules: Rules, inactive_days: int | None) -> dict[str, object]:
    """Return rules as the form of the plugin `discount_rules` has them."""
    return {
        "rules": [{"metric": metric, "threshold": value, "percent_bp": bp} for metric, value, bp in rules],
        "inactive_days": inactive_days,
    }


def open_house(engine: Engine, clock: FixedClock) -> Loyalty:
    """Return the product on a database, migrated."""
    bundled = Plugins.load()
    upgrade(engine, [CORE, *bundled.migration_sources()])
    return Loyalty(engine, bundled, clock)


def found_shop(loyalty: Loyalty, clients: int) -> Shop:
    """Found the network with its branch, its clients and the plugins in use; no programme yet."""
    network_id = anchors.found_network(loyalty, "Salon", Currency("UAH"), ZONE.key, ACTOR)
    with loyalty.work(network_id, ACTOR) as unit:
        for name in loyalty.plugins.loaded:
            plugins.activate(unit, name)
        branch_id = anchors.add_branches(unit, [anchors.BranchInput("podil", "Podil", ZONE.key)])["podil"]
        known = anchors.anchor_clients(unit, SOURCE, [f"client-{number}" for number in range(clients)])
        scope_id = anchors.branch_scopes(unit)[branch_id]
    return Shop(network_id, branch_id, scope_id, tuple(known.values()))


def build(engine: Engine) -> Shop:
    """Fill an empty database: the n-th client has come n times before, modulo 20, and paid an invoice each time."""
    loyalty = open_house(engine, FixedClock(at(OPENED)))
    shop = found_shop(loyalty, CLIENTS)
    came = [
        (client, OPENED - timedelta(3 * (number + 1)))
        for place, client in enumerate(shop.clients)
        for number in range(place % MOST_VISITS_BEFORE)
    ]
    with loyalty.work(shop.network_id, ACTOR) as unit:
        given = [
            VisitInput(SOURCE, f"before-{number}", shop.branch_id, client, VisitStatus.ARRIVED, at(day))
            for number, (client, day) in enumerate(came)
        ]
        saved = visits.save_many(unit, given, judge=False)
        paid = [_invoice(visit, each.id) for visit, each in zip(given, saved, strict=True)]
        invoices.record_many(unit, paid, judge=False)
        programmes.save(unit, "branch", shop.scope_id, "Regulars", parts={"discount_rules": part(RULES, INACTIVE_DAYS)})
    return shop


def coming(shop: Shop) -> Iterator[VisitInput]:
    """Yield visits without end: every client comes once a day, one after another."""
    for number in count():
        day, place = divmod(number, len(shop.clients))
        starts_at = at(OPENED + timedelta(day)) + timedelta(minutes=place)
        yield VisitInput(SOURCE, f"visit-{number}", shop.branch_id, shop.clients[place], VisitStatus.ARRIVED, starts_at)


def at(day: date) -> datetime:
    """Return ten o'clock of a local day."""
    return datetime.combine(day, time(10), ZONE).astimezone(UTC)


def _invoice(visit: VisitInput, visit_id: int) -> RecordedInvoice:
    line = RecordedLine("1", "cut", "Hair", "service", 1000, PRICE_MINOR, PRICE_MINOR, PRICE_MINOR)
    payment = RecordedPayment("1", "cash", PRICE_MINOR, visit.starts_at)
    return RecordedInvoice(
        SOURCE,
        visit.external_id,
        visit.branch_id,
        visit.client_id,
        visit_id,
        visit.starts_at,
        (line,),
        (payment,),
    )
