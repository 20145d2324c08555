"""Random invoices, offers and policies of every kind, small enough to try all combinations."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from random import Random

from hypothesis import strategies as st

from loyalty_core.decisions.offers import (
    AloneOnItsLines,
    AmountOff,
    Benefit,
    BundlePrice,
    Covers,
    FixedPrice,
    LeftAtLeast,
    Offer,
    PercentOff,
    Requirement,
    UnitsOff,
)
from loyalty_core.facts.combination import CombinationPolicy, Lane
from loyalty_core.facts.draft import DraftLine
from loyalty_core.facts.money import Rounding
from loyalty_core.facts.pricing import Invoice
from tests.engine.till import invoice, line, offer

LANES = CombinationPolicy().lanes
PAIRS = [frozenset(pair) for pair in combinations(LANES, 2)]
NAMES = ["all", "hair", "colour", "care"]
CATEGORIES = [(), ("all",), ("hair", "all"), ("colour", "hair", "all"), ("care", "all")]
ITEMS = ["a", "b", "c"]
PERCENTS: list[Decimal | int] = [Decimal("7.5"), 1, 5, 10, 15, 33, 50, 90, 100]


@dataclass(frozen=True)
class Till:
    """One invoice with the offers that lie on it."""

    invoice: Invoice
    offers: tuple[Offer, ...]
    policy: CombinationPolicy
    mode: Rounding


def till_of(random: Random) -> Till:
    """Draw an invoice with everything that bears on its price."""
    mode = random.choice(list(Rounding))
    plain = random.random() < 0.4  # without floors and with round figures, ties are many
    made = invoice([_line(random, item, plain) for item in ITEMS[: random.randint(1, 3)]], mode=mode)
    offers = [_offer(random, f"o{number}", made.listed_minor) for number in range(random.randint(0, 6))]
    return Till(made, tuple(offers), _policy(random), mode)


tills = st.randoms(use_true_random=True).map(till_of)


def _line(random: Random, item: str, plain: bool) -> DraftLine:
    price = random.choice([random.randint(1, 30), random.randint(1, 2000), 333, 10_00, 99_99, 333_33, 1_000_00])
    if plain:
        return line(item, random.choice([100, 200, 1_000]), random.choice([1, 1, 2]))
    return line(
        item,
        price,
        random.choice([1, 1, 2, 3]),
        kind="gift_card" if random.random() < 0.1 else "service",
        categories=random.choice(CATEGORIES),
        rate_bp=random.choice([0, 0, 700, 2000]),
        included=random.random() < 0.6,
        discountable=random.random() < 0.9,
        minimum_price_minor=random.choice([0, 0, price // 2, price * 9 // 10, price]),
    )


def _offer(random: Random, key: str, listed: int) -> Offer:
    covers = random.choice(
        [
            Covers(),
            Covers(items=frozenset(random.sample(ITEMS, random.randint(1, 3)))),
            Covers(items=frozenset(random.sample(ITEMS, 2))),
            Covers(categories=frozenset([random.choice(NAMES)])),
        ]
    )
    requirements: list[Requirement] = [LeftAtLeast(random.randint(1, max(1, listed))), AloneOnItsLines()]
    return offer(
        key,
        _benefit(random, listed),
        lane=random.choice([*LANES, *LANES, Lane.EVERYTHING]),
        covers=covers,
        cap_minor=random.randint(1, max(1, listed // 2)) if random.random() < 0.25 else None,
        requirement=random.choice(requirements) if random.random() < 0.3 else None,
        priority=random.randint(0, 2),
        exclusive=random.random() < 0.1,
    )


def _benefit(random: Random, listed: int) -> Benefit:
    portion = random.randint(1, max(1, listed // random.choice([1, 2, 4])))
    of = random.randint(1, 4)
    benefits: list[Benefit] = [
        PercentOff(random.choice(PERCENTS)),
        PercentOff(random.choice(PERCENTS)),
        AmountOff(portion),
        AmountOff(portion),
        FixedPrice(portion),
        BundlePrice(portion),
        UnitsOff(random.randint(1, of), of, random.choice(PERCENTS)),
    ]
    return random.choice(benefits)


def _policy(random: Random) -> CombinationPolicy:
    capped = random.random() < 0.3
    capped_names = random.sample(NAMES, random.randint(0, 3)) if capped else []
    return CombinationPolicy(
        meeting=frozenset(random.sample(PAIRS, random.choice([0, 2, 4, 6]))),
        from_list=frozenset(random.sample(LANES, random.randint(0, 2))),
        invoice_cap_bp=random.randint(0, 10_000) if capped and random.random() < 0.7 else None,
        category_caps_bp=tuple(sorted((name, random.randint(0, 10_000)) for name in capped_names)),
        exclusive=random.random() < 0.1,
    )
