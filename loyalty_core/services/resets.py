"""Keep the sums at the end of the latest inactivity gap, where a programme judges since the reset (SEMANTICS 4)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Delete, Insert, bindparam, delete, insert

from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.standing_sql import resets
from loyalty_core.storage.tables import Reset
from loyalty_core.storage.work import table_of

reset = table_of(Reset)
_FORGET = delete(reset).where(reset.c.network_id == THIS_NETWORK, reset.c.scope_id == bindparam("scope"))
_some: BindParameter[Any] = bindparam("clients", expanding=True)


@cache
def _fill(gap_days: int, *, some: bool) -> Insert:
    rows: Any = resets(gap_days)
    if some:
        rows = rows.where(rows.selected_columns.client_id.in_(_some))
    return insert(reset).from_select([column.name for column in reset.c], rows)


@cache
def _forget(*, some: bool) -> Delete:
    return _FORGET.where(reset.c.client_id.in_(_some)) if some else _FORGET


def refresh_resets(unit: Unit, keys: Sequence[tuple[int, int]]) -> None:
    """Compute the resets of some clients anew, in those of their scopes whose programme judges since the reset."""
    programmes = unit.configuration.programmes
    by_scope: dict[int, list[int]] = {}
    for scope_id, client_id in keys:
        if scope_id in programmes and programmes[scope_id].gaps:
            by_scope.setdefault(scope_id, []).append(client_id)
    for scope_id, clients in by_scope.items():
        unit.execute(_forget(some=True), {"scope": scope_id, "clients": clients})
        for gap_days in programmes[scope_id].gaps:
            unit.execute(_fill(gap_days, some=True), {"scope": scope_id, "clients": clients})


def rebuild_resets(unit: Unit, scope_id: int) -> None:
    """Compute the resets of everybody in a scope anew; none where the programme judges on lifetime totals."""
    programme = unit.configuration.programmes.get(scope_id)
    unit.execute(_forget(some=False), {"scope": scope_id})
    for gap_days in programme.gaps if programme is not None else ():
        unit.execute(_fill(gap_days, some=False), {"scope": scope_id})
