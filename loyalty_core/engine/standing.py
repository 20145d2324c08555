"""Rule sets as functions over a batch of clients: what rules and manual values give, and until when.

`storage.standing_sql` says the same as one SQL expression; a property test holds the two equal. Source: SEMANTICS
3, 4 and 12.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from operator import attrgetter, sub
from typing import Protocol

from loyalty_core.decisions.rules import All, Any, AtLeast, Condition, Inactive, Metric, Not, Rule, RuleSet
from loyalty_core.errors import LoyaltyError
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.facts.standing import Given, ManualValue, Origin, Verdict
from loyalty_core.facts.totals import Reset, Totals

LONGEST_DAYS = 36_525
"""The longest inactivity a rule may name, in days: a century, so that no date leaves the calendar."""


@dataclass(frozen=True, slots=True)
class Judged:
    """All that one element of a client's standing in a scope rests on; `resets` by their `gap_days`."""

    totals: Totals
    resets: Mapping[int, Reset]
    manual: ManualValue | None


class Measured(Protocol):
    """What `reset_of` reads of a measure: rows of `core_measure` serve as they are."""

    @property
    def local_day(self) -> date:
        """Return the day it belongs to."""

    @property
    def visited_on(self) -> date | None:
        """Return the day that counts as a visit."""

    @property
    def visits(self) -> int:
        """Return counted visits."""

    @property
    def no_shows(self) -> int:
        """Return counted no-shows."""

    @property
    def invoiced_minor(self) -> int:
        """Return what was sold after adjustments."""

    @property
    def listed_minor(self) -> int:
        """Return what was sold before adjustments."""

    @property
    def paid_minor(self) -> int:
        """Return what was paid."""


Judge = Callable[[Sequence[Judged], date], list[Verdict]]
"""Judges a batch on a day of the scope's zone; answers in the order of the batch."""

Figures = tuple[int, ...]
"""What rules compare: one figure per metric in the order of `Metric`, then the days since *last visit*."""

IDLE = len(Metric)
NEVER = -date.max.toordinal()
"""The days since *last visit* of a client without one: below every limit, so nothing lapses."""

NOTHING = Verdict()


def compile_rule_set(rule_set: RuleSet, basis: SoldBasis, judged_on: JudgedOn, version_id: int) -> Judge:
    """Compile a rule set into a function that judges a batch.

    `basis` says what "sold" means, `judged_on` what returning clients are judged on, `version_id` is stamped on
    what rules give. A manual value in force replaces what rules say, 0 included; when it ends they speak again.

    Raises `LoyaltyError` when the set names a number of days below zero or beyond `LONGEST_DAYS`.
    """
    if any(not 0 <= days <= LONGEST_DAYS for days in rule_set.inactivity_limits):
        raise LoyaltyError(f"days of inactivity must lie between 0 and {LONGEST_DAYS}: {rule_set.inactivity_limits}")
    gap = rule_set.inactive_days
    longest_idle = date.max.toordinal() if gap is None else gap
    resetting = gap if judged_on is JudgedOn.SINCE_RESET else None
    read: Callable[[Totals | Reset], Figures] = attrgetter(*figure_names(basis))
    place_of = _place_of(rule_set.ranked)
    verdict_at = _verdict_at(rule_set, version_id)

    def judge(subjects: Sequence[Judged], today: date) -> list[Verdict]:
        now = today.toordinal()
        seen: dict[tuple[int, int], Verdict] = {}
        verdicts = []
        for subject in subjects:
            totals = subject.totals
            day = totals.visited_on or totals.bought_on
            if subject.manual is not None:
                verdict = _by_hand(subject.manual, day, today, gap)
                if verdict is not None:
                    verdicts.append(verdict)
                    continue
            idle = NEVER if day is None else now - day.toordinal()
            if idle > longest_idle:
                verdicts.append(NOTHING)
                continue
            figures = read(totals)
            if resetting is not None and (reset := subject.resets.get(resetting)) is not None:
                figures = tuple(map(sub, figures, read(reset)))
            key = (place_of((*figures, idle)), idle)
            verdict = seen.get(key)
            if verdict is None:
                verdict = seen[key] = verdict_at(*key, today)
            verdicts.append(verdict)
        return verdicts

    return judge


def reset_of(gap_days: int, measures: Sequence[Measured]) -> Reset | None:
    """Return the sums before the end of the client's latest gap of more than `gap_days`, if there is such a gap.

    Gaps lie between consecutive counted visit days (SEMANTICS 12). What came before is what was measured on
    earlier days; an opening counts with the last visit in it, so that one imported on the very day of the return
    still lies before it.
    """
    days = sorted({measure.visited_on for measure in measures if measure.visited_on is not None})
    ends = [day for before, day in pairwise(days) if (day - before).days > gap_days]
    if not ends:
        return None
    earlier = [measure for measure in measures if (measure.visited_on or measure.local_day) < ends[-1]]
    return Reset(
        gap_days=gap_days,
        ended_on=ends[-1],
        visits=sum(measure.visits for measure in earlier),
        no_shows=sum(measure.no_shows for measure in earlier),
        invoiced_minor=sum(measure.invoiced_minor for measure in earlier),
        listed_minor=sum(measure.listed_minor for measure in earlier),
        paid_minor=sum(measure.paid_minor for measure in earlier),
    )


