"""The standing before a visit or sale: what prices it (SEMANTICS 4).

It is computed from the counted facts that come before, never read: it does not depend on when `arrived` was pressed
or whether the daily job ran. A booked visit is asked about in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import CTE, BigInteger, Select, and_, bindparam, cast, column, func, or_, select, values
from sqlalchemy.types import TypeEngine

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.engine.standing import Judged, reset_of
from loyalty_core.facts.standing import Element, Given, ManualValue, Origin
from loyalty_core.facts.totals import Reset, Totals
from loyalty_core.services.chunks import chunks
from loyalty_core.services.configuration import CompiledProgramme
from loyalty_core.services.judging import Slot, manual_values, sets_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK, Instant
from loyalty_core.storage.measuring import AMOUNTS
from loyalty_core.storage.tables import Measure
from loyalty_core.storage.totals_sql import day_columns, in_scope, part
from loyalty_core.storage.work import table_of

AT_ONCE = 100
"""How many visits one statement asks about: each is a row of its list of values."""

measure = table_of(Measure)


@dataclass(frozen=True, slots=True)
class Cut:
    """A visit or sale to be priced: what comes before (`at`, `rests_on`) counts, judged on its local day `on`.

    `id` tells the cuts of one call apart. `rests_on` is the visit, or the sale without one; for something not yet
    saved, an id greater than all others. `client_id` is the one who is served.
    """

    id: int
    client_id: int
    branch_id: int
    visit_id: int | None
    at: datetime
    rests_on: int
    on: date


@dataclass(frozen=True, slots=True)
class Before:
    """What a client had before a visit in the branch's own scope: totals, and the standing by element and item."""

    totals: Totals
    given: Mapping[tuple[Element, str], Given]

    @property
    def discount(self) -> Given | None:
        """Return the personal discount, if there is one."""
        return self.given.get((Element.DISCOUNT, ""))

    @property
    def number(self) -> int:
        """Return which visit this is: counted visits before it, and one."""
        return self.totals.visits + 1


def before(unit: Unit, cuts: Sequence[Cut]) -> dict[int, Before]:
    """Return the standing before each cut, by its id, by the rules in force and the manual values that stand now."""
    found: dict[int, Before] = {}
    for some in chunks(cuts, AT_ONCE):
        found.update(_before(unit, some))
    return found


def _before(unit: Unit, cuts: Sequence[Cut]) -> dict[int, Before]:
    scopes = {each.id: unit.configuration.own_scopes[each.branch_id] for each in cuts}
    totals = _totals(unit, cuts, scopes)
    resets = _resets(unit, cuts, scopes)
    keys = sorted({(scopes[each.id], each.client_id) for each in cuts})
    manual = manual_values(unit, keys)
    for scope_id in sorted(set(scopes.values()) & unit.configuration.programmes.keys()):
        unit.failures.extend(unit.configuration.programmes[scope_id].failures)
    given = {
        each.id: _judge(
            unit.configuration.programmes.get(scopes[each.id]),
            totals.get(each.id, Totals()),
            resets.get(each.id, {}),
            manual.get((scopes[each.id], each.client_id), {}),
            each.on,
        )
        for each in cuts
    }
    subjects = [_subject(each, scopes[each.id], totals.get(each.id, Totals()), given[each.id]) for each in cuts]
    for change, plugin in _changes(unit, subjects):
        slot = (change.element, "")
        if change.value is None:
            given[change.subject_id].pop(slot, None)
        else:
            given[change.subject_id][slot] = Given(change.value, Origin.PLUGIN, cause=plugin)
    return {each.id: Before(totals.get(each.id, Totals()), given[each.id]) for each in cuts}


def _subject(cut: Cut, scope_id: int, totals: Totals, given: Mapping[tuple[Element, str], Given]) -> Subject:
    discount = given.get((Element.DISCOUNT, ""))
    value = discount.value if discount is not None else None
    return Subject(cut.id, cut.client_id, scope_id, cut.branch_id, cut.visit_id, cut.on, totals, value)


def _judge(
    programme: CompiledProgramme | None,
    totals: Totals,
    resets: Mapping[int, Reset],
    manual: Mapping[Slot, ManualValue],
    on: date,
) -> dict[tuple[Element, str], Given]:
    found = {}
    for each in sets_of(programme, manual):
        verdict = each.verdicts([Judged(totals, resets, manual.get(each.slot))], on)[0]
        if verdict.given is not None:
            found[each.slot] = verdict.given
    return found


