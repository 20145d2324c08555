"""The common tail of every route: measures → totals → standing → audit → outbox.

Whatever happened, the tail is told which visits, sales and openings it touched. It measures them again, keeps the
difference, adds the difference to the totals of every scope, and lets standing follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select

from loyalty_core.facts.totals import Totals
from loyalty_core.services import judging
from loyalty_core.services.chunks import chunks
from loyalty_core.services.judging import Key, totals_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.measuring import AMOUNTS, COLUMNS, RestsOn, measure_new_visits, measures
from loyalty_core.storage.tables import Measure
from loyalty_core.storage.totals_sql import DAYS, add_differences, days_of, set_days
from loyalty_core.storage.work import Row, table_of

measure = table_of(Measure)
_kept = select(*(measure.c[name] for name in COLUMNS)).where(
    measure.c.network_id == THIS_NETWORK, measure.c.rests_on.in_(bindparam("ids", expanding=True))
)
_forget = delete(measure).where(
    measure.c.network_id == THIS_NETWORK,
    measure.c.rests_on == bindparam("of_rests_on"),
    measure.c.source_kind == bindparam("of_kind"),
    measure.c.source_id == bindparam("of_source"),
)

Kept = Sequence[Any]
"""A measure: a row of `COLUMNS`, or a tuple of the same."""

_REST, _KIND, _SOURCE, _CLIENT, _BRANCH, _DAY = (
    COLUMNS.index(name) for name in ("rests_on", "source_kind", "source_id", "client_id", "branch_id", "local_day")
)
_FIRST_AMOUNT = COLUMNS.index(AMOUNTS[0])
_VISITED, _BOUGHT = COLUMNS.index("visited_on"), COLUMNS.index("bought_on")


def settle(
    unit: Unit,
    cause: str,
    *,
    visits: Iterable[int] = (),
    new_visits: Iterable[int] = (),
    sales: Iterable[int] = (),
    openings: Iterable[int] = (),
    judge: bool = True,
) -> int:
    """Bring measures, totals and standing up to date with the named facts; return how many measures changed.

    `new_visits` were written just now and have no sales. `sales` are those without a visit; a sale that has one is
    settled with its visit. With `judge` false standing is left to a later evaluation of the scopes (bulk loading).
    """
    changed = 0
    totals: dict[Key, Totals | None] = {}
    for some in chunks(sorted(set(new_visits))):
        come = unit.execute(measure_new_visits(per_day=unit.configuration.visits_per_day), {"ids": some}).all()
        totals.update(_add_up(unit, [], come, judge))
        changed += len(come)
    for on, ids in ((RestsOn.VISIT, visits), (RestsOn.SALE, sales), (RestsOn.OPENING, openings)):
        for some in chunks(sorted(set(ids))):
            gone, came = _measure_again(unit, on, some)
            totals.update(_add_up(unit, gone, came, judge))
            changed += len(gone) + len(came)
    if judge:  # once, when everything is counted: standing must not go to and fro
        judging.judge(unit, totals, cause, totals={key: each for key, each in totals.items() if each is not None})
    return changed


def _measure_again(unit: Unit, on: RestsOn, ids: Sequence[int]) -> tuple[list[Kept], list[Kept]]:
    """Measure facts and keep the difference; return the measures that went and those that came."""
    per_day = unit.configuration.visits_per_day
    computed = unit.execute(measures(on, per_day=per_day, some=True), {"ids": ids})
    new: dict[Kept, Kept] = {row[: _SOURCE + 1]: tuple(row) for row in computed}
    old: dict[Kept, Kept] = {row[: _SOURCE + 1]: tuple(row) for row in unit.execute(_kept, {"ids": ids})}
    gone = [row for key, row in old.items() if new.get(key) != row]
    come = [row for key, row in new.items() if old.get(key) != row]
    unit.execute_each(
        _forget, [{"of_rests_on": row[_REST], "of_kind": row[_KIND], "of_source": row[_SOURCE]} for row in gone]
    )
    unit.insert(Measure, [dict(zip(COLUMNS, row, strict=True)) for row in come])
    return gone, come


def _add_up(unit: Unit, gone: Sequence[Kept], come: Sequence[Kept], judge: bool) -> dict[Key, Totals | None]:
    """Let totals follow what went and came; return them by key, those at hand if somebody is to be judged."""
    sums, look_again = _differences(unit, gone, come)
    found: dict[Key, Totals | None] = dict.fromkeys(sums)
    if sums:
        added = [{"network_id": unit.network_id, **sums[key]} for key in sorted(sums)]  # sorted: in lock order
        answer = unit.connection.execute(add_differences(unit.dialect, returning=judge), added)
        if judge:
            found.update(((row.scope_id, row.client_id), totals_of(row)) for row in answer)
    if look_again:
        _look_up_days(unit, look_again)
        found.update(dict.fromkeys(look_again))
    return found


def _differences(unit: Unit, gone: Sequence[Kept], come: Sequence[Kept]) -> tuple[dict[Key, Row], set[Key]]:
    """Return what to add to the totals by scope and client, and who lost a day, so that it must be looked up."""
    scopes_on = unit.configuration.scopes_on
    sums: dict[Key, list[int]] = {}
    days: dict[Key, list[date]] = {}
    bought: dict[Key, list[date]] = {}
    look_again: set[Key] = set()
    for sign, rows in ((-1, gone), (1, come)):
        for row in rows:
            for scope_id in scopes_on(row[_BRANCH], row[_DAY]):
                key = (scope_id, row[_CLIENT])
                amounts = sums.setdefault(key, [0] * len(AMOUNTS))
                for place in range(len(AMOUNTS)):
                    amounts[place] += sign * row[_FIRST_AMOUNT + place]
                if sign < 0 and (row[_VISITED] or row[_BOUGHT]):
                    look_again.add(key)
                elif row[_VISITED]:
                    days.setdefault(key, []).append(row[_VISITED])
                elif row[_BOUGHT]:
                    bought.setdefault(key, []).append(row[_BOUGHT])
    differences = {key: _difference(key, sums[key], days.get(key, []), bought.get(key, [])) for key in sums}
    return differences, look_again


def _difference(key: Key, amounts: Sequence[int], visited: list[date], bought: list[date]) -> Row:
    seen = visited + bought
    return {
        "scope_id": key[0],
        "client_id": key[1],
        **dict(zip(AMOUNTS, amounts, strict=True)),
        "first_day": min(seen, default=None),
        "visited_on": max(visited, default=None),
        "bought_on": max(bought, default=None),
    }


def _look_up_days(unit: Unit, keys: set[Key]) -> None:
    """Set the days of clients who lost one: the only thing that a difference cannot tell."""
    found = unit.execute(days_of(), {"clients": sorted({client for _, client in keys})}).mappings()
    by_key = {(row["scope_id"], row["client_id"]): row for row in found}
    none: dict[str, date | None] = dict.fromkeys(DAYS)
    rows = []
    for scope, client in sorted(keys):
        days = by_key.get((scope, client), none)
        rows.append({"of_scope": scope, "of_client": client, **{f"new_{name}": days[name] for name in DAYS}})
    unit.execute_each(set_days(), rows)
