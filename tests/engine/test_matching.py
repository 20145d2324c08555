"""Which offers lie on an invoice, and whether their conditions hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.decisions.offers import (
    AtBranches,
    ClassAtLeast,
    ClientKnown,
    Covers,
    During,
    InCategories,
    ListedAtLeast,
    Offer,
    OfferCondition,
    PercentOff,
    VisitNumber,
)
from loyalty_core.engine.conditions import Verdicts
from loyalty_core.engine.matching import covered, entry_of, index
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.quote import Cause, Fate, Why
from tests.engine.till import KYIV, MONDAY_NOON, client, fate_of, invoice, line, offer, priced

ITEMS, CATEGORIES, KINDS = ["cut", "wash", "soap"], ["hair", "care"], ["service", "goods", "gift_card", "membership"]


def some(names: list[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(names), max_size=2)


covers = st.builds(Covers, some(ITEMS), some(CATEGORIES), some(KINDS), st.none() | some(["1", "2", "3"]))


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    found = []
    for key in ["1", "2", "3"][: draw(st.integers(1, 3))]:
        categories = tuple(draw(some(CATEGORIES)))
        kind = draw(st.sampled_from(KINDS))
        found.append(line(draw(st.sampled_from(ITEMS)), 1_00, key=key, categories=categories, kind=kind))
    return invoice(found)


@given(invoices(), st.lists(covers, max_size=8))
@settings(max_examples=300)
def test_the_index_yields_what_looking_at_each_offer_yields(made: Invoice, covering: list[Covers]) -> None:
    offers = [offer(f"o{number}", PercentOff(5), covers=each) for number, each in enumerate(covering)]
    found = index(offers).candidates(made.lines, made.branch_id, made.date)
    plain = [(each.reference, covered(each.covers, made.lines)) for each in offers]
    assert [(entry.reference, mask) for entry, mask in found] == [each for each in plain if each[1]]


def test_stored_value_is_covered_by_what_names_it_only() -> None:
    lines = [line("card", 500_00, kind="gift_card", categories=("presents",)), line("cut", 100_00)]
    made = invoice(lines).lines
    assert covered(Covers(), made) == 0b10
    assert covered(Covers(items=frozenset({"card"})), made) == 0b01
    assert covered(Covers(categories=frozenset({"presents"})), made) == 0b01
    assert covered(Covers(kinds=frozenset({"gift_card"})), made) == 0b01
    assert covered(Covers(lines=frozenset({"card", "cut"})), made) == 0b10


def test_offers_of_other_branches_and_other_seasons_are_no_candidates() -> None:
    made = invoice([line("cut", 1_00)])
    today = made.date
    conditions: dict[str, OfferCondition] = {
        "here": AtBranches(frozenset({1, 2})),
        "elsewhere": AtBranches(frozenset({2})),
        "ended yesterday": During(ends_before=today),
        "ended long ago": During(ends_before=today - timedelta(8)),
        "starts tomorrow": During(starts_on=today + timedelta(1)),
        "starts next season": During(starts_on=today + timedelta(8)),
    }
    offers = [offer(key, PercentOff(5), conditions=(each,)) for key, each in conditions.items()]
    found = index(offers).candidates(made.lines, made.branch_id, today)
    assert {entry.offer.key for entry, _mask in found} == {"here", "ended yesterday", "starts tomorrow"}


def test_offers_are_in_the_order_of_priority_then_age_then_name() -> None:
    old, young = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    offers = [
        offer("first", PercentOff(1), priority=1),
        offer("old", PercentOff(2), since=old),
        offer("young a", PercentOff(3), since=young),
        offer("young b", PercentOff(4), since=young),
        offer("ageless", PercentOff(5)),
    ]
    shuffled = Random(1).sample(offers, len(offers))
    made = invoice([line("cut", 1_00)])
    found = index(shuffled).candidates(made.lines, 1, made.date)
    assert [entry.offer.key for entry, _mask in found] == [each.key for each in offers]
    assert [entry.offer.key for entry in sorted(map(entry_of, shuffled), key=lambda entry: entry.order)] == [
        each.key for each in offers
    ]


def why(condition: OfferCondition, at: datetime = MONDAY_NOON, who: Client | None = None) -> Why | None:
    made = invoice([line("cut", 1_000_00), line("gift", 9_000_00, kind="gift_card")], at)
    unmet = Verdicts(made, who).unmet([condition])
    return unmet[0] if unmet else None


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A local time of March 2026; the second is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=KYIV)


def test_dates_are_half_open_and_weekdays_those_of_the_branch() -> None:
    window = During(starts_on=date(2026, 3, 2), ends_before=date(2026, 3, 4), weekdays=frozenset({0, 1, 2}))
    first, second, third, fourth = (date(2026, 3, day).toordinal() for day in (1, 2, 3, 4))
    assert why(window, at(1, 23, 59)) == Why(Cause.BEFORE_START, first, second)
    assert why(window, at(2, 0)) is None
    assert why(window, at(3, 23, 59)) is None
    assert why(window, at(4, 0)) == Why(Cause.AFTER_END, fourth, third)
    assert why(During(weekdays=frozenset({1})), at(2, 12)) == Why(Cause.WEEKDAY, 0)


def test_hours_are_half_open() -> None:
    happy_hour = During(from_minute=10 * 60, to_minute=12 * 60)
    assert why(happy_hour, at(2, 9, 59)) == Why(Cause.HOUR, 599, 600)
    assert why(happy_hour, at(2, 10)) is None
    assert why(happy_hour, at(2, 11, 59)) is None
    assert why(happy_hour, at(2, 12)) == Why(Cause.HOUR, 720, 600)


def test_a_window_that_crosses_midnight_belongs_to_the_day_it_begins_on() -> None:
    night = During(
        starts_on=date(2026, 3, 2),
        ends_before=date(2026, 3, 3),
        weekdays=frozenset({0}),
        from_minute=22 * 60,
        to_minute=2 * 60,
    )
    assert why(night, at(2, 1)) == Why(Cause.BEFORE_START, date(2026, 3, 1).toordinal(), date(2026, 3, 2).toordinal())
    assert why(night, at(2, 21, 59)) == Why(Cause.HOUR, 21 * 60 + 59, 22 * 60)
    assert why(night, at(2, 22)) is None
    assert why(night, at(3, 1, 59)) is None
    assert why(night, at(3, 2)) is not None
    assert why(night, at(3, 22)) is not None


def test_a_window_as_long_as_a_day_begins_anew_each_day() -> None:
    assert why(During(weekdays=frozenset({0}), from_minute=600, to_minute=600), at(3, 9, 59)) is None
    assert why(During(weekdays=frozenset({0}), from_minute=600, to_minute=600), at(3, 10)) == Why(Cause.WEEKDAY, 1)


@pytest.mark.parametrize(
    ("condition", "who", "expected"),
    [
        (AtBranches(frozenset({1})), None, None),
        (AtBranches(frozenset({2})), None, Why(Cause.BRANCH)),
        (ListedAtLeast(1_000_00), None, None),
        (ListedAtLeast(1_000_01), None, Why(Cause.LISTED, 1_000_00, 1_000_01)),
        (ClientKnown(), None, Why(Cause.NO_CLIENT)),
        (ClientKnown(), client(), None),
        (VisitNumber(1), None, Why(Cause.NO_CLIENT)),
        (VisitNumber(1), client(), None),
        (VisitNumber(1), client(number=35), Why(Cause.VISIT_NUMBER, 35, 1)),
        (InCategories(frozenset({"VIP", "Staff"})), client(categories=frozenset({"VIP"})), None),
        (InCategories(frozenset({"VIP"})), client(), Why(Cause.CATEGORY)),
        (ClassAtLeast(2), client(class_rank=2), None),
        (ClassAtLeast(2), client(class_rank=1), Why(Cause.CLASS, 1, 2)),
        (ClassAtLeast(2), client(), Why(Cause.CLASS, None, 2)),
    ],
)
def test_a_condition_says_what_is_missing(condition: OfferCondition, who: Client | None, expected: Why | None) -> None:
    assert why(condition, who=who) == expected


def test_near_misses_are_those_that_lack_numbers_only_the_nearest_first() -> None:
    def from_sum(amount: int, *more: OfferCondition) -> Offer:
        return offer(f"{amount}{len(more)}", PercentOff(50), conditions=(ListedAtLeast(amount), *more))

    offers = [from_sum(amount) for amount in (105_00, 500_00, 150_00, 110_00, 120_00)]
    result = priced([line("cut", 100_00)], *offers, from_sum(101_00, VisitNumber(7)), to=client())
    assert result.near == ("test:105000", "test:110000", "test:120000")
    blocked = fate_of(result, "101001")
    assert blocked.fate is Fate.NOT_MET
    assert blocked.why == Why(Cause.VISIT_NUMBER, 1, 7)
