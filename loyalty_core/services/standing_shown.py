"""What pages show of a client's standing: every value with its cause, until when it lasts, what is missing for more.

The values are computed as of today, as the till computes them, and not read from where they are kept: both agree once
the daily job has run (SEMANTICS 4). Four statements, whatever the number of scopes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from loyalty_core.decisions.rules import AtLeast, Metric, Rule
from loyalty_core.engine.standing import Judged, figure_names
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.facts.standing import Element, Given, ManualValue, Origin, Verdict
from loyalty_core.facts.totals import Reset, Totals
from loyalty_core.messages import Message
from loyalty_core.services.configuration import CompiledProgramme, CompiledSet
from loyalty_core.services.judging import Slot, decides, sets_of, totals_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.work import table_of

DISCOUNT: Slot = (Element.DISCOUNT, "")


def _of_client(model: type[Base]) -> Select[Any]:
    table = table_of(model)
    scopes = table.c.scope_id.in_(bindparam("scopes", expanding=True))
    return select(table).where(table.c.network_id == THIS_NETWORK, table.c.client_id == bindparam("of_client"), scopes)


_STANDING, _TOTALS = _of_client(tables.Standing), _of_client(tables.Totals)
_MANUAL, _RESETS = _of_client(tables.ManualValue), _of_client(tables.Reset)


@dataclass(frozen=True, slots=True)
class Step:
    """One way to a better value: a rule wants `needed` of a metric, in minor units or a count, and there is `there`."""

    metric: Metric
    needed: int
    there: int

    @property
    def missing(self) -> int:
        """Return what is still missing."""
        return self.needed - self.there


@dataclass(frozen=True, slots=True)
class Next:
    """The next better value that a rule gives, and the ways to it: any one of `steps` suffices."""

    value: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ShownElement:
    """One element of a standing, with its cause.

    `rule` says the rule in words, while the programme in force has it. `changes_on` is the first day on which the
    calendar alone changes something, and `then` what is given from that day on without another visit. `by_rule` is what
    rules alone give today. `lapsed` says that nothing is given for want of visits; `limit_days` is how many days may
    pass.
    """

    element: Element
    item: str
    given: Given | None
    since: datetime | None
    rule: Message | None
    changes_on: date | None
    then: Given | None
    by_rule: Given | None
    manual: ManualValue | None
    lapsed: bool
    limit_days: int | None
    better: Next | None

    @property
    def by_hand(self) -> bool:
        """Whether a person set it."""
        return self.given is not None and self.given.origin is Origin.MANUAL

    @property
    def value(self) -> int | None:
        """Return the value: basis points of a discount."""
        return self.given.value if self.given is not None else None


@dataclass(frozen=True, slots=True)
class ShownStanding:
    """A client in one scope: totals, their basis, and every element."""

    scope_id: int
    programme: CompiledProgramme | None
    totals: Totals
    elements: tuple[ShownElement, ...]

    @property
    def basis(self) -> SoldBasis:
        """Return what "sold" means here."""
        return self.programme.basis if self.programme is not None else SoldBasis.INVOICED

    @property
    def sold_minor(self) -> int:
        """Return what was sold, on the basis of the programme."""
        return self.totals.listed_minor if self.basis is SoldBasis.LISTED else self.totals.invoiced_minor

    @property
    def discount(self) -> ShownElement:
        """Return the personal discount, which is always among the elements."""
        return next(each for each in self.elements if (each.element, each.item) == DISCOUNT)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of the client in one scope."""

    totals: Totals
    resets: dict[int, Reset] = field(default_factory=dict)
    manual: dict[Slot, ManualValue] = field(default_factory=dict)
    standing: dict[Slot, Row[Any]] = field(default_factory=dict)


def shown_standing(unit: Unit, client_id: int, scope_ids: Sequence[int]) -> dict[int, ShownStanding]:
    """Return what a client has in each of these scopes, as of today in the scope's zone."""
    known = _known(unit, client_id, scope_ids)
    return {scope_id: _shown(unit, scope_id, known[scope_id]) for scope_id in scope_ids}


