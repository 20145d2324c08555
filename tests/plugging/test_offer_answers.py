"""An offer or proposal that does not hold in one place drops the whole answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from loyalty_core.decisions.offers import (
    AloneOnItsLines,
    AmountOff,
    AtBranches,
    Benefit,
    BundlePrice,
    ClassAtLeast,
    ClientKnown,
    Covers,
    During,
    FixedPrice,
    InCategories,
    LeftAtLeast,
    ListedAtLeast,
    Offer,
    PercentOff,
    Proposal,
    UnitsOff,
    VisitNumber,
)
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.draft import Tax
from loyalty_core.messages import Message, gettext
from loyalty_core.plugging import offer_answers
from loyalty_core.plugging.checks import Offence, WrongAnswer
from loyalty_core.plugging.offer_answers import LANES
from loyalty_core.testing import a_line, a_stored_offer
from loyalty_core.testing.builders import NOON
from tests.plugging.faults import offer, proposal

LINES = (
    a_line("1"),
    a_line("2", quantity_milli=2_000, unit_price_minor=25_000, tax=Tax(2_000, included=False)),
)  # 500.00 and 600.00
STORED = {70: a_stored_offer({}, id=7, version_id=70)}


def offers(*found: Offer) -> tuple[Offer, ...]:
    return offer_answers.offers(list(found), "salon", STORED, LANES)


def proposals(*found: Proposal) -> tuple[Offer, ...]:
    return offer_answers.proposals(list(found), "salon", LINES, LANES)


@dataclass(frozen=True, slots=True)
class OurPercent(PercentOff):
    """A percentage with something of its own."""


ANY_BENEFIT: dict[str, Any] = {
    "none": None,
    "a number": 10,
    "a class of its own": OurPercent(10),
    "a class": PercentOff,
    "more than 100 %": PercentOff(101),
    "a bit more than 100 %": PercentOff(Decimal("100.01")),
    "three decimals": PercentOff(Decimal("7.125")),
    "a fraction of the machine": PercentOff(7.5),  # type: ignore[arg-type]
    "a text": PercentOff("10"),  # type: ignore[arg-type]
    "a truth value": PercentOff(True),
    "not-a-number": PercentOff(Decimal("NaN")),
    "a signalling not-a-number": PercentOff(Decimal("sNaN")),
    "without end": PercentOff(Decimal("Infinity")),
    "a huge percentage": PercentOff(Decimal("1E+999999")),
    "a tiny percentage": PercentOff(Decimal("1E-999999")),
    "an amount of nothing": AmountOff(0),
    "a truth value for an amount": AmountOff(True),
    "a fraction for an amount": AmountOff(1.5),  # type: ignore[arg-type]
    "a decimal for an amount": AmountOff(Decimal(5)),  # type: ignore[arg-type]
    "no price": FixedPrice(None),  # type: ignore[arg-type]
    "more units than there are": UnitsOff(3, 2),
    "no units": UnitsOff(0, 2),
    "too many units": UnitsOff(1, 1_001),
    "units at more than 100 %": UnitsOff(1, 2, 101),
}

OFFENCES: dict[str, Benefit] = {
    "a negative percentage": PercentOff(-1),
    "a bit less than nothing": PercentOff(Decimal("-0.01")),
    "a negative amount": AmountOff(-1),
    "an amount larger than any sale": AmountOff(10**15 + 1),
    "a negative price": FixedPrice(-1),
    "a huge price": BundlePrice(10**400),
    "units at a negative percentage": UnitsOff(1, 2, -5),
}


@pytest.mark.parametrize("wrong", [*ANY_BENEFIT, *OFFENCES])
def test_a_benefit_that_does_not_hold_drops_the_whole_answer(wrong: str) -> None:
    benefit = ANY_BENEFIT[wrong] if wrong in ANY_BENEFIT else OFFENCES[wrong]
    for ask in (lambda: offers(offer("good"), offer(benefit=benefit)), lambda: proposals(proposal(benefit=benefit))):
        with pytest.raises(WrongAnswer) as caught:
            ask()
        assert (type(caught.value) is Offence) == (wrong in OFFENCES)


BENEFITS_THAT_HOLD: tuple[Benefit, ...] = (
    PercentOff(0),
    PercentOff(100),
    PercentOff(Decimal("7.25")),
    PercentOff(Decimal("1E+1")),
    AmountOff(1),
    FixedPrice(0),
    BundlePrice(10**15),
    UnitsOff(1, 1),
    UnitsOff(2, 3, Decimal("12.5")),
)


@pytest.mark.parametrize("benefit", BENEFITS_THAT_HOLD, ids=str)
def test_a_benefit_within_its_bounds_holds(benefit: Benefit) -> None:
    assert [each.benefit for each in offers(offer(benefit=benefit))] == [benefit]
    assert [each.benefit for each in proposals(proposal(benefit=benefit))] == [benefit]


TERMS: dict[str, dict[str, Any]] = {
    "no key": {"key": ""},
    "a long key": {"key": "k" * 41},
    "a key that is no text": {"key": 1},
    "a text for a label": {"label": "Spring"},
    "a label that cannot be filled in": {"label": gettext("%(sum)s off")},
    "a lane nobody knows": {"lane": "birthday"},
    "the lane of what staff give by hand": {"lane": Lane.MANUAL},
    "no lane": {"lane": None},
    "a list for a lane": {"lane": ["promotion"]},
    "a cap of nothing": {"cap_minor": 0},
    "a negative cap": {"cap_minor": -1},
    "a fraction for a cap": {"cap_minor": 0.5},
    "a requirement nobody knows": {"requirement": "alone"},
    "a requirement of nothing": {"requirement": LeftAtLeast(0)},
    "a fraction for a requirement": {"requirement": LeftAtLeast(1.5)},  # type: ignore[arg-type]
    "a fraction for a priority": {"priority": 0.5},
    "a huge priority": {"priority": 10**7},
    "a number for a truth value": {"exclusive": 1},
}


@pytest.mark.parametrize("wrong", TERMS)
def test_terms_that_do_not_hold_drop_the_whole_answer(wrong: str) -> None:
    with pytest.raises(WrongAnswer):
        offers(offer("good"), offer(**TERMS[wrong]))
    with pytest.raises(WrongAnswer):
        proposals(proposal("good"), proposal(**TERMS[wrong]))


def test_a_lane_of_a_third_party_holds_where_the_policy_names_it() -> None:
    (found,) = offer_answers.proposals([proposal(lane="birthday")], "salon", LINES, {*LANES, "birthday"})
    assert found.lane == "birthday"


OFFERS: dict[str, Any] = {
    "a proposal": proposal(),
    "lines of one invoice": offer(covers=Covers(lines=frozenset({"1"}))),
    "nothing for what it covers": offer(covers=None),
    "a set of items": offer(covers=Covers(items={"haircut"})),  # type: ignore[arg-type]
    "an item that is no text": offer(covers=Covers(items=frozenset({1}))),  # type: ignore[arg-type]
    "an item without a name": offer(covers=Covers(categories=frozenset({""}))),
    "an item with a zero in it": offer(covers=Covers(kinds=frozenset({"a\0"}))),
    "too many items": offer(covers=Covers(items=frozenset(map(str, range(10_001))))),
    "a list of conditions": offer(conditions=[ClientKnown()]),
    "too many conditions": offer(conditions=(ClientKnown(),) * 51),
    "a condition nobody knows": offer(conditions=("client",)),
    "a class for a condition": offer(conditions=(ClientKnown,)),
    "an end before the beginning": offer(conditions=(During(date(2026, 3, 2), date(2026, 3, 1)),)),
    "an instant for a day": offer(conditions=(During(starts_on=NOON),)),
    "a list of weekdays": offer(conditions=(During(weekdays=[0]),)),  # type: ignore[arg-type]
    "an eighth weekday": offer(conditions=(During(weekdays=frozenset({7})),)),
    "a minute before midnight": offer(conditions=(During(from_minute=-1),)),
    "a minute after midnight": offer(conditions=(During(to_minute=1441),)),
    "a list of branches": offer(conditions=(AtBranches([1]),)),  # type: ignore[arg-type]
    "a branch that is none": offer(conditions=(AtBranches(frozenset({0})),)),
    "a minimum of nothing": offer(conditions=(ListedAtLeast(0),)),
    "a negative minimum": offer(conditions=(ListedAtLeast(-1),)),
    "no visit": offer(conditions=(VisitNumber(0),)),
    "a list of labels": offer(conditions=(InCategories(["vip"]),)),  # type: ignore[arg-type]
    "no rank": offer(conditions=(ClassAtLeast(0),)),
    "another author": offer(plugin="barber"),
    "a version it was not given": offer(version_id=71),
    "a truth value for a version": offer(version_id=True),
    "an instant without an offset": offer(since=NOON.replace(tzinfo=None)),
    "a day for an instant": offer(since=date(2026, 3, 1)),
}


@pytest.mark.parametrize("wrong", OFFERS)
def test_an_offer_that_does_not_hold_drops_the_whole_answer(wrong: str) -> None:
    with pytest.raises(WrongAnswer):
        offers(offer("good"), OFFERS[wrong])


def test_an_offer_with_every_condition_holds() -> None:
    conditions = (
        During(date(2026, 3, 1), date(2026, 3, 2), frozenset({0, 6}), 1439, 1),
        AtBranches(frozenset({1, 2**63 - 1})),
        ListedAtLeast(1),
        ClientKnown(),
        VisitNumber(1),
        InCategories(frozenset({"vip"})),
        ClassAtLeast(1000),
    )
    covers = Covers(frozenset({"haircut"}), frozenset({"hair"}), frozenset({"goods"}))
    (found,) = offers(offer(conditions=conditions, covers=covers, requirement=AloneOnItsLines(), version_id=70))
    assert (found.conditions, found.covers, found.plugin, found.since) == (conditions, covers, "salon", NOON)
    earlier = datetime(2020, 1, 1, tzinfo=UTC)
    assert offers(offer(version_id=70, since=earlier))[0].since == earlier


PROPOSALS: dict[str, Callable[[], object]] = {
    "an offer": lambda: proposals(offer()),  # type: ignore[arg-type]
    "a list of lines": lambda: proposals(proposal(lines=["1"])),
    "a line of no invoice": lambda: proposals(proposal(lines=frozenset({"1", "9"}))),
    "a number for a line": lambda: proposals(proposal(lines=frozenset({1}))),
    "more than its line costs": lambda: proposals(proposal(lines=frozenset({"1"}), benefit=AmountOff(50_001))),
    "more than all costs": lambda: proposals(proposal(benefit=AmountOff(110_001))),
    "two of one key": lambda: proposals(proposal(), proposal(benefit=PercentOff(5))),
    "more than fifty": lambda: proposals(*(proposal(f"p{number}") for number in range(51))),
}


@pytest.mark.parametrize("wrong", PROPOSALS)
def test_a_proposal_that_does_not_hold_drops_the_whole_answer(wrong: str) -> None:
    with pytest.raises(WrongAnswer) as caught:
        PROPOSALS[wrong]()
    assert type(caught.value) is WrongAnswer


def test_an_amount_may_be_all_that_its_lines_cost_with_tax() -> None:
    assert len(proposals(proposal(benefit=AmountOff(110_000)))) == 1
    assert len(proposals(proposal(lines=frozenset({"2"}), benefit=AmountOff(60_000)))) == 1


def test_fifty_proposals_and_ten_thousand_offers_are_not_too_many() -> None:
    assert len(proposals(*(proposal(f"p{number}") for number in range(50)))) == 50
    assert len(offers(*(offer(f"o{number}") for number in range(10_000)))) == 10_000
    with pytest.raises(WrongAnswer, match="10000"):
        offers(*(offer(f"o{number}") for number in range(10_001)))
    with pytest.raises(WrongAnswer, match="one key"):
        offers(offer(), offer())


def test_the_texts_of_offers_become_their_authors() -> None:
    (found,) = offers(offer(label=gettext("Spring")))
    assert found.label == Message("Spring", domain="salon")
