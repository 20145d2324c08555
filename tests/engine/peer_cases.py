"""Numeric facts from the test suites of other systems, restated: carts, programmes, and what came off.

Each case in `peer_cases.json` names the repository, file, test and revision it comes from. Programmes that a peer
applies one after the other become lanes that meet; those it adds up, lanes with the list amount as their basis; those
of which it takes the best, one lane.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

from loyalty_core.decisions.offers import (
    AmountOff,
    Benefit,
    Covers,
    FixedPrice,
    ListedAtLeast,
    Offer,
    PercentOff,
    UnitsOff,
)
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.facts.combination import CombinationPolicy
from loyalty_core.facts.draft import DraftLine
from loyalty_core.facts.money import Rounding
from tests.engine.till import line, offer, priced

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("peer_cases.json").read_text("utf-8"))
LEVELS = {"unit": RoundingLevel.UNIT, "line": RoundingLevel.LINE, "order": RoundingLevel.INVOICE}
MODES = {"half_even": Rounding.HALF_EVEN, "down": Rounding.DOWN, "up": Rounding.UP}


@dataclass(frozen=True)
class Figures:
    """What a case says of discounts, in minor units: what came off altogether, and off lines by key."""

    off: int | None
    lines: dict[str, int]


def minor(case: dict[str, Any], amount: str) -> int:
    return int(Decimal(amount) * (1 if case["currency"] == "JPY" else 100))


def expected(case: dict[str, Any]) -> Figures:
    expect = case["expect"]
    whole = sum(minor(case, each["unit_price"]) * each["qty"] for each in case["lines"])
    off = minor(case, expect["order_discount"]) if "order_discount" in expect else None
    if off is None and "total" in expect:
        off = whole - minor(case, expect["total"])
    return Figures(off, {key: minor(case, amount) for key, amount in expect.get("line_discounts", {}).items()})


def found(case: dict[str, Any]) -> Figures:
    """What the engine makes of a case, in the basis of its prices."""
    mode = case.get("stacking", {}).get("mode", "sequential")
    offers = [_offer(case, n, p, mode) for n, p in enumerate(_programmes(case))]
    lanes = tuple(dict.fromkeys(each.lane for each in offers))
    policy = CombinationPolicy(
        lanes=lanes,
        meeting=frozenset(map(frozenset, combinations(lanes, 2))),
        from_list=frozenset(lanes) if mode == "additive" else frozenset(),
    )
    rounding = case.get("rounding", {})
    once = all(each["benefit"]["type"] != "percent" for each in case["programs"])
    level = LEVELS.get(rounding.get("level"), RoundingLevel.INVOICE if once else RoundingLevel.LINE)
    rounded = (MODES.get(rounding.get("mode"), Rounding.HALF_UP), level)
    result = priced([_line(case, each) for each in case["lines"]], *offers, policy=policy, rounding=rounded)
    offs = {each.key: each.listed_minor - each.left_minor for each in result.lines}
    return Figures(sum(offs.values()), offs)


def _programmes(case: dict[str, Any]) -> list[dict[str, Any]]:
    codes = (case.get("given") or {}).get("coupons", ())
    entered = [each for each in case["programs"] if each["trigger"] == "auto" or each["code"] in codes]
    return sorted(entered, key=lambda each: each.get("sequence") or 0)


def _line(case: dict[str, Any], given: dict[str, Any]) -> DraftLine:
    more: dict[str, Any] = {"discountable": given.get("discountable", True)}
    if "tax" in given:
        more |= {"rate_bp": int(Decimal(given["tax"]["rate"]) * 100), "included": given["tax"]["included"]}
    if "min_unit_price" in given:
        more["minimum_price_minor"] = minor(case, given["min_unit_price"])
    categories = given.get("category") or ()
    more["categories"] = (categories,) if isinstance(categories, str) else tuple(categories)
    return line(given["sku"], minor(case, given["unit_price"]), given["qty"], key=given["id"], **more)


def _offer(case: dict[str, Any], number: int, programme: dict[str, Any], mode: str) -> Offer:
    benefit = programme["benefit"]
    names = {"sku": "items", "category": "categories", "line": "lines"}
    target = {names[key]: frozenset(value) for key, value in (benefit.get("target") or {}).items()}
    return offer(
        programme["id"],
        _benefit(case, benefit),
        lane="best" if mode == "best" else f"lane {number}",
        covers=Covers(**target),
        conditions=tuple(ListedAtLeast(minor(case, each["value"])) for each in programme.get("conditions") or ()),
        cap_minor=minor(case, benefit["cap"]) if benefit.get("cap") else None,
    )


def _benefit(case: dict[str, Any], benefit: dict[str, Any]) -> Benefit:
    match benefit:
        case {"type": "amount_total", "value": value}:
            return AmountOff(minor(case, value))
        case {"type": "fixed_unit_price", "value": value}:
            return FixedPrice(minor(case, value))
        case {"group": {"discount_units": units, "size": size}, "value": value}:
            return UnitsOff(units, size, Decimal(value))
    return PercentOff(Decimal(benefit["value"]))
