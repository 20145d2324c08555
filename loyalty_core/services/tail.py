"""The common tail of every route: measures → totals → standing → audit → outbox.

Whatever happened, the tail is told which visits, sales and openings it touched. It measures them again, keeps the
difference, adds the difference to the totals of every scope, and lets standing follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select

from loyalty_core.services import judging
from loyalty_core.services.chunks import chunks
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.measuring import AMOUNTS, COLUMNS, RestsOn, measures
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

Kept = tuple[Any, ...]
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
    sales: Iterable[int] = (),
    openings: Iterable[int] = (),
    judge: bool = True,
) -> int:
    """Bring measures, totals and standing up to date with the named facts; return how many measures changed.

    `sales` are those without a visit; a sale that has one is settled with its visit. With `judge` false standing is
    left to a later evaluation of the scopes (bulk loading).
    """
    changed = 0
    for on, ids in ((RestsOn.VISIT, visits), (RestsOn.SALE, sales), (RestsOn.OPENING, openings)):
        for some in chunks(sorted(set(ids))):
            changed += _settle(unit, on, some, cause, judge)
    return changed


def _settle(unit: Unit, on: RestsOn, ids: Sequence[int], cause: str, judge: bool) -> int:
    per_day = unit.configuration.visits_per_day
    computed = unit.execute(measures(on, per_day=per_day, some=True), {"ids": ids})
    new: dict[Kept, Kept] = {row[: _SOURCE + 1]: tuple(row) for row in computed}
    old: dict[Kept, Kept] = {row[: _SOURCE + 1]: tuple(row) for row in unit.execute(_kept, {"ids": ids})}
    gone = [row for key, row in old.items() if new.get(key) != row]
    come = [row for key, row in new.items() if old.get(key) != row]
    if not gone and not come:
        return 0
    unit.execute_each(
        _forget, [{"of_rests_on": row[_REST], "of_kind": row[_KIND], "of_source": row[_SOURCE]} for row in gone]
    )
    unit.insert(Measure, [dict(zip(COLUMNS, row, strict=True)) for row in come])
    touched = _add_up(unit, gone, come)
    if judge:
        judging.judge(unit, touched, cause)
    return len(gone) + len(come)


def _add_up(unit: Unit, gone: Sequence[Kept], come: Sequence[Kept]) -> list[tuple[int, int]]:
    """Add the difference to the totals; return the (scope, client) pairs it touched, in lock order."""
    scopes_on = unit.configuration.scopes_on
    sums: dict[tuple[int, int], list[int]] = {}
    days: dict[tuple[int, int], list[date]] = {}
    bought: dict[tuple[int, int], list[date]] = {}
    look_again: set[tuple[int, int]] = set()
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
    keys = sorted(sums)
    if keys:
        differences = [_difference(key, sums[key], days.get(key, []), bought.get(key, [])) for key in keys]
        added = [{"network_id": unit.network_id, **each} for each in differences]
        unit.connection.execute(add_differences(unit.dialect), added)
    if look_again:
        _look_up_days(unit, look_again)
    return keys


def _difference(key: tuple[int, int], amounts: Sequence[int], visited: list[date], bought: list[date]) -> Row:
    seen = visited + bought
    return {
        "scope_id": key[0],
        "client_id": key[1],
        **dict(zip(AMOUNTS, amounts, strict=True)),
        "first_day": min(seen, default=None),
        "visited_on": max(visited, default=None),
        "bought_on": max(bought, default=None),
    }


def _look_up_days(unit: Unit, keys: set[tuple[int, int]]) -> None:
    """Set the days of clients who lost one: the only thing that a difference cannot tell."""
    found = unit.execute(days_of(), {"clients": sorted({client for _, client in keys})}).mappings()
    by_key = {(row["scope_id"], row["client_id"]): row for row in found}
    none: dict[str, date | None] = dict.fromkeys(DAYS)
    rows = []
    for scope, client in sorted(keys):
        days = by_key.get((scope, client), none)
        rows.append({"of_scope": scope, "of_client": client, **{f"new_{name}": days[name] for name in DAYS}})
    unit.execute_each(set_days(), rows)
