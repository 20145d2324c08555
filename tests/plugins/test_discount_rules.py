"""Discount rules: what may be typed, and the rule set it becomes (SEMANTICS 3, 11 and 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from loyalty_core.decisions.rules import AtLeast, Metric, RuleSet
from loyalty_core.errors import Refused
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import Level
from loyalty_core.facts.standing import Element
from loyalty_core.plugging.dispatch import failures
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import a_programme, an_occasion

PLUGINS = Plugins.load()
AT = an_occasion({"discount_rules"})
DEMO = {
    "rules": [
        {"metric": "visits", "threshold": 3, "percent_bp": 300},
        {"metric": "sold", "threshold": 50_000, "percent_bp": 500},
        {"metric": "sold", "threshold": 100_000, "percent_bp": 700},
        {"metric": "paid", "threshold": 200_000, "percent_bp": 1000},
    ],
    "inactive_days": 60,
}


def kept(part: object) -> dict[str, object]:
    return PLUGINS.check_parts({"discount_rules": part})["discount_rules"]


def refusal(part: object) -> list[tuple[str, tuple[str | int, ...]]]:
    """Return codes and paths of what is wrong with a part."""
    with pytest.raises(Refused) as refused:
        kept(part)
    return [(problem.code, problem.path[1:]) for problem in refused.value.problems]


def compiled(part: Mapping[str, object], currency: str = "UAH", digits: int = 2) -> tuple[RuleSet, ...]:
    at = an_occasion({"discount_rules"}, currency=Currency(currency, digits))
    outcomes = PLUGINS.dispatcher.compile_standing(at, a_programme(), {"discount_rules": part})
    assert failures(outcomes) == ()
    (outcome,) = outcomes
    assert outcome.answer is not None
    return outcome.answer


def a_rule(**fields: Any) -> dict[str, Any]:
    return {"metric": "sold", "threshold": 500_000, "percent_bp": 500, **fields}


def test_without_a_part_there_are_no_rules_and_nobody_gets_anything() -> None:
    assert kept({}) == {"rules": [], "inactive_days": None}
    assert compiled({}) == ()


def test_without_rules_the_days_of_inactivity_still_hold_for_values_set_by_hand() -> None:
    assert compiled({"inactive_days": 60}) == (RuleSet(Element.DISCOUNT, (), 60),)


def test_each_rule_becomes_one_of_a_single_rule_set_for_the_discount() -> None:
    (rule_set,) = compiled(kept(DEMO))
    assert (rule_set.element, rule_set.item, rule_set.inactive_days) == (Element.DISCOUNT, "", 60)
    assert {(rule.key, rule.when, rule.value) for rule in rule_set.rules} == {
        ("visits:3", AtLeast(Metric.VISITS, 3), 300),
        ("sold:50000", AtLeast(Metric.SOLD, 50_000), 500),
        ("sold:100000", AtLeast(Metric.SOLD, 100_000), 700),
        ("paid:200000", AtLeast(Metric.PAID, 200_000), 1000),
    }


def test_a_rule_is_shown_in_the_currency_of_its_network() -> None:
    def labels(currency: str, digits: int) -> list[str]:
        return [str(rule.label) for rule in compiled(kept(DEMO), currency, digits)[0].rules]

    assert labels("UAH", 2) == [
        "Paid from 2000.00 UAH: 10 %",
        "Sold from 500.00 UAH: 5 %",
        "Sold from 1000.00 UAH: 7 %",
        "Visits from 3: 3 %",
    ]
    assert labels("JPY", 0)[0] == "Paid from 200000 JPY: 10 %"


def test_the_order_in_which_rules_were_typed_plays_no_part() -> None:
    shuffled = {**DEMO, "rules": Random(7).sample(DEMO["rules"], 4)}  # type: ignore[arg-type]
    assert compiled(kept(shuffled)) == compiled(kept(DEMO))


def test_a_rule_keeps_its_key_when_its_percentage_changes() -> None:
    keys = [
        [rule.key for rule in compiled(kept({"rules": [a_rule(percent_bp=bp)]}))[0].rules] for bp in (1, 750, 10_000)
    ]
    assert keys == [["sold:500000"]] * 3


@pytest.mark.parametrize(
    ("rule", "code", "field"),
    [
        (a_rule(metric="no_shows"), "unknown_metric", "metric"),
        (a_rule(metric="SOLD"), "unknown_metric", "metric"),
        (a_rule(metric=5), "wrong_type", "metric"),
        (a_rule(metric=None), "required", "metric"),
        (a_rule(threshold=0), "too_small", "threshold"),
        (a_rule(threshold=-5), "too_small", "threshold"),
        (a_rule(threshold=10**15 + 1), "too_large", "threshold"),
        (a_rule(threshold=10**400), "too_large", "threshold"),
        (a_rule(metric="visits", threshold=1_000_001), "too_large", "threshold"),
        (a_rule(threshold=5000.0), "not_whole", "threshold"),
        (a_rule(threshold=float("nan")), "not_whole", "threshold"),
        (a_rule(threshold="5000"), "not_whole", "threshold"),
        (a_rule(threshold="5_000"), "not_whole", "threshold"),
        (a_rule(threshold="٥"), "not_whole", "threshold"),
        (a_rule(threshold=True), "not_whole", "threshold"),
        (a_rule(threshold=[5]), "not_whole", "threshold"),
        (a_rule(threshold=None), "required", "threshold"),
        (a_rule(percent_bp=0), "too_small", "percent_bp"),
        (a_rule(percent_bp=-1), "too_small", "percent_bp"),
        (a_rule(percent_bp=10_001), "too_large", "percent_bp"),
        (a_rule(percent_bp=5.0), "not_whole", "percent_bp"),
        (a_rule(percent_bp=True), "not_whole", "percent_bp"),
        (a_rule(percent=5), "unknown_field", "percent"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_where_it_is(rule: object, code: str, field: str) -> None:
    good = a_rule(threshold=1)
    assert refusal({"rules": [good, rule]}) == [(code, ("rules", 1, field))]


@pytest.mark.parametrize("missing", ["metric", "threshold", "percent_bp"])
def test_a_rule_has_all_its_fields(missing: str) -> None:
    rule = {name: value for name, value in a_rule().items() if name != missing}
    assert refusal({"rules": [rule]}) == [("required", ("rules", 0, missing))]


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (0, "too_small"),
        (-60, "too_small"),
        (3651, "too_large"),
        (60.0, "not_whole"),
        ("60", "not_whole"),
        (True, "not_whole"),
    ],
)
def test_days_of_inactivity_are_a_whole_number_up_to_ten_years(days: object, code: str) -> None:
    assert refusal({"inactive_days": days}) == [(code, ("inactive_days",))]


@pytest.mark.parametrize("part", [None, 5, "rules", [], [a_rule()], {"rules": 5}, {"rules": "x"}, {"rules": [None]}])
def test_a_part_that_is_made_up_otherwise_is_refused(part: object) -> None:
    assert {code for code, _ in refusal(part)} <= {"wrong_type", "required"}


def test_two_rules_of_one_metric_with_one_threshold_are_refused_by_number() -> None:
    rules = [a_rule(), a_rule(metric="paid"), a_rule(percent_bp=700), a_rule(percent_bp=300)]
    assert refusal({"rules": rules}) == [
        ("same_threshold", ("rules", 2, "threshold")),
        ("same_threshold", ("rules", 3, "threshold")),
    ]
    with pytest.raises(Refused, match="Rules 1 and 3 have the same threshold"):
        kept({"rules": rules})


def test_two_hundred_rules_are_accepted_and_one_more_is_not() -> None:
    rules = [a_rule(threshold=number) for number in range(1, 202)]
    assert len(compiled(kept({"rules": rules[:200]}))[0].rules) == 200
    assert refusal({"rules": rules}) == [("too_many_rules", ("rules",))]


def test_every_mistake_is_reported_at_once_and_in_one_order() -> None:
    part = {"rules": [a_rule(threshold=0, percent_bp=0), a_rule(metric="x")], "inactive_days": 0, "b": 1, "a": 1}
    assert refusal(part) == [
        ("unknown_field", ("a",)),
        ("unknown_field", ("b",)),
        ("too_small", ("inactive_days",)),
        ("too_small", ("rules", 0, "percent_bp")),
        ("too_small", ("rules", 0, "threshold")),
        ("unknown_metric", ("rules", 1, "metric")),
    ]


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
RULE = some.fixed_dictionaries(
    {},
    optional={
        "metric": some.sampled_from(["sold", "paid", "visits", "no_shows"]) | JSON,
        "threshold": some.integers(-1, 10**16) | JSON,
        "percent_bp": some.integers(-1, 10_001) | JSON,
        "other": JSON,
    },
)
PART = some.fixed_dictionaries({}, optional={"rules": some.lists(RULE, max_size=4) | JSON, "inactive_days": JSON})


@given(PART | JSON)
def test_whatever_is_sent_is_either_refused_or_compiles(part: object) -> None:
    try:
        stored = kept(part)
    except Refused as refused:
        codes: Sequence[str] = refused.codes
        assert "plugin_failed" not in codes
        return
    assert kept(stored) == stored
    for rule_set in compiled(stored):
        assert all(1 <= rule.value <= 10_000 for rule in rule_set.rules)


def test_the_rules_have_their_own_tab_in_the_programme_editor() -> None:
    (outcome,) = PLUGINS.dispatcher.show_programme_tabs(AT)
    assert outcome.answer is not None
    (tab,) = outcome.answer
    assert (tab.code, str(tab.title), tab.template) == (
        "discount_rules",
        "Discount rules",
        "loyalty_discount_rules/tab.html",
    )
    assert tab.kinds == set(Level)
    assert tab.title.domain == "discount_rules"
