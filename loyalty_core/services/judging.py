"""Judge clients: what rules and manual values give them now, compared with what is kept (SEMANTICS 4).

The same for one client as for a thousand; everybody of a scope is judged by one SQL expression instead
(`reassessment`). Judging twice changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, select, tuple_, update

from loyalty_core.decisions.rules import RuleSet
from loyalty_core.engine.standing import Judged, compile_rule_set
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.facts.standing import Element, Given, ManualValue, Origin, Verdict
from loyalty_core.facts.totals import Reset, Totals
from loyalty_core.services.configuration import CompiledProgramme, CompiledSet
from loyalty_core.services.resets import refresh_resets
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.work import table_of

Key = tuple[int, int]
"""A scope and a client."""

Slot = tuple[str, str]
"""An element and its item."""

standing = table_of(tables.Standing)


@cache
def _of_key(model: type[Base]) -> Select[Any]:
    table = table_of(model)
    key = (table.c.scope_id == bindparam("of_scope"), table.c.client_id == bindparam("of_client"))
    return select(table).where(table.c.network_id == THIS_NETWORK, *key)


@cache
def _of_keys(model: type[Base]) -> Select[Any]:
    table = table_of(model)
    keys = tuple_(table.c.scope_id, table.c.client_id).in_(bindparam("keys", expanding=True))
    return select(table).where(table.c.network_id == THIS_NETWORK, keys)


def _rows(unit: Unit, model: type[Base], keys: Sequence[Key]) -> Iterable[Row[Any]]:
    """Return the rows about some clients; about a single one, the usual case, by a statement without a list."""
    if len(keys) == 1:
        return unit.execute(_of_key(model), {"of_scope": keys[0][0], "of_client": keys[0][1]})
    return unit.execute(_of_keys(model), {"keys": keys}) if keys else ()


_this_row = (
    standing.c.network_id == THIS_NETWORK,
    standing.c.scope_id == bindparam("of_scope"),
    standing.c.client_id == bindparam("of_client"),
    standing.c.element == bindparam("of_element"),
    standing.c.item == bindparam("of_item"),
)
_CHANGE = (
    update(standing)
    .where(*_this_row)
    .values(
        value=bindparam("new_value"),
        origin=bindparam("new_origin"),
        version_id=bindparam("new_version_id"),
        rule=bindparam("new_rule"),
        since=bindparam("new_since"),
        next_on=bindparam("new_next_on"),
    )
)
_REMOVE = delete(standing).where(*_this_row)


def judge(
    unit: Unit, keys: Iterable[Key], cause: str, *, tell: bool = True, totals: Mapping[Key, Totals] | None = None
) -> int:
    """Bring the standing of clients up to date; return how many elements changed.

    The caller holds the standing lock, and may have `totals` at hand; the others are read. `cause` goes into the
    audit. With `tell` false no events are written.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return 0
    refresh_resets(unit, wanted)
    writer = _Writer(unit, cause, tell)
    kept: dict[Key, dict[Slot, Row[Any]]] = {}
    for row in _rows(unit, tables.Standing, wanted):
        kept.setdefault((row.scope_id, row.client_id), {})[row.element, row.item] = row
    for key, slot, verdict in verdicts(unit, wanted, kept, totals or {}):
        writer.compare(key, slot, kept.get(key, {}).get(slot), verdict)
    return writer.write()


def verdicts(
    unit: Unit, keys: Sequence[Key], kept: Mapping[Key, Mapping[Slot, object]], known: Mapping[Key, Totals]
) -> Iterator[tuple[Key, Slot, Verdict]]:
    """Yield what each client has in each slot that a rule set, a manual value or the kept standing names.

    `known` are totals that need not be read.
    """
    rows = _rows(unit, tables.Totals, [key for key in keys if key not in known])
    totals = {**known, **{(row.scope_id, row.client_id): totals_of(row) for row in rows}}
    manual = manual_values(unit, keys)
    resets = _resets(unit, keys)
    by_scope: dict[int, list[Key]] = {}
    for key in keys:
        by_scope.setdefault(key[0], []).append(key)
    for scope_id, some in by_scope.items():
        programme = unit.configuration.programmes.get(scope_id)
        today = unit.configuration.today(scope_id, unit.now)
        named = {slot for key in some for slot in (*kept.get(key, ()), *manual.get(key, ()))}
        for each in sets_of(programme, named):
            slot: Slot = each.slot
            known_by = some if decides(each, programme) else [key for key in some if slot in manual.get(key, ())]
            subjects = [
                Judged(totals.get(key, Totals()), resets.get(key, {}), manual.get(key, {}).get(slot))
                for key in known_by
            ]
            for key, verdict in zip(known_by, each.verdicts(subjects, today), strict=True):
                yield key, slot, verdict


def decides(each: CompiledSet, programme: CompiledProgramme | None) -> bool:
    """Whether a set has the say about everybody: a plugin's own, or the empty one where no plugin is silent."""
    return bool(each.plugin) or programme is None or programme.complete


