"""Judge whole scopes: when a programme is saved, on dates that have come, by command (SEMANTICS 4).

Set-based: a million clients take a second or two. The same as `judging`, rule by rule and row by row; a property
test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Insert, bindparam, exists, or_, select, union

from loyalty_core.decisions.rules import RuleSet
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.services.configuration import CompiledSet
from loyalty_core.services.judging import Slot, decides, sets_of
from loyalty_core.services.resets import rebuild_resets
from loyalty_core.services.unit import Unit
from loyalty_core.storage import staging
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.standing_sql import verdicts
from loyalty_core.storage.tables import ManualValue, Scope, Standing
from loyalty_core.storage.work import table_of

standing, manual, scope = table_of(Standing), table_of(ManualValue), table_of(Scope)
_SLOTS = union(
    *(
        select(table.c.element, table.c.item)
        .where(table.c.network_id == THIS_NETWORK, table.c.scope_id == bindparam("scope"))
        .distinct()
        for table in (standing, manual)
    )
)
_HELD = [
    exists().where(
        table.c.network_id == THIS_NETWORK, table.c.network_id == scope.c.network_id, table.c.scope_id == scope.c.id
    )
    for table in (standing, manual)
]
_SCOPES_WITH_STANDING = select(scope.c.id).where(scope.c.network_id == THIS_NETWORK, or_(*_HELD))
_is_due = (
    standing.c.network_id == THIS_NETWORK,
    standing.c.scope_id == bindparam("scope"),
    standing.c.next_on <= bindparam("today"),
)
_DUE = select(standing.c.client_id).where(*_is_due)
_DUE_SLOTS = select(standing.c.element, standing.c.item).where(*_is_due).distinct()


def reassess(unit: Unit, scope_ids: Sequence[int] | None = None, cause: str = "command", *, tell: bool = True) -> int:
    """Judge everybody in the given scopes, or in all, as of today; return how many elements changed.

    Safe to run twice: the second time changes nothing. One event tells of each scope, whatever the number of
    clients; the audit has them one by one.
    """
    unit.lock_standing(exclusive=True)
    return sum(_reassess(unit, scope_id, cause, tell=tell) for scope_id in _scopes(unit, scope_ids))


def reassess_due(unit: Unit, scope_ids: Sequence[int] | None = None, cause: str = "daily") -> int:
    """Judge those whose next date has come, in each scope's own zone; return how many elements changed.

    The daily job. Days on which it did not run are caught up with by the first run after them.
    """
    unit.lock_standing(exclusive=True)
    return sum(_reassess(unit, scope_id, cause, due=True) for scope_id in _scopes(unit, scope_ids))


def _scopes(unit: Unit, scope_ids: Sequence[int] | None) -> list[int]:
    if scope_ids is not None:
        return sorted(scope_ids)
    return sorted({*unit.configuration.programmes, *unit.execute(_SCOPES_WITH_STANDING).scalars()})


def differences(unit: Unit) -> int:
    """Count elements of standing, and next dates, that are kept otherwise than everybody would be judged now."""
    found = 0
    staging.prepare_staging(unit.connection)
    for scope_id in _scopes(unit, None):
        for each in _sets(unit, scope_id):
            _stage(unit, scope_id, each, due=False)
            found += unit.execute(staging.COUNTS).one().rows
    unit.connection.execute(staging.EMPTY)
    return found


def _reassess(unit: Unit, scope_id: int, cause: str, *, tell: bool = True, due: bool = False) -> int:
    if not due:
        rebuild_resets(unit, scope_id)
    staging.prepare_staging(unit.connection)
    changes = sum(_judge_all(unit, scope_id, each, cause, due=due) for each in _sets(unit, scope_id, due=due))
    if tell and changes:
        programme = unit.configuration.programmes.get(scope_id)
        version = str(programme.version_id) if programme is not None else None
        unit.emit("standings_changed", {"scope": str(scope_id), "changes": changes, "version": version, "cause": cause})
    return changes


def _sets(unit: Unit, scope_id: int, *, due: bool = False) -> list[CompiledSet]:
    """Return what decides in a scope: the programme's rule sets, and empty ones where somebody has something else.

    With `due` only of those for whom it is time.
    """
    when = {"scope": scope_id, "today": unit.configuration.today(scope_id, unit.now)} if due else {"scope": scope_id}
    named: list[Slot] = [(row.element, row.item) for row in unit.execute(_DUE_SLOTS if due else _SLOTS, when)]
    programme = unit.configuration.programmes.get(scope_id)
    return [each for each in sets_of(programme, named) if decides(each, programme)]


def _stage(unit: Unit, scope_id: int, each: CompiledSet, *, due: bool) -> None:
    """Put the differences between verdicts and kept standing into the temporary table."""
    programme = unit.configuration.programmes.get(scope_id)
    basis = programme.basis if programme is not None else SoldBasis.INVOICED
    judged_on = programme.judged_on if programme is not None else JudgedOn.LIFETIME
    element, item = each.slot
    today = unit.configuration.today(scope_id, unit.now)
    unit.connection.execute(staging.EMPTY)
    for statement in _staging(each.rule_set, basis, judged_on, due=due):
        unit.execute(statement, {"scope": scope_id, "today": today, "of_element": element.value, "of_item": item})


@lru_cache(maxsize=256)
def _staging(rule_set: RuleSet, basis: SoldBasis, judged_on: JudgedOn, *, due: bool) -> list[Insert]:
    """Return the statements that stage what a rule set gives; many branches have the same rules."""
    return [staging.stage(now) for now in verdicts(rule_set, basis, judged_on, among=_DUE if due else None)]


def _judge_all(unit: Unit, scope_id: int, each: CompiledSet, cause: str, *, due: bool) -> int:
    """Judge one slot of everybody in a scope and write the differences."""
    _stage(unit, scope_id, each, due=due)
    counts = unit.execute(staging.COUNTS).one()
    if not counts.rows:
        return 0
    element, item = each.slot
    programme = unit.configuration.programmes.get(scope_id)
    said = {
        "of_scope": scope_id,
        "of_element": element.value,
        "of_item": item,
        "of_now": unit.now,
        "of_version": programme.version_id if programme is not None else None,
    }
    if counts.changed:
        subject = f"{element}:{item}" if item else element.value
        first_id = unit.ids.block(counts.changed)
        first = {"first_id": first_id, "of_actor": unit.actor, "of_cause": cause, "of_subject": subject}
        unit.execute(staging.AUDIT, {**said, **first})
    for kind, statement in staging.WRITES.items():
        if getattr(counts, kind):
            unit.execute(statement, said)
    unit.connection.execute(staging.EMPTY)
    return int(counts.changed)


def scopes_in_turn(unit: Unit) -> list[int]:
    """Return the scopes that have something to judge: for callers that go one by one and show progress."""
    return _scopes(unit, None)
