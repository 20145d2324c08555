"""Rule sets as functions over a batch of clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loyalty_core.decisions.rules import All, Any, AtLeast, Condition, Inactive, Metric, Not, Rule, RuleSet
from loyalty_core.engine import standing
from loyalty_core.engine.standing import LONGEST_DAYS, Judged, compile_rule_set, reset_of
from loyalty_core.errors import LoyaltyError
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.facts.standing import Element, Given, ManualValue, Origin, Verdict
from loyalty_core.facts.totals import Reset, Totals
from loyalty_core.messages import gettext
from tests.engine.rule_cases import LONGEST, MISTAKES, TODAY, Question, questions

VERSION = 7
NEXT_VISIT = date(2026, 6, 1)


def rule(metric: Metric, threshold: int, percent: int) -> Rule:
    return Rule(f"{metric}-{threshold}", AtLeast(metric, threshold), percent * 100, gettext("A rule"))


def discount(*rules: Rule, inactive_days: int | None = None) -> RuleSet:
    return RuleSet(Element.DISCOUNT, rules, inactive_days)


def judge(
    rule_set: RuleSet,
    totals: Totals,
    today: date = NEXT_VISIT,
    *,
    judged_on: JudgedOn = JudgedOn.LIFETIME,
    resets: tuple[Reset, ...] = (),
    manual: ManualValue | None = None,
) -> Verdict:
    judged = Judged(totals, {reset.gap_days: reset for reset in resets}, manual)
    (verdict,) = compile_rule_set(rule_set, SoldBasis.INVOICED, judged_on, VERSION)([judged], today)
    return verdict


def percent(verdict: Verdict) -> int:
    return verdict.given.value // 100 if verdict.given else 0


def by_hand(
    percent: int, granted_on: date = NEXT_VISIT, until: date | None = None, lapses: bool = False
) -> ManualValue:
    return ManualValue(percent * 100, granted_on, datetime(2026, 6, 1, tzinfo=UTC), "Olena", "friend", until, lapses)


def days_before(day: date, days: int) -> date:
    return day - timedelta(days)


def test_example_1_sold_of_exactly_five_thousand_gives_five_percent() -> None:
    rules = discount(rule(Metric.SOLD, 5_000_00, 5))
    assert judge(rules, Totals(invoiced_minor=5_000_00)) == Verdict(Given(500, Origin.RULE, VERSION, "sold-500000"))
    assert judge(rules, Totals(invoiced_minor=4_999_99)) == Verdict()


def test_example_2_the_third_visit_gives_five_percent_from_the_fourth_on() -> None:
    rules = discount(rule(Metric.VISITS, 3, 5))
    before_the_third, before_the_fourth = Totals(visits=2), Totals(visits=3)
    assert percent(judge(rules, before_the_third)) == 0
    assert percent(judge(rules, before_the_fourth)) == 5


def test_example_3_the_discount_is_kept_on_day_60_and_gone_on_day_61() -> None:
    rules = discount(rule(Metric.VISITS, 1, 5), inactive_days=60)
    last_60_days_ago = Totals(visits=1, visited_on=days_before(NEXT_VISIT, 60))
    last_61_days_ago = Totals(visits=1, visited_on=days_before(NEXT_VISIT, 61))
    assert percent(judge(rules, last_60_days_ago)) == 5
    assert judge(rules, last_61_days_ago) == Verdict()


def test_example_6_of_two_rules_that_match_the_larger_percent_wins() -> None:
    five, seven = rule(Metric.SOLD, 1_000_00, 5), rule(Metric.VISITS, 2, 7)
    totals = Totals(visits=2, invoiced_minor=1_000_00)
    assert percent(judge(discount(five, seven), totals)) == percent(judge(discount(seven, five), totals)) == 7


def test_example_7_a_manual_value_beats_the_rules_until_it_is_returned_to_automatic() -> None:
    rules = discount(rule(Metric.VISITS, 1, 5))
    totals = Totals(visits=1)
    assert judge(rules, totals, manual=by_hand(12)) == Verdict(Given(1200, Origin.MANUAL))
    assert percent(judge(rules, totals, manual=None)) == 5


def test_without_rules_nothing_is_given() -> None:
    assert judge(discount(), Totals(visits=9)) == Verdict()


def test_of_rules_with_equal_percents_the_first_is_named() -> None:
    one, other = rule(Metric.VISITS, 1, 5), rule(Metric.PAID, 1, 5)
    totals = Totals(visits=1, paid_minor=1)
    first = [judge(discount(*order), totals).given for order in ((one, other), (other, one))]
    assert [given.rule for given in first if given] == ["visits-1", "paid-1"]


def test_sold_is_read_on_the_basis_of_the_programme() -> None:
    rules = discount(rule(Metric.SOLD, 100, 5))
    clients = [Judged(Totals(invoiced_minor=99, listed_minor=100), {}, None)]
    for basis, expected in ((SoldBasis.INVOICED, 0), (SoldBasis.LISTED, 5)):
        verdicts = compile_rule_set(rules, basis, JudgedOn.LIFETIME, VERSION)(clients, TODAY)
        assert [percent(verdict) for verdict in verdicts] == [expected]


def test_a_client_without_visit_and_goods_sale_never_lapses() -> None:
    rules = discount(rule(Metric.SOLD, 1, 5), inactive_days=0)
    assert judge(rules, Totals(invoiced_minor=1)) == Verdict(Given(500, Origin.RULE, VERSION, "sold-1"))


def test_a_goods_sale_is_the_last_visit_only_of_a_client_who_never_visited() -> None:
    rules = discount(rule(Metric.SOLD, 1, 5), inactive_days=60)
    long_ago, lately = days_before(NEXT_VISIT, 90), days_before(NEXT_VISIT, 5)
    assert percent(judge(rules, Totals(invoiced_minor=1, bought_on=lately))) == 5
    assert percent(judge(rules, Totals(invoiced_minor=1, bought_on=lately, visited_on=long_ago))) == 0


def test_a_returning_client_is_judged_since_the_reset_where_the_programme_says_so() -> None:
    rules = discount(rule(Metric.VISITS, 3, 5), inactive_days=60)
    totals = Totals(visits=4, visited_on=NEXT_VISIT)
    gap, shorter_gap = Reset(60, NEXT_VISIT, visits=3), Reset(30, NEXT_VISIT, visits=3)
    assert percent(judge(rules, totals, resets=(gap,))) == 5
    assert percent(judge(rules, totals, resets=(gap,), judged_on=JudgedOn.SINCE_RESET)) == 0
    assert percent(judge(rules, totals, resets=(shorter_gap,), judged_on=JudgedOn.SINCE_RESET)) == 5


def test_a_manual_zero_takes_the_discount_away() -> None:
    rules = discount(rule(Metric.VISITS, 1, 5))
    assert judge(rules, Totals(visits=1), manual=by_hand(0)) == Verdict(Given(0, Origin.MANUAL))


def test_a_manual_value_holds_on_its_last_day_and_then_the_rules_give_again() -> None:
    rules = discount(rule(Metric.VISITS, 1, 5))
    last_day = NEXT_VISIT + timedelta(3)
    manual = by_hand(12, until=last_day)
    assert judge(rules, Totals(visits=1), last_day, manual=manual) == Verdict(
        Given(1200, Origin.MANUAL), last_day + timedelta(1)
    )
    assert percent(judge(rules, Totals(visits=1), last_day + timedelta(1), manual=manual)) == 5


def test_a_manual_value_for_ever_has_no_next_date() -> None:
    assert judge(discount(), Totals(), manual=by_hand(12, until=date.max)).next_on is None


def test_a_lapsing_manual_value_counts_from_the_later_of_grant_and_last_visit() -> None:
    rules = discount(inactive_days=60)
    granted_on = date(2026, 1, 1)
    manual = by_hand(12, granted_on, lapses=True)
    visited_before = Totals(visits=1, visited_on=date(2025, 1, 1))
    visited_later = Totals(visits=1, visited_on=date(2026, 1, 11))
    for totals, kept in ((Totals(), 60), (visited_before, 60), (visited_later, 70)):
        last = granted_on + timedelta(kept)
        assert judge(rules, totals, last, manual=manual) == Verdict(Given(1200, Origin.MANUAL), last + timedelta(1))
        assert judge(rules, totals, last + timedelta(1), manual=manual).given is None


def test_the_next_date_is_the_day_after_the_last_kept_day() -> None:
    rules = discount(rule(Metric.VISITS, 1, 5), inactive_days=60)
    visited_on = date(2026, 5, 1)
    assert judge(rules, Totals(visits=1, visited_on=visited_on)).next_on == visited_on + timedelta(61)


def test_a_client_with_nothing_has_a_next_date_only_where_inactivity_may_give() -> None:
    lapsed = Rule("come back", Inactive(90), 1000, gettext("Come back"))
    totals = Totals(visits=1, visited_on=NEXT_VISIT)
    assert judge(discount(rule(Metric.VISITS, 9, 5), inactive_days=60), totals) == Verdict()
    assert judge(discount(lapsed), totals) == Verdict(None, NEXT_VISIT + timedelta(91))
    assert judge(discount(lapsed, inactive_days=90), totals) == Verdict()


@pytest.mark.parametrize("days", [-1, LONGEST_DAYS + 1])
def test_days_out_of_range_are_refused_when_compiling(days: int) -> None:
    with pytest.raises(LoyaltyError, match="inactivity"):
        compile_rule_set(discount(inactive_days=days), SoldBasis.INVOICED, JudgedOn.LIFETIME, VERSION)


def judge_all(question: Question, today: date) -> list[Verdict]:
    return compile_rule_set(question.rule_set, question.basis, question.judged_on, VERSION)(question.clients, today)


def plain_reading(question: Question, client: Judged, today: date) -> Given | None:
    """Read SEMANTICS 3 and 4 word by word, without a thought for speed."""
    rule_set, totals, manual, last_day = question.rule_set, client.totals, client.manual, client.totals.last_day

    def idle_for_more_than(days: int | None, since: date | None) -> bool:
        return days is not None and since is not None and (today - since).days > days

    if manual is not None:
        ended = manual.until is not None and today > manual.until
        clock = manual.granted_on if last_day is None else max(manual.granted_on, last_day)
        if not ended and not (manual.lapses and idle_for_more_than(rule_set.inactive_days, clock)):
            return Given(manual.value, Origin.MANUAL)
    if idle_for_more_than(rule_set.inactive_days, last_day):
        return None
    since_reset = question.judged_on is JudgedOn.SINCE_RESET and rule_set.inactive_days in client.resets
    earlier = client.resets[rule_set.inactive_days or 0] if since_reset else Reset(0, today)

    def figure(metric: Metric) -> int:
        names = {Metric.SOLD: "invoiced_minor", Metric.PAID: "paid_minor"}
        name = (
            "listed_minor" if (metric, question.basis) == (Metric.SOLD, SoldBasis.LISTED) else names.get(metric, metric)
        )
        return int(getattr(totals, name)) - int(getattr(earlier, name))

    def holds(condition: Condition) -> bool:
        match condition:
            case AtLeast(metric, value):
                return figure(metric) >= value
            case Inactive(days):
                return idle_for_more_than(days, last_day)
            case Not(inner):
                return not holds(inner)
            case Any(conditions):
                return any(holds(each) for each in conditions)
            case All(conditions):
                return all(holds(each) for each in conditions)

    holding = [each for each in rule_set.rules if holds(each.when)]
    best = max(holding, key=lambda each: each.value, default=None)
    return None if best is None else Given(best.value, Origin.RULE, VERSION, best.key)


def check(question: Question, asked: Question) -> None:
    """Hold the answers about `asked` against a plain reading of `question`; name the first client that differs."""
    for client, verdict in zip(question.clients, judge_all(asked, TODAY), strict=True):
        assert verdict.given == plain_reading(question, client, TODAY), client


@given(questions())
def test_the_compiled_rules_say_what_a_plain_reading_says(question: Question) -> None:
    check(question, question)


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_the_comparison_with_the_plain_reading_can_fail(mistake: Callable[[Question], Question]) -> None:
    @given(questions())
    @settings(max_examples=200, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    def compare(question: Question) -> None:
        check(question, mistake(question))

    with pytest.raises(AssertionError):
        compare()


def check_calendar(question: Question) -> None:
    """Hold every later day against what was said today about the days on which nothing changes."""
    verdicts = judge_all(question, TODAY)
    assert all(verdict.next_on is None or verdict.next_on > TODAY for verdict in verdicts)
    for days in (*range(1, 2 * LONGEST + 9), 4000):
        day = TODAY + timedelta(days)
        for verdict, then in zip(verdicts, judge_all(question, day), strict=True):
            if verdict.next_on is None or day < verdict.next_on:
                assert then == verdict


@given(questions())
def test_nothing_changes_before_the_next_date_by_the_calendar_alone(question: Question) -> None:
    check_calendar(question)


def test_the_check_of_next_dates_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "changing_limits", lambda rule_set: (rule_set.inactivity_limits[1:], ()))

    @given(questions())
    @settings(max_examples=200, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    def check(question: Question) -> None:
        check_calendar(question)

    with pytest.raises(AssertionError):
        check()


@dataclass(frozen=True)
class Measure:
    local_day: date
    visited_on: date | None = None
    visits: int = 0
    no_shows: int = 0
    invoiced_minor: int = 0
    listed_minor: int = 0
    paid_minor: int = 0


def visit_on(day: date, sold: int = 100) -> Measure:
    return Measure(day, day, 1, 0, sold, sold, sold)


def test_a_gap_of_exactly_n_days_resets_nothing_and_one_more_does() -> None:
    first = date(2026, 1, 1)
    kept, back = first + timedelta(60), first + timedelta(61)
    assert reset_of(60, [visit_on(first), visit_on(kept)]) is None
    assert reset_of(60, [visit_on(first), visit_on(back)]) == Reset(60, back, 1, 0, 100, 100, 100)


def test_the_latest_gap_counts_and_all_that_came_before_it_is_summed() -> None:
    days = [date(2026, 1, 1), date(2026, 4, 1), date(2026, 4, 9), date(2026, 8, 1), date(2026, 8, 2)]
    paid_meanwhile = Measure(date(2026, 6, 1), paid_minor=30)
    no_show = Measure(date(2026, 8, 1), no_shows=1)
    measures = [*map(visit_on, days[:3]), paid_meanwhile, no_show, *map(visit_on, days[3:])]
    assert reset_of(60, measures) == Reset(60, date(2026, 8, 1), 3, 0, 300, 300, 330)


def test_goods_sales_between_visits_do_not_shorten_a_gap() -> None:
    bought = Measure(date(2026, 2, 1), invoiced_minor=50, listed_minor=50)
    measures = [visit_on(date(2026, 1, 1)), bought, visit_on(date(2026, 3, 5))]
    assert reset_of(60, measures) == Reset(60, date(2026, 3, 5), 1, 0, 150, 150, 100)


def test_an_opening_on_the_day_of_the_return_lies_before_it() -> None:
    returned = date(2026, 3, 5)
    opening = replace(visit_on(returned), visited_on=date(2025, 1, 1), visits=9)
    assert reset_of(60, [opening, visit_on(returned)]) == Reset(60, returned, 9, 0, 100, 100, 100)


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(0, 6))
def test_measures_may_come_in_any_order(offsets: list[int], gap: int) -> None:
    measures = [visit_on(TODAY + timedelta(days), sold) for sold, days in enumerate(offsets)]
    assert reset_of(gap, measures) == reset_of(gap, measures[::-1])