def sets_of(programme: CompiledProgramme | None, named: Iterable[Slot]) -> list[CompiledSet]:
    """Return the rule sets of a programme, and an empty one for each other slot that somebody has something in."""
    found = list(programme.sets) if programme is not None else []
    ruled: set[Slot] = {each.slot for each in found}
    for element, item in sorted(set(named) - ruled):
        empty = RuleSet(Element(element), (), item=item)
        judge_ = compile_rule_set(empty, SoldBasis.INVOICED, JudgedOn.LIFETIME, 0)
        found.append(CompiledSet("", empty, judge_))
    return found


def totals_of(row: Row[Any]) -> Totals:
    """Return the facts of a row of totals."""
    return Totals(
        row.visits,
        row.no_shows,
        row.invoiced_minor,
        row.listed_minor,
        row.paid_minor,
        row.first_day,
        row.visited_on,
        row.bought_on,
    )


def manual_values(unit: Unit, keys: Sequence[Key]) -> dict[Key, dict[Slot, ManualValue]]:
    """Return the manual values of clients, those that have ended included."""
    found: dict[Key, dict[Slot, ManualValue]] = {}
    for row in _rows(unit, tables.ManualValue, keys):
        value = ManualValue(
            row.value, row.granted_on, row.granted_at, row.actor, row.reason, row.until, bool(row.lapses)
        )
        found.setdefault((row.scope_id, row.client_id), {})[row.element, row.item] = value
    return found


def _resets(unit: Unit, keys: Sequence[Key]) -> dict[Key, dict[int, Reset]]:
    programmes = unit.configuration.programmes
    resetting = [key for key in keys if key[0] in programmes and programmes[key[0]].gaps]
    found: dict[Key, dict[int, Reset]] = {}
    for row in _rows(unit, tables.Reset, resetting):
        sums = (row.visits, row.no_shows, row.invoiced_minor, row.listed_minor, row.paid_minor)
        reset = Reset(row.gap_days, row.ended_on, *sums)
        found.setdefault((row.scope_id, row.client_id), {})[row.gap_days] = reset
    return found


class _Writer:
    """Collects the differences between kept standing and verdicts, and writes them."""

    def __init__(self, unit: Unit, cause: str, tell: bool) -> None:
        self.unit = unit
        self.cause = cause
        self.tell = tell
        self.changes = 0
        self._new: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._gone: list[dict[str, Any]] = []

    def compare(self, key: Key, slot: Slot, old: Row[Any] | None, verdict: Verdict) -> None:
        """Note what must be written so that the kept row says what the verdict says."""
        given = verdict.given
        was = None if old is None or old.value is None else (old.value, old.origin, old.rule)
        now = None if given is None else (given.value, given.origin.value, given.rule)
        next_on = None if old is None else old.next_on
        if was == now and next_on == verdict.next_on:
            return
        if was != now:
            self._record(key, slot, old, given)
        place = dict(zip(("of_scope", "of_client", "of_element", "of_item"), (*key, *slot), strict=True))
        if given is None and verdict.next_on is None:
            self._gone.append(place)
            return
        kept = old is not None and was == now
        values = {
            "value": given.value if given else None,
            "origin": given.origin.value if given else Origin.RULE.value,
            "version_id": old.version_id if old is not None and kept else given and given.version_id,
            "rule": given.rule if given else None,
            "since": old.since if old is not None and kept else self.unit.now,
            "next_on": verdict.next_on,
        }
        if old is None:
            self._new.append({"scope_id": key[0], "client_id": key[1], "element": slot[0], "item": slot[1], **values})
        else:
            self._changed.append({**place, **{f"new_{name}": value for name, value in values.items()}})

    def _record(self, key: Key, slot: Slot, old: Row[Any] | None, given: Given | None) -> None:
        self.changes += 1
        scope_id, client_id = key
        before = None
        if old is not None and old.value is not None:
            before = shown(old.value, old.origin, old.version_id, old.rule)
        after = shown(given.value, given.origin.value, given.version_id, given.rule) if given is not None else None
        subject = f"{slot[0]}:{slot[1]}" if slot[1] else slot[0]
        self.unit.audit(
            "standing.changed", subject, before, after, client_id=client_id, scope_id=scope_id, cause=self.cause
        )
        value_before, value_after = (each and each["value"] for each in (before, after))
        if self.tell and value_before != value_after:
            body = {"scope": str(scope_id), "subject": subject, "before": value_before, "after": value_after}
            self.unit.emit("standing_changed", body, client_id)

    def write(self) -> int:
        """Write what was noted; return how many elements changed."""
        self.unit.insert(tables.Standing, self._new)
        self.unit.execute_each(_CHANGE, self._changed)
        self.unit.execute_each(_REMOVE, self._gone)
        return self.changes


def shown(value: int, origin: str, version_id: int | None, rule: str | None) -> dict[str, object]:
    """Return an element of a standing as the audit keeps it."""
    return {"value": value, "origin": origin, "version": version_id, "rule": rule}
