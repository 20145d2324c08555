"""Promotions: what staff type becomes an offer, or a refusal that says what to do (SEMANTICS 8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loyalty_core.decisions.offers import (
    AmountOff,
    AtBranches,
    ClassAtLeast,
    Covers,
    During,
    FixedPrice,
    InCategories,
    ListedAtLeast,
    Offer,
    PercentOff,
    StoredOffer,
)
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.combination import Lane
from loyalty_core.i18n import Texts, locale_of
from loyalty_core.plugging.dispatch import failures
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import a_stored_offer, an_occasion
from loyalty_core.testing.builders import NOON

PLUGINS = Plugins.load()
NAME = {"en": "Spring", "uk": "Весна"}
TEN = {"name": NAME, "state": "active", "percent_bp": 1_000}


def stored(form: dict[str, Any], **fields: Any) -> StoredOffer:
    """Return a promotion as it comes back after it was typed and stored."""
    return a_stored_offer(PLUGINS.read_offer("promotions", PLUGINS.check_offer("promotions", form)), **fields)


def compiled(*promotions: StoredOffer) -> tuple[Offer, ...]:
    outcomes = PLUGINS.dispatcher.compile_offers(an_occasion({"promotions"}), {"promotions": promotions})
    assert failures(outcomes) == ()
    return outcomes[0].answer or ()


def offer(**fields: Any) -> Offer:
    (found,) = compiled(stored({**TEN, **fields}))
    return found


def refused(**fields: Any) -> list[Problem]:
    with pytest.raises(Refused) as found:
        PLUGINS.check_offer("promotions", {**TEN, **fields})
    return list(found.value.problems)


def test_a_plain_promotion_is_a_percentage_off_everything() -> None:
    (found,) = compiled(stored(TEN, id=7, version_id=70))
    assert (found.reference, found.version_id, found.since) == ("promotions:7", 70, NOON)
    assert (found.benefit, found.lane, found.covers, found.conditions) == (PercentOff(10), "promotion", Covers(), ())
    assert (found.cap_minor, found.requirement, found.priority, found.exclusive) == (None, None, 0, False)


@pytest.mark.parametrize(("locale", "text"), [("uk", "Весна"), ("en", "Spring"), ("ru", "Spring")])
def test_its_name_reads_in_the_language_of_the_reader(locale: str, text: str) -> None:
    assert Texts().render(offer().label, locale_of(locale)) == text


def test_a_name_may_be_typed_with_signs_of_any_kind() -> None:
    assert str(offer(name={"en": "  −20 % on <b>%(name)s</b> "}).label) == "−20 % on <b>%(name)s</b>"


@pytest.mark.parametrize(
    ("benefit", "given"),
    [
        (PercentOff(Decimal("12.34")), {"percent_bp": 1_234}),
        (PercentOff(100), {"percent_bp": 10_000}),
        (AmountOff(5_000), {"percent_bp": None, "amount_minor": 5_000}),
        (FixedPrice(30_000), {"percent_bp": None, "price_minor": 30_000, "items": ["haircut"]}),
        (FixedPrice(0), {"percent_bp": None, "price_minor": 0, "categories": ["hair"]}),
    ],
)
def test_it_gives_a_percentage_an_amount_or_a_fixed_price(benefit: object, given: dict[str, Any]) -> None:
    assert offer(**given).benefit == benefit


def test_it_lies_on_items_and_categories() -> None:
    found = offer(items=["haircut", "haircut"], categories=["care"])
    assert found.covers == Covers(items=frozenset({"haircut"}), categories=frozenset({"care"}))


def test_its_last_day_is_shown_and_the_next_one_is_kept() -> None:
    found = offer(starts_on="2026-03-01", ends_on="2026-03-31", weekdays=[0, 4], from_minute=600, to_minute=720)
    assert found.conditions == (During(date(2026, 3, 1), date(2026, 4, 1), frozenset({0, 4}), 600, 720),)
    assert offer(starts_on="2026-03-31", ends_on="2026-03-31").conditions == (
        During(date(2026, 3, 31), date(2026, 4, 1)),
    )


def test_hours_may_cross_midnight() -> None:
    assert offer(from_minute=1_320, to_minute=120).conditions == (During(from_minute=1_320, to_minute=120),)


def test_it_may_be_limited_to_branches_a_minimum_labels_and_a_class() -> None:
    found = offer(branches=[1, 2], minimum_minor=50_000, labels=["vip", "bride"], class_rank=2)
    assert found.conditions == (
        AtBranches(frozenset({1, 2})),
        ListedAtLeast(50_000),
        InCategories(frozenset({"vip", "bride"})),
        ClassAtLeast(2),
    )


def test_it_has_a_cap_a_priority_and_may_be_exclusive() -> None:
    found = offer(cap_minor=5_000, priority=7, exclusive=True)
    assert (found.cap_minor, found.priority, found.exclusive, found.lane) == (5_000, 7, True, Lane.PROMOTION)


def test_what_combines_with_everything_has_a_lane_of_its_own() -> None:
    assert offer(combines=True).lane == Lane.EVERYTHING


def test_only_active_promotions_compete() -> None:
    states = ("draft", "active", "paused", "ended")
    found = compiled(*(stored({**TEN, "state": state}, id=at, version_id=at) for at, state in enumerate(states, 1)))
    assert [each.reference for each in found] == ["promotions:2"]
    assert PLUGINS.check_offer("promotions", {"name": NAME, "percent_bp": 1})["state"] == "draft"


def test_a_thousand_promotions_are_compiled() -> None:
    promotion = stored(TEN)
    many = [a_stored_offer(promotion.form, id=at, version_id=at) for at in range(1, 1_001)]  # type: ignore[arg-type]
    assert len(compiled(*many)) == 1_000


def test_what_is_stored_has_every_field() -> None:
    form = PLUGINS.check_offer("promotions", {"name": {"en": " Spring "}, "percent_bp": 1, "ends_on": "2026-03-31"})
    assert form == {
        "name": {"uk": "", "ru": "", "en": "Spring"},
        "description": {"uk": "", "ru": "", "en": ""},
        "state": "draft",
        "percent_bp": 1,
        "amount_minor": None,
        "price_minor": None,
        "cap_minor": None,
        "items": [],
        "categories": [],
        "starts_on": None,
        "ends_on": "2026-03-31",
        "weekdays": [],
        "from_minute": 0,
        "to_minute": 1440,
        "branches": [],
        "minimum_minor": None,
        "labels": [],
        "class_rank": None,
        "priority": 0,
        "exclusive": False,
        "combines": False,
    }


REFUSED: dict[str, tuple[dict[str, Any], str, tuple[str | int, ...]]] = {
    "no name": ({"name": {}}, "no_name", ("name",)),
    "a blank name": ({"name": {"en": "  "}}, "no_name", ("name",)),
    "a name that is missing": ({"name": None}, "required", ("name",)),
    "a name in one language only": ({"name": "Spring"}, "wrong_type", ("name",)),
    "a name in a language nobody reads": ({"name": {"en": "A", "tlh": "B"}}, "unknown_field", ("name", "tlh")),
    "a long name": ({"name": {"en": "x" * 121}}, "too_long", ("name", "en")),
    "a name with a bell": ({"name": {"uk": "a\a"}}, "control_characters", ("name", "uk")),
    "a long description": ({"description": {"ru": "x" * 1001}}, "too_long", ("description", "ru")),
    "nothing to give": ({"percent_bp": None}, "no_benefit", ("percent_bp",)),
    "two things to give": ({"amount_minor": 5}, "several_benefits", ("amount_minor",)),
    "a price for everything": ({"percent_bp": None, "price_minor": 5}, "price_of_everything", ("items",)),
    "no percent": ({"percent_bp": 0}, "too_small", ("percent_bp",)),
    "more than 100 %": ({"percent_bp": 10_001}, "too_large", ("percent_bp",)),
    "a negative amount": ({"percent_bp": None, "amount_minor": -1}, "too_small", ("amount_minor",)),
    "a fraction of a cent": ({"cap_minor": 0.5}, "not_whole", ("cap_minor",)),
    "a text for money": ({"minimum_minor": "100"}, "not_whole", ("minimum_minor",)),
    "a state nobody knows": ({"state": "on"}, "unknown_choice", ("state",)),
    "no such day": ({"starts_on": "2026-02-30"}, "not_a_date", ("starts_on",)),
    "a day long ago": ({"starts_on": "0226-02-03"}, "date_out_of_range", ("starts_on",)),
    "an end before the start": (
        {"starts_on": "2026-03-02", "ends_on": "2026-03-01"},
        "ends_before_start",
        ("ends_on",),
    ),
    "an eighth weekday": ({"weekdays": [0, 7]}, "too_large", ("weekdays", 1)),
    "no hours": ({"from_minute": 600, "to_minute": 600}, "no_hours", ("to_minute",)),
    "a branch that is none": ({"branches": ["north"]}, "not_whole", ("branches", 0)),
    "an item without a code": ({"items": [""]}, "wrong_length", ("items", 0)),
    "too many items": ({"items": ["x"] * 1001}, "too_long", ("items",)),
    "no rank": ({"class_rank": 0}, "too_small", ("class_rank",)),
    "alone and with everything": ({"exclusive": True, "combines": True}, "exclusive_and_combines", ("exclusive",)),
    "a misspelt field": ({"percent": 10}, "unknown_field", ("percent",)),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_nobody_can_have_meant_is_refused_in_its_place(wrong: str) -> None:
    given, code, path = REFUSED[wrong]
    assert [(problem.code, problem.path) for problem in refused(**given)] == [(code, path)]


def test_every_contradiction_is_told_at_once_and_says_what_to_do_then_why() -> None:
    problems = refused(percent_bp=None, starts_on="2026-03-02", ends_on="2026-03-01", exclusive=True, combines=True)
    assert [problem.code for problem in problems] == ["ends_before_start", "exclusive_and_combines", "no_benefit"]
    assert {problem.message.domain for problem in problems} == {"promotions"}
    assert all(str(problem.message).startswith(("Give", "Choose")) for problem in problems)
