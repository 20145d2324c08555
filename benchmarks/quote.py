"""A whole quote, its client read afresh from the database, against the engine alone and against a scan by hand.

The whole quote opens a unit of work of its own, checks the draft, reads client and standing, asks plugins and leaves
the record; the other sides are given the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.databases import Databases, opened
from benchmarks.pricing import scan_by_hand, timed
from benchmarks.rounds import Outcome, alternate
from benchmarks.shop import OPENED, Shop, at, build, open_house
from benchmarks.till import drafts, promote
from loyalty_core.decisions.offers import Offer, PercentOff
from loyalty_core.engine.pricing import price
from loyalty_core.facts.quote import Priced
from loyalty_core.facts.staff import ANYBODY
from loyalty_core.messages import gettext
from loyalty_core.ports import FixedClock
from loyalty_core.services.house import Loyalty
from loyalty_core.services.invoices import quoting

WHOLE, ENGINE, SCAN, FEW_ALONE = "whole quote", "engine", "Decimal scan", "without those"
SIZES = (1, 10, 100, 1000)
"""How many promotions lie on the invoice."""
FEW, OTHERS = 10, 990
"""How many lie on it, and how many cannot, in the last case."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: with how many promotions, and the time of each side."""

    matching: int
    others: int
    outcome: Outcome


def compare(databases: Databases, rounds: int) -> Iterator[Measured]:
    """Yield each case, measured on databases of its own."""
    base = databases.new("till")
    with opened(base) as engine:
        shop = build(engine)
    for size in SIZES:
        with _till(databases, base, shop, size) as (loyalty, percents):
            yield Measured(size, 0, alternate(rounds, _sides(loyalty, shop, percents)))
    with _till(databases, base, shop, FEW) as (alone, _), _till(databases, base, shop, FEW, OTHERS) as (among, _):
        sides = {WHOLE: timed(_whole(among, shop)), FEW_ALONE: timed(_whole(alone, shop))}
        yield Measured(FEW, OTHERS, alternate(rounds, sides))
    databases.drop(base)


@contextmanager
def _till(
    databases: Databases, base: str, shop: Shop, matching: int, others: int = 0
) -> Iterator[tuple[Loyalty, list[int]]]:
    """Yield the product on a copy of the shop with promotions, and the percentages of those that match."""
    url = databases.copy(base, f"till_{matching}_{others}")
    with opened(url) as engine:
        loyalty = open_house(engine, FixedClock(at(OPENED)))
        yield loyalty, promote(loyalty, shop, matching, others)
    databases.drop(url)


def _whole(loyalty: Loyalty, shop: Shop) -> Callable[[], quoting.Quote]:
    """Return what quotes for one client after another."""
    coming = drafts(shop)

    def whole() -> quoting.Quote:
        with loyalty.reading(shop.network_id) as unit:
            return quoting.quote(unit, next(coming), ANYBODY)

    return whole


def _sides(loyalty: Loyalty, shop: Shop, percents: Sequence[int]) -> dict[str, Callable[[int], float]]:
    """Return the sides: the whole quote, and the others on what the first quote found; check that they agree."""
    whole = _whole(loyalty, shop)
    quoted = whole()
    with loyalty.reading(shop.network_id) as unit:
        offers, configuration = unit.offers.offers, unit.configuration
    given = [Offer(str(n), gettext("An offer"), PercentOff(Decimal(bp).scaleb(-2))) for n, bp in enumerate(percents)]

    def alone() -> Priced:
        policy, rounding = configuration.policy, configuration.rounding
        return price(quoted.invoice, quoted.client, offers, quoted.proposals, policy, rounding)

    scan = scan_by_hand(quoted.invoice, [*given, *quoted.proposals])
    assert alone().owed_minor == quoted.priced.owed_minor == int(scan() * 100), "all sides must agree"
    return {WHOLE: timed(whole), ENGINE: timed(alone), SCAN: timed(scan)}
