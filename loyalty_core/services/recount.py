"""Recount everything from the facts, report what was kept differently, and repair it when told to (SEMANTICS 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    except_,
    func,
    insert,
    not_,
    select,
    union_all,
)

from loyalty_core.services.reassessment import differences, reassess
from loyalty_core.services.resets import rebuild_resets
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.measuring import AMOUNTS, COLUMNS, RestsOn, measures
from loyalty_core.storage.standing_sql import resets
from loyalty_core.storage.tables import ManualValue, Measure, Reset, Standing, Totals
from loyalty_core.storage.totals_sql import DAYS, KEYS, sums_by_scope
from loyalty_core.storage.work import table_of

measure, totals, standing, manual = (table_of(model) for model in (Measure, Totals, Standing, ManualValue))
reset = table_of(Reset)
_KEPT_MEASURES = select(*(measure.c[name] for name in COLUMNS)).where(measure.c.network_id == THIS_NETWORK)
_RESETS_OF_SCOPE = select(reset).where(reset.c.network_id == THIS_NETWORK, reset.c.scope_id == bindparam("scope"))
_NO_RESETS = _RESETS_OF_SCOPE.where(reset.c.gap_days < 0)
_SCOPES_WITH_RESETS = select(reset.c.scope_id).where(reset.c.network_id == THIS_NETWORK).distinct()
_TOTAL_COLUMNS = (*KEYS, *AMOUNTS, *DAYS)


@dataclass(frozen=True, slots=True)
class Drift:
    """How many kept rows differ from a recount; all zero is how it must be.

    `totals` are those of clients, and their sums before a reset. Resets rest on the measures that are kept, standing
    on the totals: where those are wrong, only a repair, which goes step by step, tells how much of the rest was.
    """

    measures: int
    totals: int
    standing: int

    @property
    def none(self) -> bool:
        """Whether everything kept equals the recount."""
        return not (self.measures or self.totals or self.standing)


def recount(unit: Unit, *, repair: bool = False) -> Drift:
    """Count all facts of the network anew and compare with what is kept; `repair` puts it right, silently.

    Standing is compared as of today: run the daily job first, or what has come due since shows as drift. A repair
    is audited row by row where it changes standing, and sends no events.
    """
    unit.lock_standing(exclusive=True)
    measured = _measures(unit, repair)
    added_up = _totals(unit, repair) + _resets(unit, repair)
    drift = Drift(measured, added_up, _strays(unit, repair) + differences(unit))
    if repair:
        reassess(unit, cause="recount", tell=False)
        if not drift.none:
            unit.audit("recount.repaired", "recount", None, {each: getattr(drift, each) for each in Drift.__slots__})
    return drift


def _computed(unit: Unit) -> CompoundSelect[Any]:
    per_day = unit.configuration.visits_per_day
    arms: list[Any] = []
    for on in RestsOn:
        statement = measures(on, per_day=per_day, some=False)
        arms.extend(statement.selects if isinstance(statement, CompoundSelect) else [statement])
    return union_all(*arms)


def _differing(unit: Unit, kept: Any, counted: Any, params: Mapping[str, Any] | None = None) -> int:
    """Count rows that are in one and not in the other."""
    both = (except_(kept, counted).subquery(), except_(counted, kept).subquery())
    missing, wrong = (unit.execute(select(func.count()).select_from(each), params).scalar_one() for each in both)
    return int(max(missing, wrong))


def _measures(unit: Unit, repair: bool) -> int:
    rows = _computed(unit).subquery("computed")
    found = _differing(unit, _KEPT_MEASURES, select(*(rows.c[name] for name in COLUMNS)))
    if found and repair:
        unit.execute(delete(measure).where(measure.c.network_id == THIS_NETWORK))
        named = [measure.c.network_id, *(measure.c[name] for name in COLUMNS)]
        unit.execute(insert(measure).from_select(named, select(THIS_NETWORK, *(rows.c[name] for name in COLUMNS))))
    return found


def _something(rows: FromClause) -> Any:
    """Whether a row of totals says anything: rows of zeros stay behind when facts are taken back."""
    nothing = and_(*(rows.c[name] == 0 for name in AMOUNTS), *(rows.c[name].is_(None) for name in DAYS))
    return not_(nothing)


def _totals(unit: Unit, repair: bool) -> int:
    counted = sums_by_scope(_computed(unit).subquery("computed")).subquery("counted")
    right: Select[Any] = select(*(counted.c[name] for name in _TOTAL_COLUMNS)).where(_something(counted))
    kept = select(*(totals.c[name] for name in _TOTAL_COLUMNS)).where(
        totals.c.network_id == THIS_NETWORK, _something(totals)
    )
    found = _differing(unit, kept, right)
    if found and repair:
        unit.execute(delete(totals).where(totals.c.network_id == THIS_NETWORK))
        names = ["network_id", *_TOTAL_COLUMNS]
        rows = select(THIS_NETWORK, *(counted.c[name] for name in _TOTAL_COLUMNS)).where(_something(counted))
        unit.execute(insert(totals).from_select(names, rows))
    return found


def _resets(unit: Unit, repair: bool) -> int:
    """Count sums before a reset that are kept otherwise, in the scopes whose programme has some or that keep some."""
    programmes = unit.configuration.programmes
    gaps = {scope_id: programme.gaps for scope_id, programme in programmes.items() if programme.gaps}
    found = 0
    for scope_id in sorted({*gaps, *unit.execute(_SCOPES_WITH_RESETS).scalars()}):
        counted = union_all(_NO_RESETS, *(resets(gap) for gap in gaps.get(scope_id, ()))).subquery("counted")
        differing = _differing(unit, _RESETS_OF_SCOPE, select(counted), {"scope": scope_id})
        if differing and repair:
            rebuild_resets(unit, scope_id)
        found += differing
    return found


def _strays(unit: Unit, repair: bool) -> int:
    """Count standing of clients who have neither totals nor a manual value, and remove it in a repair."""
    lone = [
        ~select(1)
        .where(
            table.c.network_id == THIS_NETWORK,
            table.c.network_id == standing.c.network_id,
            table.c.scope_id == standing.c.scope_id,
            table.c.client_id == standing.c.client_id,
        )
        .correlate(standing)
        .exists()
        for table in (totals, manual)
    ]
    where = (standing.c.network_id == THIS_NETWORK, *lone)
    found = unit.execute(select(func.count()).select_from(standing).where(*where)).scalar_one()
    if found and repair:
        unit.execute(delete(standing).where(*where))
    return int(found)