def _changes(unit: Unit, subjects: Sequence[Subject]) -> list[tuple[Change, str]]:
    """Ask plugins what this one visit changes; of several, the best for the client, ties by plugin name."""
    occasion = unit.occasion()
    dispatcher = unit.plugins.dispatcher
    facts = dispatcher.load_facts(occasion, subjects)
    outcomes = dispatcher.propose_changes(occasion, subjects, facts)
    unit.report([*facts, *outcomes])
    best: dict[tuple[int, Element], tuple[Change, str]] = {}
    for outcome in outcomes:
        for change in outcome.answer or ():
            rival = best.get((change.subject_id, change.element))
            if rival is None or (change.value or 0) > (rival[0].value or 0):
                best[change.subject_id, change.element] = (change, outcome.plugin)
    return list(best.values())


_COLUMNS: Mapping[str, TypeEngine[Any]] = {
    "cut_id": BigInteger(),
    "client_id": BigInteger(),
    "scope_id": BigInteger(),
    "before_at": Instant(),
    "rests_on": BigInteger(),
}
_ONE = select(*(bindparam(f"of_{name}", type_=kind).label(name) for name, kind in _COLUMNS.items())).cte("cut")
"""One cut, as every quote asks about: always the same table, so that the statement is built and compiled once."""


def _wanted(cuts: Sequence[Cut], scopes: Mapping[int, int]) -> CTE:
    """Return the cuts as a table of values."""
    rows = [_row(each, scopes) for each in cuts]
    return values(*(column(name, kind) for name, kind in _COLUMNS.items()), name="wanted").data(rows).cte("cut")


def _row(cut: Cut, scopes: Mapping[int, int]) -> tuple[int, int, int, datetime, int]:
    return cut.id, cut.client_id, scopes[cut.id], cut.at, cut.rests_on


def _asked(unit: Unit, cuts: Sequence[Cut], scopes: Mapping[int, int], statement: Callable[..., Any]) -> Any:
    """Return the answer to `statement`, which is made from the table of cuts and from what comes before them."""
    if len(cuts) > 1:
        return unit.execute(statement(_wanted(cuts, scopes), _measures_before))
    params = zip((f"of_{name}" for name in _COLUMNS), _row(cuts[0], scopes), strict=True)
    return unit.execute(_made_once(statement, _measures_before), dict(params))


@cache
def _made_once(statement: Callable[..., Any], measures_before: Callable[..., Any]) -> Any:
    return statement(_ONE, measures_before)


def _measures_before(cut: CTE, *columns: Any) -> Select[Any]:
    """Select from each cut's measures in its scope that come before it."""
    # The first condition says nothing new: it is what makes SQLite use the index by client and time.
    earlier = and_(
        measure.c.at <= cut.c.before_at,
        or_(measure.c.at < cut.c.before_at, measure.c.rests_on < cut.c.rests_on),
    )
    source = in_scope(measure).join(
        cut, and_(cut.c.scope_id == part.c.scope_id, cut.c.client_id == measure.c.client_id)
    )
    return select(cut.c.cut_id, *columns).select_from(source).where(measure.c.network_id == THIS_NETWORK, earlier)


def _sums(cut: CTE, measures_before: Callable[..., Select[Any]]) -> Select[Any]:
    sums = [cast(func.sum(measure.c[name]), BigInteger).label(name) for name in AMOUNTS]
    return measures_before(cut, *sums, *day_columns(measure)).group_by("cut_id")


def _each(cut: CTE, measures_before: Callable[..., Select[Any]]) -> Select[Any]:
    return measures_before(cut, *(measure.c[name] for name in ("local_day", "visited_on", *AMOUNTS)))


def _totals(unit: Unit, cuts: Sequence[Cut], scopes: Mapping[int, int]) -> dict[int, Totals]:
    return {row[0]: Totals(*row[1:]) for row in _asked(unit, cuts, scopes, _sums)}


def _resets(unit: Unit, cuts: Sequence[Cut], scopes: Mapping[int, int]) -> dict[int, dict[int, Reset]]:
    """Return the resets before each cut, where its programme judges since the reset."""
    programmes = unit.configuration.programmes
    gaps = {each.id: programmes[scopes[each.id]].gaps for each in cuts if scopes[each.id] in programmes}
    resetting = [each for each in cuts if gaps.get(each.id)]
    if not resetting:
        return {}
    by_cut: dict[int, list[Any]] = {}
    for row in _asked(unit, resetting, scopes, _each):
        by_cut.setdefault(row.cut_id, []).append(row)
    return {
        id_: {gap: reset for gap in gaps[id_] if (reset := reset_of(gap, rows)) is not None}
        for id_, rows in by_cut.items()
    }