def figure_names(basis: SoldBasis) -> tuple[str, ...]:
    """Return the names that the metrics, in the order of `Metric`, have in `Totals` and `Reset`, facts and tables."""
    names = {
        Metric.SOLD: "invoiced_minor" if basis is SoldBasis.INVOICED else "listed_minor",
        Metric.PAID: "paid_minor",
        Metric.VISITS: "visits",
        Metric.NO_SHOWS: "no_shows",
    }
    return tuple(names[metric] for metric in Metric)


def changing_limits(rule_set: RuleSet) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the days of inactivity whose passing may change a given value, and those that may bring one.

    Nothing is given beyond `inactive_days`, so no longer limit counts; and reaching it never brings anything.
    """
    gap = rule_set.inactive_days
    limits = rule_set.inactivity_limits
    if gap is None:
        return limits, limits
    return tuple(days for days in limits if days <= gap), tuple(days for days in limits if days < gap)


def _by_hand(manual: ManualValue, last_day: date | None, today: date, gap: int | None) -> Verdict | None:
    """Return the verdict of a manual value, or nothing once it has ended."""
    ends = []
    if manual.until is not None and manual.until < date.max:
        ends.append(manual.until + timedelta(1))
    if manual.lapses and gap is not None:
        ends.append(max(manual.granted_on, last_day or manual.granted_on) + timedelta(gap + 1))
    end = min(ends, default=None)
    if end is not None and today >= end:
        return None
    return Verdict(Given(manual.value, Origin.MANUAL), end)


def _verdict_at(rule_set: RuleSet, version_id: int) -> Callable[[int, int, date], Verdict]:
    """Return what tells the verdict from the place of the winning rule, the days idle, and today."""
    ranked = rule_set.ranked
    givens = [Given(rule.value, Origin.RULE, version_id, rule.key) for rule in ranked]
    while_given, while_nothing = changing_limits(rule_set)

    def verdict_at(place: int, idle: int, today: date) -> Verdict:
        given = givens[place] if place < len(givens) else None
        limits = while_nothing if given is None else while_given
        ahead = bisect_left(limits, idle)
        if idle == NEVER or ahead == len(limits):
            return Verdict(given)
        return Verdict(given, today + timedelta(limits[ahead] - idle + 1))

    return verdict_at


def _place_of(ranked: Sequence[Rule]) -> Callable[[Figures], int]:
    """Return what finds the place of the first rule that holds, or the number of rules when none does.

    Rules of a single comparison, the usual ones, are looked up on a ladder per figure; the others are tried in turn.
    """
    ladders = _ladders(ranked)
    tried = [(place, _test(rule.when)) for place, rule in enumerate(ranked) if not isinstance(rule.when, AtLeast)]
    none = len(ranked)

    def place_of(figures: Figures) -> int:
        first = none
        for figure, thresholds, places in ladders:
            place = places[bisect_right(thresholds, figures[figure])]
            if place < first:
                first = place
        for place, holds in tried:
            if place > first:
                break
            if holds(figures):
                return place
        return first

    return place_of


def _ladders(ranked: Sequence[Rule]) -> list[tuple[int, list[int], list[int]]]:
    """Return per figure its thresholds, ascending, and the best place after reaching none, one, two … of them."""
    ladders = []
    for figure, metric in enumerate(Metric):
        steps = sorted(
            (rule.when.value, place)
            for place, rule in enumerate(ranked)
            if isinstance(rule.when, AtLeast) and rule.when.metric is metric
        )
        if steps:
            places = accumulate((place for _, place in steps), min, initial=len(ranked))
            ladders.append((figure, [threshold for threshold, _ in steps], list(places)))
    return ladders


def _test(condition: Condition) -> Callable[[Figures], bool]:
    """Return what tells whether a condition holds."""
    match condition:
        case AtLeast(metric, value):
            figure = tuple(Metric).index(metric)
            return lambda figures: figures[figure] >= value
        case Inactive(days):
            return lambda figures: figures[IDLE] > days
        case Not(inner):
            test = _test(inner)
            return lambda figures: not test(figures)
        case Any(conditions):
            tests = [_test(each) for each in conditions]
            return lambda figures: any(test(figures) for test in tests)
        case All(conditions):
            tests = [_test(each) for each in conditions]
            return lambda figures: all(test(figures) for test in tests)
