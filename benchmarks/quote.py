"""A whole quote, its client read afresh from the database, against the engine alone and against a scan by hand.

The whole quote opens a unit of work of its own, checks the draft, reads client and standing, asks plugins and leaves
the record; the other sides are given the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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

WHOLE, ENGINE, SCAN = "whole quote", "engine", "Decimal scan"
FEW = 10
CASES = ((1, 0), (FEW, 0), (100, 0), (1000, 0), (FEW, 990))
"""How many promotions lie on the invoice, and how many cannot."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: with how many promotions, and the time of each side."""

    matching: int
    others: int
    outcome: Outcome


def compare(databases: Databases, rounds: int) -> Iterator[Measured]:
    """Yield each case, measured on a database of its own; check that all sides owe the same."""
    base = databases.new("till")
    with opened(base) as engine:
        shop = build(engine)
    for matching, others in CASES:
        url = databases.copy(base, f"till_{matching}_{others}")
        with opened(url) as engine:
            loyalty = open_house(engine, FixedClock(at(OPENED)))
            percents = promote(loyalty, shop, matching, others)
            yield Measured(matching, others, alternate(rounds, _sides(loyalty, shop, percents)))
        databases.drop(url)
    databases.drop(base)


def _sides(loyalty: Loyalty, shop: Shop, percents: Sequence[int]) -> dict[str, Callable[[int], float]]:
    """Return the sides: the whole quote for one client after another, the others on what the first quote found."""
    coming = drafts(shop)

    def whole() -> quoting.Quote:
        with loyalty.reading(shop.network_id) as unit:
            return quoting.quote(unit, next(coming), ANYBODY)

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