def _known(unit: Unit, client_id: int, scope_ids: Sequence[int]) -> dict[int, _Known]:
    asked = {"of_client": client_id, "scopes": list(scope_ids)}
    totals = {row.scope_id: totals_of(row) for row in unit.execute(_TOTALS, asked)}
    found = {scope_id: _Known(totals.get(scope_id, Totals())) for scope_id in scope_ids}
    for row in unit.execute(_STANDING, asked):
        found[row.scope_id].standing[row.element, row.item] = row
    for row in unit.execute(_MANUAL, asked):
        value = ManualValue(
            row.value, row.granted_on, row.granted_at, row.actor, row.reason, row.until, bool(row.lapses)
        )
        found[row.scope_id].manual[row.element, row.item] = value
    for row in unit.execute(_RESETS, asked):
        sums = (row.visits, row.no_shows, row.invoiced_minor, row.listed_minor, row.paid_minor)
        found[row.scope_id].resets[row.gap_days] = Reset(row.gap_days, row.ended_on, *sums)
    return found


def _shown(unit: Unit, scope_id: int, known: _Known) -> ShownStanding:
    programme = unit.configuration.programmes.get(scope_id)
    today = unit.configuration.today(scope_id, unit.now)
    sets = sets_of(programme, {DISCOUNT, *known.standing, *known.manual})
    elements = tuple(_element(each, programme, known, today) for each in sets)
    return ShownStanding(scope_id, programme, known.totals, elements)


def _element(each: CompiledSet, programme: CompiledProgramme | None, known: _Known, today: date) -> ShownElement:
    slot: Slot = each.slot
    row, manual = known.standing.get(slot), known.manual.get(slot)
    judged = Judged(known.totals, known.resets, manual)
    verdict = each.verdicts([judged], today)[0]
    if manual is None and not decides(each, programme) and row is not None:  # nobody knows what the silent would say
        verdict = Verdict(_kept(row), None)
    given = verdict.given
    alone = each.verdicts([Judged(known.totals, known.resets, None)], today)[0].given
    then = None if verdict.next_on is None else each.verdicts([judged], verdict.next_on)[0].given
    limit, last = each.rule_set.inactive_days, known.totals.last_day
    lapsed = limit is not None and last is not None and (today - last).days > limit
    since = row.since if row is not None and given is not None and _is(row, given) else None
    return ShownElement(
        element=Element(slot[0]),
        item=slot[1],
        given=given,
        since=since,
        rule=_rule_of(each.rule_set.rules, given),
        changes_on=verdict.next_on,
        then=then,
        by_rule=alone,
        manual=manual if given is not None and given.origin is Origin.MANUAL else None,
        lapsed=lapsed,
        limit_days=limit,
        better=None if lapsed else _better(each, programme, known, given),
    )


def _kept(row: Row[Any]) -> Given | None:
    return None if row.value is None else Given(row.value, Origin(row.origin), row.version_id, row.rule)


def _is(row: Row[Any], given: Given) -> bool:
    return (row.value, row.origin, row.rule) == (given.value, given.origin, given.rule)


def _rule_of(rules: Sequence[Rule], given: Given | None) -> Message | None:
    return next((each.label for each in rules if given is not None and each.key == given.rule), None)


def _better(each: CompiledSet, programme: CompiledProgramme | None, known: _Known, given: Given | None) -> Next | None:
    """Return the next better value by a rule of one comparison, with all rules that give it."""
    if programme is None or (given is not None and given.origin is Origin.MANUAL):
        return None
    now = given.value if given is not None else 0
    ahead = [rule for rule in each.rule_set.rules if rule.value > now and isinstance(rule.when, AtLeast)]
    if not ahead:
        return None
    value = min(rule.value for rule in ahead)
    figures = _figures(each, programme, known)
    steps = (_step(rule.when, figures) for rule in ahead if rule.value == value and isinstance(rule.when, AtLeast))
    return Next(value, tuple(sorted(steps, key=lambda step: tuple(Metric).index(step.metric))))


def _step(when: AtLeast, figures: Mapping[Metric, int]) -> Step:
    return Step(when.metric, when.value, figures[when.metric])


def _figures(each: CompiledSet, programme: CompiledProgramme, known: _Known) -> dict[Metric, int]:
    """Return what the rules compare: totals, less what came before the reset where that is how clients are judged."""
    gap = each.rule_set.inactive_days
    reset = known.resets.get(gap) if gap is not None and programme.judged_on is JudgedOn.SINCE_RESET else None
    names = dict(zip(Metric, figure_names(programme.basis), strict=True))
    return {
        metric: getattr(known.totals, name) - (getattr(reset, name) if reset is not None else 0)
        for metric, name in names.items()
    }
