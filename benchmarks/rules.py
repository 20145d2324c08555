"""A rule changed for everybody: the product saves a programme, against the one UPDATE that changes the same rows.

The product compiles the rules, judges every client of the scope, writes the rows that change, their audit, the new
version and the events. The UPDATE evaluates the same conditions over the same totals and changes the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks.databases import Databases, RawConnection, opened
from benchmarks.rounds import Outcome, Stopwatch, alternate
from benchmarks.shop import ACTOR, INACTIVE_DAYS, OPENED, Rules, Shop, at, found_shop, open_house, part
from loyalty_core.ports import FixedClock
from loyalty_core.services import programmes
from loyalty_core.services.house import Loyalty

OURS, RAW = "product", "one UPDATE"
STEP_MINOR = 1_00
DAYS_AGO = range(0, 80, 10)
"""On which days clients came last: each eighth of them has its day, and of one eighth it is too long ago."""

SHUFFLE = 7_368_787
"""A prime: client n has bought for n times this, modulo the clients; so those who change lie all over the table."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was measured: how many clients there are, how many change, how long each side took."""

    clients: int
    changed: int
    outcome: Outcome


def rules(clients: int, *, more: bool) -> Rules:
    """Return four rules, and with `more` a fifth, which raises one client in twenty.

    Sums bought run evenly from nothing to `clients` times `STEP_MINOR`, and seven in eight clients have not lapsed:
    two in thirty-five of the sums are one in twenty of the clients.
    """
    everybody = clients * STEP_MINOR
    most = everybody * 3 // 4
    usual = (
        ("visits", 3, 300),
        ("sold", everybody // 4, 500),
        ("sold", everybody // 2, 700),
        ("paid", most, 1000),
    )
    return (*usual, ("sold", most - everybody * 2 // 35, 800)) if more else usual


def compare(databases: Databases, rounds: int, clients: int) -> Judged:
    """Add or remove a rule, in turn, once per round on each side; check that both databases end alike."""
    base = databases.new("everybody")
    clock = FixedClock(at(OPENED))
    with opened(base) as engine:
        loyalty = open_house(engine, clock)
        shop = found_shop(loyalty, 0)
        _fill(databases, base, shop, clients)
        _save(loyalty, shop, rules(clients, more=False))
    other = databases.copy(base, "one_update")
    raw = databases.raw(other)
    with opened(base) as engine:
        loyalty = open_house(engine, clock)

        def ours(number: int) -> float:
            return _save(loyalty, shop, rules(clients, more=number % 2 == 0))

        def by_update(number: int) -> float:
            return _update(databases, raw, shop, rules(clients, more=number % 2 == 0))

        outcome = alternate(rounds, {OURS: ours, RAW: by_update})
    raw.close()
    changed = _check(databases, base, other, rounds + 1)
    for url in (base, other):
        databases.drop(url)
    return Judged(clients, changed, outcome)


def _save(loyalty: Loyalty, shop: Shop, given: Rules) -> float:
    watch = Stopwatch()
    parts = {"discount_rules": part(given, INACTIVE_DAYS)}
    with watch.running(), loyalty.work(shop.network_id, ACTOR) as unit:
        programmes.save(unit, "branch", shop.scope_id, "Regulars", parts=parts)
    return watch.seconds


def _update(databases: Databases, connection: RawConnection, shop: Shop, given: Rules) -> float:
    """Run the one UPDATE in a transaction of its own."""
    columns = {"visits": "visits", "sold": "invoiced_minor", "paid": "paid_minor"}
    best_first = sorted(given, key=lambda rule: rule[2], reverse=True)
    tests = [
        (f"totals.{columns[metric]} >= {threshold}", metric, threshold, bp) for metric, threshold, bp in best_first
    ]
    lapsed = f"WHEN totals.visited_on < '{OPENED - timedelta(INACTIVE_DAYS)}' THEN NULL"
    value = f"CASE {lapsed} {' '.join(f'WHEN {test} THEN {bp}' for test, _, _, bp in tests)} END"
    keys = (f"WHEN {test} THEN '{metric}:{threshold}'" for test, metric, threshold, _ in tests)
    rule = f"CASE {lapsed} {' '.join(keys)} END"
    mark = databases.mark
    statement = f"""
        UPDATE core_standing SET value = {value}, rule = {rule}, version_id = {mark}, since = {mark}
        FROM core_totals AS totals
        WHERE totals.network_id = {mark} AND totals.scope_id = {mark}
        AND core_standing.network_id = totals.network_id AND core_standing.scope_id = totals.scope_id
        AND core_standing.client_id = totals.client_id
        AND core_standing.element = 'discount' AND core_standing.item = ''
        AND (core_standing.value IS DISTINCT FROM {value} OR core_standing.rule IS DISTINCT FROM {rule})
    """
    watch = Stopwatch()
    with watch.running():
        connection.execute(databases.begin)
        connection.execute(statement, (1, at(OPENED), shop.network_id, shop.scope_id))
        connection.execute("COMMIT")
    return watch.seconds


def _fill(databases: Databases, url: str, shop: Shop, clients: int) -> None:
    """Make clients with totals, as if they had been there."""
    connection = databases.raw(url)
    mark = databases.mark
    now = at(OPENED)
    connection.execute(databases.begin)
    connection.execute(
        f"""
        INSERT INTO core_client (network_id, id, created_at)
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {clients})
        SELECT {mark}, n, {mark} FROM numbers
        """,
        (shop.network_id, now),
    )
    bought = f"{_modulo(f'id * {SHUFFLE}', clients)} * {STEP_MINOR}"
    for place, days in enumerate(DAYS_AGO):
        connection.execute(
            f"""
            INSERT INTO core_totals
            (network_id, scope_id, client_id, visits, no_shows, invoiced_minor, listed_minor, paid_minor,
             first_day, visited_on, bought_on)
            SELECT network_id, {shop.scope_id}, id, 1 + {_modulo("id / 8", 10)}, 0, {bought}, {bought}, {bought},
             {mark}, {mark}, NULL
            FROM core_client WHERE network_id = {mark} AND {_modulo("id", len(DAYS_AGO))} = {place}
            """,
            (OPENED - timedelta(365), OPENED - timedelta(days), shop.network_id),
        )
    connection.execute("COMMIT")
    connection.execute("ANALYZE")  # PostgreSQL would do so by itself in a minute
    connection.close()


def _modulo(number: str, by: int) -> str:
    """Return the rest of a division in whole numbers, as both databases and both drivers read it."""
    return f"(({number}) - ({number}) / {by} * {by})"


def _check(databases: Databases, ours: str, other: str, runs: int) -> int:
    """Hold that both sides gave everybody the same; return how many changed in one run of the product."""
    found: list[list[Any]] = []
    for url in (ours, other):
        connection = databases.raw(url)
        rows = connection.execute("SELECT client_id, value, rule, next_on FROM core_standing ORDER BY client_id")
        found.append(rows.fetchall())
        if url == ours:
            changes = connection.execute("SELECT count(*) FROM core_audit WHERE action = 'standing.changed'").fetchone()
        connection.close()
    assert found[0] == found[1], "the UPDATE gave others, or other values"
    return (int(changes[0]) - len(found[0])) // runs
