"""The engine alone, on an invoice of ten lines, against a scan by hand: each percentage of each line in Decimal.

The scan rounds and compares, and keeps the best of each line; it knows no lanes, conditions, floors or taxes, and
leaves no record. The engine's time includes all of that, and what would have been saved by each offer that lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from time import perf_counter
from zoneinfo import ZoneInfo

from benchmarks.rounds import Outcome, alternate
from loyalty_core.decisions.offers import AmountOff, Covers, Offer, PercentOff
from loyalty_core.engine.listing import invoice_of
from loyalty_core.engine.matching import index
from loyalty_core.engine.pricing import price
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.facts.combination import CombinationPolicy
from loyalty_core.facts.draft import Draft, DraftLine
from loyalty_core.facts.money import Currency, Rounding
from loyalty_core.facts.pricing import Invoice
from loyalty_core.facts.quote import Priced
from loyalty_core.messages import gettext

OURS, SCAN, MATCHING = "engine", "Decimal scan", "matching alone"
LINES = 10
TIMES = 50
"""How often a side prices the invoice in one round."""

CENT = Decimal("0.01")
ROUNDING = (Rounding.HALF_UP, RoundingLevel.LINE)
SIZES = (1, 10, 100, 1000)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: what it was, the time of each side, and what the search needed."""

    says: str
    outcome: Outcome
    steps: int = 0
    gap_minor: int = 0


def compare(rounds: int) -> Iterable[Measured]:
    """Yield the engine against the scan for each number of offers, then against itself with more offers."""
    random = Random(1)
    invoice = _invoice(random)
    for size in SIZES:
        offers = percents(random, size)
        ours, scan = engine(invoice, offers), scan_by_hand(invoice, offers)
        assert ours().owed_minor == int(scan() * 100), "the engine and the scan must agree"
        says = f"percentage offers that all match: {size}"
        yield Measured(says, alternate(rounds, {OURS: timed(ours), SCAN: timed(scan)}))
    ten = percents(random, 10)
    among = engine(invoice, ten + [_percent(f"other {n}", 5, f"other {n}") for n in range(990)])
    alternating = {OURS: timed(among), MATCHING: timed(engine(invoice, ten))}
    yield Measured("10 offers that match and 990 that cannot", alternate(rounds, alternating))
    for by_line, whole in ((88, 12), (0, 100)):
        ours = engine(invoice, percents(random, by_line) + wholes(random, whole))
        found = ours()
        says = f"percentage offers: {by_line}, offers that tie lines together: {whole}"
        yield Measured(says, alternate(rounds, {OURS: timed(ours)}), found.steps, found.gap_minor)


def percents(random: Random, count: int) -> list[Offer]:
    """Return offers on everything, each with a percentage of its own."""
    return [_percent(f"percent {n}", Decimal(random.randint(100, 3000)) / 100) for n in range(count)]


def wholes(random: Random, count: int) -> list[Offer]:
    """Return fixed amounts on two to six of the items, which overlap."""
    offers = []
    for number in range(count):
        items = frozenset(f"item {n}" for n in random.sample(range(LINES), random.randint(2, 6)))
        amount = AmountOff(random.randint(20_00, 300_00))
        offers.append(Offer(f"whole {number}", gettext("An offer"), amount, covers=Covers(items=items)))
    return offers


def _percent(key: str, percent: Decimal | int, *items: str) -> Offer:
    return Offer(key, gettext("An offer"), PercentOff(percent), covers=Covers(items=frozenset(items)))


def _invoice(random: Random) -> Invoice:
    lines = tuple(
        DraftLine(str(n), f"item {n}", f"Item {n}", "service", 1000, random.randint(10_00, 2_000_00))
        for n in range(LINES)
    )
    draft = Draft(source="benchmark", external_id="1", branch_id=1, lines=lines)
    return invoice_of(draft, datetime(2026, 3, 2, 12, tzinfo=UTC), ZoneInfo("Europe/Kyiv"), Currency("UAH"))


def engine(invoice: Invoice, offers: Sequence[Offer]) -> Callable[[], Priced]:
    """Return what prices the invoice by the engine."""
    indexed, policy = index(offers), CombinationPolicy()
    return lambda: price(invoice, None, indexed, (), policy, ROUNDING)


def scan_by_hand(invoice: Invoice, offers: Iterable[Offer]) -> Callable[[], Decimal]:
    """Return what finds the best percentage of each line by hand, in Decimal."""
    amounts = [Decimal(line.listed_minor) / 100 for line in invoice.lines]
    given = [offer.benefit.percent for offer in offers if isinstance(offer.benefit, PercentOff)]

    def scan() -> Decimal:
        owed = Decimal(0)
        for amount in amounts:
            best = Decimal(0)
            for percent in given:
                off = (amount * percent / 100).quantize(CENT, ROUND_HALF_UP)
                if off > best:
                    best = off
            owed += amount - best
        return owed

    return scan


def timed(run: Callable[[], object]) -> Callable[[int], float]:
    """Return a side that runs often and answers with the seconds of one time."""

    def seconds(_number: int) -> float:
        start = perf_counter()
        for _time in range(TIMES):
            run()
        return (perf_counter() - start) / TIMES

    return seconds
