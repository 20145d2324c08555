"""An answer that does not hold in one place is dropped whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import pytest

from loyalty_core.decisions.changes import Change
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.rules import All, AtLeast, Inactive, Metric, Not, Rule, RuleSet
from loyalty_core.decisions.rules import Any as AnyOf
from loyalty_core.facts.money import Currency, Money, Percent
from loyalty_core.facts.programme import Level
from loyalty_core.facts.standing import Element
from loyalty_core.messages import Message, gettext, ngettext
from loyalty_core.plugging import answers
from loyalty_core.plugging.checks import WrongAnswer
from loyalty_core.plugging.freezing import Freezer, NotPlain, thawed
from loyalty_core.plugging.stamping import stamped
from tests.plugging.faults import change, kind, rule, rule_set, tab

UAH = Currency("UAH")
IDS = {1, 2}


@dataclass(frozen=True, slots=True)
class OurChange(Change):
    """A change with something of its own."""


class OurDict(dict):
    """A dictionary that goes on for ever."""

    def items(self) -> Any:
        while True:
            yield 1, 1


def nested(levels: int) -> Any:
    condition: Any = AtLeast(Metric.VISITS, 1)
    for _ in range(levels):
        condition = Not(condition)
    return condition


def itself() -> AnyOf:
    """Return a condition that contains itself."""
    condition = AnyOf(())
    object.__setattr__(condition, "conditions", (condition,))
    return condition


RULES_THAT_DO_NOT_HOLD: dict[str, Any] = {
    "no key": rule(""),
    "a long key": rule("k" * 41),
    "a key with a blank": rule("a b"),
    "a key that is no text": rule(5),  # type: ignore[arg-type]
    "more than 100 %": rule(value=10_001),
    "less than nothing": rule(value=-1),
    "a huge percentage": rule(value=10**400),
    "a truth value for a percentage": rule(value=True),
    "a fraction for a percentage": rule(value=5.0),
    "not-a-number for a percentage": rule(value=float("nan")),
    "no condition": rule(when=None),
    "a class for a condition": rule(when=AtLeast),
    "a threshold of nothing": rule(when=AtLeast(Metric.SOLD, 0)),
    "a negative threshold": rule(when=AtLeast(Metric.SOLD, -5)),
    "a truth value for a threshold": rule(when=AtLeast(Metric.SOLD, True)),
    "a fraction for a threshold": rule(when=AtLeast(Metric.SOLD, 1.5)),  # type: ignore[arg-type]
    "too much money": rule(when=AtLeast(Metric.PAID, 10**15 + 1)),
    "too many visits": rule(when=AtLeast(Metric.VISITS, 1_000_001)),
    "a metric that is only spelt right": rule(when=AtLeast("sold", 5)),  # type: ignore[arg-type]
    "no days": rule(when=Inactive(0)),
    "too many days": rule(when=Inactive(3651)),
    "a list of conditions": rule(when=All([AtLeast(Metric.SOLD, 5)])),  # type: ignore[arg-type]
    "too many conditions": rule(when=All((Inactive(5),) * 101)),
    "too many conditions together": rule(when=All((AnyOf((Inactive(5),) * 60),) * 60)),
    "a deep condition": rule(when=nested(9)),
    "a condition that contains itself": rule(when=itself()),
    "a wrong condition deep inside": rule(when=Not(All((AnyOf((Inactive(-1),)),)))),
    "a text for a label": rule(label="Sold from 5"),
    "an empty label": rule(label=gettext("")),
    "a label that cannot be filled in": rule(label=gettext("From %(threshold)s")),
    "a label with a wrong placeholder": rule(label=gettext("From %(threshold)d", threshold=UAH)),
    "a label with an object in it": rule(label=gettext("From %(threshold)s", threshold=object())),
    "a label with a fraction in it": rule(label=gettext("From %(threshold)s", threshold=0.5)),
    "a label with an odd amount in it": rule(label=gettext("%(sum)s", sum=Money(0.5, UAH))),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("wrong", RULES_THAT_DO_NOT_HOLD)
def test_a_rule_that_does_not_hold_drops_the_whole_answer(wrong: str) -> None:
    sets = [rule_set(element=Element.CLASS, rules=()), rule_set(rule("good"), RULES_THAT_DO_NOT_HOLD[wrong])]
    with pytest.raises(WrongAnswer):
        answers.rule_sets(sets, "salon")


SETS_THAT_DO_NOT_HOLD: dict[str, Sequence[RuleSet]] = {
    "two for one element": [rule_set(), rule_set()],
    "two for one category": [rule_set(rule(value=1), element=Element.CATEGORY, item="vip")] * 2,
    "two rules of one key": [rule_set(rule("a"), rule("a"))],
    "a list of rules": [rule_set(rules=[rule()])],
    "too many rules": [rule_set(rules=tuple(rule(f"visits:{number}") for number in range(1001)))],
    "a rule that is none": [rule_set(rules=(None,))],
    "an element that is only spelt right": [rule_set(element="discount")],
    "an item where there is none": [rule_set(item="vip")],
    "a category without an item": [rule_set(rule(value=1), element=Element.CATEGORY)],
    "a category with a percentage": [rule_set(rule(value=500), element=Element.CATEGORY, item="vip")],
    "a class without a rank": [rule_set(rule(value=0), element=Element.CLASS)],
    "no inactive days": [rule_set(inactive_days=0)],
    "too many inactive days": [rule_set(inactive_days=3651)],
    "a truth value for inactive days": [rule_set(inactive_days=True)],
}


@pytest.mark.parametrize("wrong", SETS_THAT_DO_NOT_HOLD)
def test_a_rule_set_that_does_not_hold_drops_the_whole_answer(wrong: str) -> None:
    with pytest.raises(WrongAnswer):
        answers.rule_sets(SETS_THAT_DO_NOT_HOLD[wrong], "salon")


def test_rule_sets_at_their_bounds_hold() -> None:
    sets = [
        rule_set(
            rule("a", value=0, when=AtLeast(Metric.SOLD, 10**15)),
            rule("b", value=10_000, when=nested(8)),
            rule("c:1.2_3-4", when=All(())),
            inactive_days=3650,
        ),
        rule_set(rule(value=1000), element=Element.CLASS, inactive_days=1),
        rule_set(rule(value=1), element=Element.CATEGORY, item="vip"),
        rule_set(rule(value=1), element=Element.CATEGORY, item="regular"),
    ]
    found = answers.rule_sets(iter(sets), "salon")
    assert [(each.element, each.item) for each in found] == [(each.element, each.item) for each in sets]
    assert [each.when for each in found[0].rules] == [each.when for each in sets[0].rules]


CHANGES_THAT_DO_NOT_HOLD: dict[str, list[Any]] = {
    "an unknown subject": [change(3)],
    "a truth value for a subject": [change(True)],
    "a text for a subject": [change("1")],  # type: ignore[arg-type]
    "more than 100 %": [change(value=10_001)],
    "less than nothing": [change(value=-1)],
    "a huge percentage": [change(value=10**400)],
    "a truth value": [change(value=True)],
    "a fraction": [change(value=5.0)],
    "not-a-number": [change(value=float("nan"))],
    "a text": [change(value="500")],
    "an element that is only spelt right": [change(element="discount")],
    "a category, whose label it cannot name": [change(element=Element.CATEGORY, value=1)],
    "a class of no rank": [change(element=Element.CLASS, value=0)],
    "two for one": [change(1), change(1, value=0)],
    "a text for a reason": [change(reason="because")],
    "no reason": [change(reason=None)],
    "a class of its own": [OurChange(1, Element.DISCOUNT, 5, gettext("Because"))],
    "more than there can be": [change(1)] * 7,
}


@pytest.mark.parametrize("wrong", CHANGES_THAT_DO_NOT_HOLD)
def test_a_change_that_does_not_hold_drops_the_whole_answer(wrong: str) -> None:
    with pytest.raises(WrongAnswer):
        answers.changes([change(2), *CHANGES_THAT_DO_NOT_HOLD[wrong]], IDS, "salon")


FACTS_THAT_DO_NOT_HOLD: dict[str, Any] = {
    "an unknown subject": {3: 1},
    "a truth value for a subject": {True: 1},
    "a text for a subject": {"1": 1},
    "more subjects than were asked about": {1: 1, 2: 2, 3: 3},
    "a fraction": {1: 0.5},
    "not-a-number": {1: [float("nan")]},
    "a huge number": {1: 2**63},
    "a text that cannot be written": {1: "\ud800"},
    "a text with a zero in it": {1: "a\0b"},
    "an object": {1: object()},
    "a function": {1: [len]},
    "a set": {1: {1, 2}},
    "a key that is no text": {1: {None: 1}},
    "a deep nest": {1: [[[[[[[[[1]]]]]]]]]},
    "too many values": {1: list(range(1000))},
    "a list of pairs": [(1, 1)],
    "an endless dictionary": {1: OurDict()},
}


@pytest.mark.parametrize("wrong", FACTS_THAT_DO_NOT_HOLD)
def test_facts_that_do_not_hold_are_dropped_whole(wrong: str) -> None:
    with pytest.raises(WrongAnswer):
        answers.facts(FACTS_THAT_DO_NOT_HOLD[wrong], IDS)


def test_a_fact_that_contains_itself_is_dropped() -> None:
    fact: dict[str, object] = {}
    fact["me"] = fact
    with pytest.raises(WrongAnswer):
        answers.facts({1: fact}, IDS)


def test_facts_are_frozen_through_and_through() -> None:
    fact = {
        "days": [date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)],
        "sum": Money(5, UAH),
        "off": Percent(5),
        "x": (None, True),
    }
    found = answers.facts({1: fact}, IDS)[1]
    assert isinstance(found, MappingProxyType)
    assert found["days"] == tuple(fact["days"])  # type: ignore[arg-type]
    assert thawed(found) == {**fact, "x": [None, True]}


KINDS_THAT_DO_NOT_HOLD: dict[str, list[ProgrammeKind]] = {
    "two of one code": [kind(), kind()],
    "a code with a capital": [kind("Salon")],
    "a code that is too long": [kind("s" * 41)],
    "a level that is only spelt right": [kind(level="branch")],
    "a basis that is none": [kind(basis=None)],
    "a text for a title": [kind(title="Salon")],
    "too many": [kind(f"salon{number}") for number in range(21)],
}


@pytest.mark.parametrize("wrong", KINDS_THAT_DO_NOT_HOLD)
def test_kinds_that_do_not_hold_are_dropped_whole(wrong: str) -> None:
    with pytest.raises(WrongAnswer):
        answers.programme_kinds(KINDS_THAT_DO_NOT_HOLD[wrong], "salon")


TABS_THAT_DO_NOT_HOLD: dict[str, list[Tab]] = {
    "two of one code": [tab(), tab()],
    "another's template": [tab(template="salon/tab.html")],
    "a template out of its folder": [tab(template="faulty/../salon/tab.html")],
    "a template from the root": [tab(template="/faulty/tab.html")],
    "a template that is no page": [tab(template="faulty/tab.py")],
    "no template": [tab(template=None)],
    "a place that is a fraction": [tab(position=1.5)],
    "a place before all": [tab(position=-1)],
    "a list of levels": [tab(kinds=[Level.BRANCH])],
    "levels that are only spelt right": [tab(kinds=frozenset({"branch"}))],
    "too many": [tab(f"rules{number}") for number in range(51)],
}


@pytest.mark.parametrize("wrong", TABS_THAT_DO_NOT_HOLD)
def test_tabs_that_do_not_hold_are_dropped_whole(wrong: str) -> None:
    with pytest.raises(WrongAnswer):
        answers.tabs(TABS_THAT_DO_NOT_HOLD[wrong], "faulty", "faulty")


def test_templates_of_a_package_in_a_package_lie_in_folders_of_these_names() -> None:
    assert answers.tabs([tab(template="acme/loyalty/tab.html")], "acme", "acme.loyalty")


@pytest.mark.parametrize(
    "message",
    [
        Message("x" * 1001),
        Message("%(a)s", {"a": "x" * 5000}),
        Message("x", domain=""),
        Message("x", plural="xs", count="count"),
        Message("x", {"count": True}, plural="xs", count="count"),
        Message("x", params=[("a", 1)]),  # type: ignore[arg-type]
        Message("x", {str(number): 1 for number in range(21)}),
        Message("100 %"),
        Message(5),  # type: ignore[arg-type]
    ],
)
def test_a_message_that_cannot_be_shown_does_not_hold(message: Message) -> None:
    with pytest.raises(NotPlain):
        stamped(message, "salon")


def test_a_message_within_messages_without_end_does_not_hold() -> None:
    message = gettext("end")
    for _ in range(5):
        message = gettext("%(inner)s", inner=message)
    with pytest.raises(NotPlain):
        stamped(message, "salon")


def test_a_plural_keeps_its_forms_when_it_is_stamped() -> None:
    copy = stamped(ngettext("%(count)s visit", "%(count)s visits", 3), "salon")
    assert (str(copy), copy.domain, copy.count) == ("3 visits", "salon", "count")


def test_a_condition_of_a_rule_that_holds_is_the_very_same() -> None:
    when = Not(All((AnyOf((AtLeast(Metric.NO_SHOWS, 2), Inactive(30))),)))
    (found,) = answers.rule_sets([rule_set(Rule("r", when, 1, gettext("R")))], "salon")
    assert found.rules[0].when is when


def test_freezing_counts_every_value() -> None:
    assert Freezer(4).freeze([1, 2, 3]) == (1, 2, 3)
    with pytest.raises(NotPlain):
        Freezer(3).freeze([1, 2, 3])
