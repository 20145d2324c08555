"""The rule language: what a rule plugin says about clients, once per programme version, as data.

The core compiles it twice, to a function over a batch (`engine.standing`) and to one SQL expression
(`storage.standing_sql`); a property test holds the two equal. Source: SEMANTICS 3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from loyalty_core.facts.standing import Element
from loyalty_core.messages import Message


class Metric(StrEnum):
    """What a rule may count. `sold` is on the basis of the programme, which the core fills in."""

    SOLD = "sold"
    PAID = "paid"
    VISITS = "visits"
    NO_SHOWS = "no_shows"

    @property
    def is_money(self) -> bool:
        """Whether thresholds of this metric are in minor units."""
        return self in (Metric.SOLD, Metric.PAID)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True from `value` on, inclusive; minor units for money, else a count."""

    metric: Metric
    value: int


@dataclass(frozen=True, slots=True)
class Inactive:
    """True when *last visit* lies more than `days` calendar days back; never true without one."""

    days: int


@dataclass(frozen=True, slots=True)
class Any:
    """True when one of `conditions` is; false when there are none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class All:
    """True when all `conditions` are; true when there are none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when `condition` is not."""

    condition: Condition


Condition = AtLeast | Inactive | Any | All | Not


@dataclass(frozen=True, slots=True)
class Rule:
    """Gives `value` while `when` holds; `key` names the rule within its version, `label` says it to people."""

    key: str
    when: Condition
    value: int
    label: Message = field(hash=False)  # its parameters need not be hashable; rule sets are keys of caches


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one plugin for one element (and one label, for categories).

    Of the rules that hold, the one with the greatest value wins; of equals, the first. Nothing is given while the
    client is inactive for more than `inactive_days`. In a programme judged since the reset, gaps longer than
    `inactive_days` are the ones that reset.
    """

    element: Element
    rules: tuple[Rule, ...]
    inactive_days: int | None = None
    item: str = ""

    @property
    def ranked(self) -> tuple[Rule, ...]:
        """Return the rules, the one that wins over the others first."""
        return tuple(sorted(self.rules, key=lambda rule: -rule.value))

    @property
    def may_give_by_inactivity(self) -> bool:
        """Whether the calendar alone may give something to a client who has nothing."""
        return any(isinstance(atom, Inactive) for rule in self.rules for atom in atoms(rule.when))

    @property
    def inactivity_limits(self) -> tuple[int, ...]:
        """Return every number of days whose passing may change the answer, ascending."""
        inner = {atom.days for rule in self.rules for atom in atoms(rule.when) if isinstance(atom, Inactive)}
        return tuple(sorted(inner | ({self.inactive_days} if self.inactive_days is not None else set())))


def atoms(condition: Condition) -> Iterator[AtLeast | Inactive]:
    """Yield the comparisons that a condition is made of."""
    match condition:
        case AtLeast() | Inactive():
            yield condition
        case Not(inner):
            yield from atoms(inner)
        case Any(conditions) | All(conditions):
            for each in conditions:
                yield from atoms(each)
