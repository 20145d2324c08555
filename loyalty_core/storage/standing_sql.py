"""Rule sets as one SQL expression: the same as `engine.standing`, for a million clients at once.

A property test holds the two equal on SQLite and PostgreSQL. Conditions never come out NULL, so that `Not` means
the same in both languages. Statements take the parameters `network`, `scope` and, but for `resets`, `today` (the day
of the scope's zone); build them once per programme version.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, Subquery, Table

from loyalty_core.decisions.rules import All, Any, AtLeast, Condition, Inactive, Metric, Not, RuleSet
from loyalty_core.engine.standing import changing_limits, figure_names
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.facts.standing import Origin
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.dates import Day, add_days, earliest, latest
from loyalty_core.storage.measuring import AMOUNTS
from loyalty_core.storage.tables import ManualValue, Measure, Reset, Scope, Totals
from loyalty_core.storage.totals_sql import in_scope
from loyalty_core.storage.work import table_of

Figures = Mapping[Metric, ColumnElement[int]]

THIS_SCOPE = sa.bindparam("scope", type_=sa.BigInteger)
TODAY = sa.bindparam("today", type_=sa.Date)
NO_DAY = sa.cast(sa.null(), sa.Date)

totals, reset, manual = table_of(Totals), table_of(Reset), table_of(ManualValue)
measure, scope = table_of(Measure), table_of(Scope)


def verdicts(
    rule_set: RuleSet, basis: SoldBasis, judged_on: JudgedOn, among: Select[typing.Any] | None = None
) -> tuple[Select[typing.Any], Select[typing.Any]]:
    """Return what rules and manual values give today to each client of a scope.

    Two statements: the first answers for those who have totals, the second for those who have a manual value only.
    They are not one UNION, whose rows SQLite would hand on one by one instead of reading the totals in place.
    Columns: scope_id, client_id, value, origin, rule (its key), next_on. Of a client without a value `origin` is
    `rule`, as in `core_standing`. `among` selects the ids of the clients to judge; a list of ids may also be given by
    a `where` on the column `client_id`.
    """
    resetting = rule_set.inactive_days if judged_on is JudgedOn.SINCE_RESET else None
    everybody = [_counted(basis, resetting), _uncounted()]
    if among is not None:
        everybody = [some.where(some.selected_columns.client_id.in_(among)) for some in everybody]
    counted, uncounted = (_verdicts(rule_set, some.subquery("judged")) for some in everybody)
    return counted, uncounted


def _verdicts(rule_set: RuleSet, judged: Subquery) -> Select[typing.Any]:
    gap = rule_set.inactive_days
    figures, last_day = {metric: judged.c[metric.value] for metric in Metric}, judged.c.last_day
    tests = [(_test(rule.when, figures, last_day), rule) for rule in rule_set.ranked]
    by_hand = manual.c.value.is_not(None)
    inactive = sa.false() if gap is None else _inactive(last_day, gap)
    holds = _any_holds(rule_set, figures, last_day)
    nothing = sa.or_(inactive, sa.not_(holds))
    value = sa.case(
        (by_hand, manual.c.value),
        (nothing, sa.null()),
        *((test, sa.literal(rule.value, sa.BigInteger())) for test, rule in tests),
    )
    key = sa.case((sa.or_(by_hand, nothing), sa.null()), *((test, rule.key) for test, rule in tests))
    origin = sa.case((by_hand, Origin.MANUAL.value), else_=Origin.RULE.value)
    next_on = sa.case(
        (by_hand, _manual_ends(last_day, gap)),
        (inactive, sa.null()),
        else_=_rules_change(rule_set, last_day, holds),
    )
    return sa.select(
        judged.c.scope_id,
        judged.c.client_id,
        value.label("value"),
        origin.label("origin"),
        key.label("rule"),
        next_on.label("next_on"),
    ).select_from(judged.outerjoin(manual, _manual_in_force(rule_set, judged)))


def resets(gap_days: int) -> Select[typing.Any]:
    """Return the rows of `core_reset` for one scope: the sums before each client's latest gap of more than `gap_days`.

    The same as `engine.standing.reset_of` over the measures that lie within the branches' participation and not
    before the scope's history start (SEMANTICS 12). Restrict it to some clients by a `where` on `client_id`.
    """
    columns = (measure.c[name] for name in ("client_id", "local_day", "visited_on", *AMOUNTS))
    counted = (
        sa.select(*columns)
        .select_from(in_scope(measure))
        .where(measure.c.network_id == THIS_NETWORK, scope.c.id == THIS_SCOPE)
        .subquery("counted")
    )
    visit_before = sa.func.lag(counted.c.visited_on, type_=sa.Date).over(
        partition_by=counted.c.client_id, order_by=counted.c.visited_on
    )
    paired = sa.select(*counted.c, visit_before.label("visit_before")).subquery("paired")
    gap_end = sa.case((paired.c.visit_before < add_days(paired.c.visited_on, -gap_days), paired.c.visited_on))
    ended_on = sa.func.max(gap_end, type_=sa.Date).over(partition_by=paired.c.client_id)
    gapped = sa.select(*paired.c, ended_on.label("ended_on")).subquery("gapped")
    return (
        sa.select(
            THIS_NETWORK.label("network_id"),
            THIS_SCOPE.label("scope_id"),
            gapped.c.client_id,
            sa.literal(gap_days, sa.BigInteger()).label("gap_days"),
            gapped.c.ended_on,
            *(sa.cast(sa.func.sum(gapped.c[name]), sa.BigInteger).label(name) for name in AMOUNTS),
        )
        .where(sa.func.coalesce(gapped.c.visited_on, gapped.c.local_day) < gapped.c.ended_on)
        .group_by(gapped.c.client_id, gapped.c.ended_on)
    )


def _counted(basis: SoldBasis, resetting: int | None) -> Select[typing.Any]:
    """Return the clients who have totals, with the figures that rules compare, and the day of their last visit.

    With `resetting` the figures are counted from the end of the latest gap of more than so many days; the last visit
    is the real one always.
    """
    source: sa.FromClause = totals
    figures: list[ColumnElement[int]] = [totals.c[name] for name in figure_names(basis)]
    if resetting is not None:
        source = totals.outerjoin(reset, sa.and_(_same_client(reset, totals), reset.c.gap_days == resetting))
        before = [sa.func.coalesce(reset.c[name], 0) for name in figure_names(basis)]
        figures = [figure - earlier for figure, earlier in zip(figures, before, strict=True)]
    last_day = sa.func.coalesce(totals.c.visited_on, totals.c.bought_on)
    return (
        sa.select(
            totals.c.scope_id,
            totals.c.client_id,
            *(figure.label(metric.value) for figure, metric in zip(figures, Metric, strict=True)),
            last_day.label("last_day"),
        )
        .select_from(source)
        .where(totals.c.network_id == THIS_NETWORK, totals.c.scope_id == THIS_SCOPE)
    )


def _uncounted() -> Select[typing.Any]:
    """Return the clients who have a manual value and no totals: they are judged on zeros."""
    has_totals = sa.exists().where(totals.c.network_id == THIS_NETWORK, _same_client(totals, manual))
    return (
        sa.select(
            manual.c.scope_id,
            manual.c.client_id,
            *(sa.literal(0, sa.BigInteger()).label(metric.value) for metric in Metric),
            NO_DAY.label("last_day"),
        )
        .where(manual.c.network_id == THIS_NETWORK, manual.c.scope_id == THIS_SCOPE, sa.not_(has_totals))
        .distinct()
    )


def _same_client(one: Table, other: Table) -> ColumnElement[bool]:
    """Tie two tables to one client in one scope."""
    return sa.and_(*(one.c[key] == other.c[key] for key in ("network_id", "scope_id", "client_id")))


def _test(condition: Condition, figures: Figures, last_day: Day) -> ColumnElement[bool]:
    """Return whether a condition holds: true or false, never NULL."""
    match condition:
        case AtLeast(metric, value):
            return figures[metric] >= sa.literal(value, sa.BigInteger())
        case Inactive(days):
            return _inactive(last_day, days)
        case Not(inner):
            return sa.not_(_test(inner, figures, last_day))
        case Any(conditions):
            return sa.or_(sa.false(), *(_test(each, figures, last_day) for each in conditions))
        case All(conditions):
            return sa.and_(sa.true(), *(_test(each, figures, last_day) for each in conditions))


def _any_holds(rule_set: RuleSet, figures: Figures, last_day: Day) -> ColumnElement[bool]:
    """Return whether any rule holds, with one comparison per metric: most clients are done with that."""
    lowest: dict[Metric, int] = {}
    others: list[Condition] = []
    for rule in rule_set.rules:
        if isinstance(rule.when, AtLeast):
            metric, value = rule.when.metric, rule.when.value
            lowest[metric] = min(value, lowest.get(metric, value))
        else:
            others.append(rule.when)
    steps = (AtLeast(metric, value) for metric, value in lowest.items())
    return _test(Any((*steps, *others)), figures, last_day)


def _inactive(last_day: Day, days: int) -> ColumnElement[bool]:
    """Return whether the last visit lies more than `days` days back; never without one."""
    return sa.and_(last_day.is_not(None), last_day < add_days(TODAY, -days))


def _manual_in_force(rule_set: RuleSet, judged: Subquery) -> ColumnElement[bool]:
    """Tie clients to their manual value while it is in force (SEMANTICS 4)."""
    in_force = [sa.or_(manual.c.until.is_(None), manual.c.until >= TODAY)]
    if rule_set.inactive_days is not None:
        oldest = add_days(TODAY, -rule_set.inactive_days)
        in_force.append(sa.or_(sa.not_(manual.c.lapses), manual.c.granted_on >= oldest, judged.c.last_day >= oldest))
    return sa.and_(
        manual.c.network_id == THIS_NETWORK,
        manual.c.scope_id == judged.c.scope_id,
        manual.c.client_id == judged.c.client_id,
        manual.c.element == rule_set.element.value,
        manual.c.item == rule_set.item,
        *in_force,
    )


def _manual_ends(last_day: Day, gap: int | None) -> Day:
    """Return the day on which a manual value in force ends by the calendar alone, if it does."""
    ends: list[Day] = [sa.case((manual.c.until < date.max, add_days(manual.c.until, 1)))]
    if gap is not None:
        ends.append(sa.case((manual.c.lapses, add_days(latest(manual.c.granted_on, last_day), gap + 1))))
    return earliest(*ends)


def _rules_change(rule_set: RuleSet, last_day: Day, holds: ColumnElement[bool]) -> Day:
    """Return the first later day on which what the rules say may change, for a client who is not inactive."""

    def first_of(limits: Sequence[int]) -> Day:
        ahead = [(last_day >= add_days(TODAY, -days), add_days(last_day, days + 1)) for days in limits]
        return sa.case(*ahead) if ahead else NO_DAY

    while_given, while_nothing = changing_limits(rule_set)
    return sa.case((holds, first_of(while_given)), else_=first_of(while_nothing))
