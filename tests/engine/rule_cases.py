"""Random rule sets and clients for the tests of both compilers: small figures, so that every boundary is met often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from random import Random
from types import MappingProxyType

from hypothesis import strategies as st

from loyalty_core.decisions.rules import All, Any, AtLeast, Condition, Inactive, Metric, Not, Rule, RuleSet
from loyalty_core.engine.standing import Judged
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.facts.standing import Element, ManualValue
from loyalty_core.facts.totals import Reset, Totals
from loyalty_core.messages import gettext

TODAY = date(2026, 3, 2)
GRANTED_AT = datetime(2026, 2, 20, 9, tzinfo=UTC)
LONGEST = 6
CLIENTS = 40


@dataclass(frozen=True)
class Question:
    """A rule set, how it is read, and the clients it judges: a batch made from `seed`, each then `altered`."""

    rule_set: RuleSet
    basis: SoldBasis
    judged_on: JudgedOn
    seed: int
    altered: Callable[[Judged], Judged] | None = None

    @cached_property
    def clients(self) -> tuple[Judged, ...]:
        """Return the batch: some clients with resets, some with manual values, some never seen."""
        random = Random(self.seed)
        clients = [_client(random) for _ in range(CLIENTS)]
        return tuple(map(self.altered, clients) if self.altered else clients)


def conditions() -> st.SearchStrategy[Condition]:
    """Draw conditions, nested to some depth, with empty `Any` and `All` among them."""
    days = st.integers(0, LONGEST)
    simple = st.builds(AtLeast, st.sampled_from(Metric), st.integers(0, 8)) | st.builds(Inactive, days)
    return st.recursive(
        simple,
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(Any, st.lists(inner, max_size=3).map(tuple))
            | st.builds(All, st.lists(inner, max_size=3).map(tuple))
        ),
        max_leaves=5,
    )


def rule_sets() -> st.SearchStrategy[RuleSet]:
    """Draw rule sets of every element; half of their rules are single thresholds, as in real ones."""
    thresholds = st.builds(AtLeast, st.sampled_from(Metric), st.integers(1, 8))
    rules = st.lists(st.tuples(thresholds | conditions(), st.integers(0, 4)), max_size=7)
    return st.builds(
        lambda element, drawn, inactive_days: RuleSet(
            element,
            tuple(Rule(f"rule {i}", when, value, gettext("A rule")) for i, (when, value) in enumerate(drawn)),
            inactive_days,
            "vip" if element is Element.CATEGORY else "",
        ),
        st.sampled_from(Element),
        rules,
        st.none() | st.integers(0, LONGEST),
    )


def questions() -> st.SearchStrategy[Question]:
    """Draw a rule set with a batch of clients; they come from a seed, which is quicker than drawing each figure."""
    return st.builds(
        Question, rule_sets(), st.sampled_from(SoldBasis), st.sampled_from(JudgedOn), st.integers(0, 2**32), st.none()
    )


def _client(random: Random) -> Judged:
    manual = _manual(random) if random.random() < 0.4 else None
    if random.random() < 0.1:
        return Judged(Totals(), MappingProxyType({}), manual)
    visits, no_shows, invoiced_minor, listed_minor, paid_minor = (random.randrange(10) for _ in range(5))
    totals = Totals(
        visits,
        no_shows,
        invoiced_minor,
        listed_minor,
        paid_minor,
        first_day=_day(random, -12, -9),
        visited_on=_day(random, -9, 1) if random.random() < 0.7 else None,
        bought_on=_day(random, -9, 1) if random.random() < 0.5 else None,
    )
    gaps = [gap for gap in range(LONGEST + 1) if random.random() < 0.5]
    resets = {gap: Reset(gap, TODAY, *(random.randrange(4) for _ in range(5))) for gap in gaps}
    return Judged(totals, MappingProxyType(resets), manual)


def _manual(random: Random) -> ManualValue:
    until = random.choice([None, None, date.max, _day(random, -2, 3), _day(random, -2, 3)])
    lapses = random.random() < 0.5
    granted_on = _day(random, -9, 0)
    return ManualValue(random.randrange(4), granted_on, GRANTED_AT, "Olena", "a friend", until, lapses)


def _day(random: Random, first: int, last: int) -> date:
    return TODAY + timedelta(random.randint(first, last))


def _each_atom(question: Question, change: Callable[[Condition], Condition]) -> Question:
    """Return the question with every condition rewritten, from the inside out."""

    def rewritten(condition: Condition) -> Condition:
        match condition:
            case Not(inner):
                return change(Not(rewritten(inner)))
            case Any(inner_ones):
                return change(Any(tuple(map(rewritten, inner_ones))))
            case All(inner_ones):
                return change(All(tuple(map(rewritten, inner_ones))))
        return change(condition)

    rules = tuple(replace(rule, when=rewritten(rule.when)) for rule in question.rule_set.rules)
    return replace(question, rule_set=replace(question.rule_set, rules=rules))


def _each_client(question: Question, change: Callable[[Judged], Judged]) -> Question:
    return replace(question, altered=change)


def _each_manual(question: Question, change: Callable[[ManualValue], ManualValue | None]) -> Question:
    return _each_client(question, lambda it: replace(it, manual=it.manual and change(it.manual)))


def _longer_by_a_day(question: Question) -> Question:
    days = question.rule_set.inactive_days
    return replace(question, rule_set=replace(question.rule_set, inactive_days=None if days is None else days + 1))


MISTAKES: dict[str, Callable[[Question], Question]] = {
    "a threshold is exclusive": lambda q: _each_atom(
        q, lambda it: AtLeast(it.metric, it.value + 1) if isinstance(it, AtLeast) else it
    ),
    "an inactivity condition holds a day late": lambda q: _each_atom(
        q, lambda it: Inactive(it.days + 1) if isinstance(it, Inactive) else it
    ),
    "a negation is lost": lambda q: _each_atom(q, lambda it: it.condition if isinstance(it, Not) else it),
    "all is read as any": lambda q: _each_atom(q, lambda it: Any(it.conditions) if isinstance(it, All) else it),
    "the last of equals wins": lambda q: replace(
        q, rule_set=replace(q.rule_set, rules=tuple(reversed(q.rule_set.rules)))
    ),
    "inactivity takes away a day late": _longer_by_a_day,
    "the reset is forgotten": lambda q: replace(q, judged_on=JudgedOn.LIFETIME),
    "the other basis is read": lambda q: replace(q, basis=next(each for each in SoldBasis if each is not q.basis)),
    "goods sales beside visits keep a client active": lambda q: _each_client(
        q,
        lambda it: replace(
            it,
            totals=replace(
                it.totals, visited_on=max(filter(None, (it.totals.visited_on, it.totals.bought_on)), default=None)
            ),
        ),
    ),
    "a manual value is ignored": lambda q: _each_manual(q, lambda _: None),
    "a manual 0 counts as none": lambda q: _each_manual(q, lambda it: it if it.value else None),
    "a manual value ends on its last day": lambda q: _each_manual(
        q, lambda it: replace(it, until=it.until and it.until - timedelta(1))
    ),
    "a manual value never lapses": lambda q: _each_manual(q, lambda it: replace(it, lapses=False)),
    "every manual value lapses": lambda q: _each_manual(q, lambda it: replace(it, lapses=True)),
}
"""Readings that are nearly right. Each must be told from the right one, or the tests prove nothing."""
