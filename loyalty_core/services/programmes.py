"""Programmes: immutable versions, a pointer that moves, everybody judged anew (SEMANTICS 4 and 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select, update

from loyalty_core.engine.checking import text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.programme import JudgedOn, Level
from loyalty_core.messages import gettext as _
from loyalty_core.services.compiling import compile_programme
from loyalty_core.services.in_force import PROGRAMMES, ProgrammeRow
from loyalty_core.services.reassessment import reassess
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Programme, ProgrammeVersion, Scope
from loyalty_core.storage.work import canonical, table_of

programme, scope = table_of(Programme), table_of(Scope)
_LEVELS = select(scope.c.id, scope.c.level).where(scope.c.network_id == THIS_NETWORK)
_POINT = (
    update(programme)
    .where(programme.c.network_id == THIS_NETWORK, programme.c.id == bindparam("of_id"))
    .values(version_id=bindparam("new_version"))
)


@dataclass(frozen=True, slots=True)
class ProgrammeInput:
    """A programme as staff save it; `parts` are the plugins' own parts by plugin name."""

    kind: str
    scope_id: int
    name: str
    judged_on: JudgedOn = JudgedOn.LIFETIME
    parts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedProgramme:
    """A programme's version in force; `changed` is false when it said so already."""

    id: int
    version_id: int
    number: int
    changed: bool


def save(
    unit: Unit,
    kind: str,
    scope_id: int,
    name: str,
    judged_on: JudgedOn = JudgedOn.LIFETIME,
    parts: Mapping[str, Mapping[str, object]] | None = None,
) -> SavedProgramme:
    """Save one programme as a new version and judge everybody in its scope anew; see `save_many`."""
    try:
        return save_many(unit, [ProgrammeInput(kind, scope_id, name, judged_on, parts or {})])[0]
    except Refused as refused:
        raise refused.of_one() from None


def save_many(unit: Unit, programmes: Sequence[ProgrammeInput], *, judge: bool = True) -> list[SavedProgramme]:
    """Save programmes in one go; one that says what it said before stays as it is.

    Parts are validated by the plugins' schemas and compiled at once: a version that does not compile is refused.
    Raises `Refused` with every problem: an empty name, `unknown_kind`, `unknown_scope`, `wrong_level`, `scope_twice`,
    and those of the plugins, whose paths begin with (index, "parts", plugin). With `judge` false the caller
    reassesses the scopes.
    """
    unit.lock_standing(exclusive=True)
    in_force = {(row.scope_id, row.kind): row for row in unit.execute(PROGRAMMES)}
    levels = {row.id: row.level for row in unit.execute(_LEVELS)}
    problems: list[Problem] = []
    bodies: list[dict[str, Any]] = []
    for number, given in enumerate(programmes):
        found = _problems(unit, given, levels)
        if not found:
            body, found = _body(unit, given)
            bodies.append(body)
        problems.extend(problem.under(number) for problem in found)
    if len({given.scope_id for given in programmes}) < len(programmes):
        problems.append(Problem("scope_twice", _("A scope has one programme of a kind.")))
    if problems:
        raise Refused(problems)
    saved = []
    rows: dict[str, list[dict[str, Any]]] = {"new": [], "moved": [], "versions": []}
    for given, body in zip(programmes, bodies, strict=True):
        saved.append(_save(unit, given, body, in_force.get((given.scope_id, given.kind)), rows))
    unit.insert(Programme, rows["new"])
    unit.insert(ProgrammeVersion, rows["versions"])
    unit.execute_each(_POINT, rows["moved"])
    if rows["versions"]:
        unit.configuration_changed()
    if judge:
        for given, each in zip(programmes, saved, strict=True):
            if each.changed:
                reassess(unit, [given.scope_id], cause=f"programme:{each.version_id}")
    return saved


def in_force(unit: Unit, scope_id: int) -> list[dict[str, Any]]:
    """Return the programmes of a scope as they were saved: kind, version number, name, settings, parts."""
    return [
        {"kind": row.kind, "number": row.number, **json.loads(row.body)}
        for row in unit.execute(PROGRAMMES)
        if row.scope_id == scope_id
    ]


def _problems(unit: Unit, given: ProgrammeInput, levels: Mapping[int, str]) -> list[Problem]:
    found = [problem for problem in (text_problem(given.name, 200, "name"),) if problem]
    if not isinstance(given.judged_on, JudgedOn):
        text = _("Choose one of: %(choices)s.", choices=", ".join(JudgedOn))
        found.append(Problem("unknown_choice", text, ("judged_on",)))
    kind = unit.plugins.kinds.get(given.kind)
    if kind is None or kind.plugin not in unit.usable(unit.configuration.active):
        text = _("No active plugin provides programmes of the kind %(kind)s.", kind=given.kind)
        found.append(Problem("unknown_kind", text, ("kind",)))
    if given.scope_id not in levels:
        found.append(Problem("unknown_scope", _("There is no such branch or network programme."), ("scope_id",)))
    elif kind is not None and levels[given.scope_id] != kind.kind.level.value:
        text = _("This kind of programme belongs to a branch.")
        if kind.kind.level is Level.NETWORK:
            text = _("This kind of programme belongs to the network.")
        found.append(Problem("wrong_level", text, ("scope_id",)))
    return found


def _body(unit: Unit, given: ProgrammeInput) -> tuple[dict[str, Any], list[Problem]]:
    """Return a programme as it is stored, and what keeps it from being saved."""
    try:
        parts = unit.plugins.check_parts(given.parts)
    except Refused as refused:
        return {}, [problem.under("parts") for problem in refused.problems]
    body = {"name": given.name, "judged_on": given.judged_on.value, "parts": parts}
    row = ProgrammeRow(0, given.kind, given.scope_id, 0, 0, "")
    configuration = unit.configuration
    occasion = unit.occasion()
    compiled = compile_programme(unit.plugins, occasion, row, body, configuration.active)
    return body, [
        problem.under("parts", failure.plugin) for failure in compiled.failures for problem in failure.problems
    ]


def _save(
    unit: Unit, given: ProgrammeInput, body: dict[str, Any], old: Any, rows: dict[str, list[dict[str, Any]]]
) -> SavedProgramme:
    """Collect the rows of one programme, unless it says what it said before."""
    text = canonical(body)
    if old is not None and old.body == text:
        return SavedProgramme(old.id, old.version_id, old.number, changed=False)
    version_id = unit.ids.next()
    id_ = old.id if old is not None else unit.ids.next()
    number = old.number + 1 if old is not None else 1
    if old is None:
        rows["new"].append({"id": id_, "kind": given.kind, "scope_id": given.scope_id, "version_id": version_id})
    else:
        rows["moved"].append({"of_id": id_, "new_version": version_id})
    rows["versions"].append(
        {
            "id": version_id,
            "programme_id": id_,
            "number": number,
            "body": text,
            "saved_at": unit.now,
            "actor": unit.actor,
        }
    )
    before = None if old is None else {"version": old.version_id, **json.loads(old.body)}
    after = {"version": version_id, **body}
    unit.audit("programme.saved", f"programme:{id_}", before, after, scope_id=given.scope_id)
    unit.emit("programme_saved", {"programme": str(id_), "version": str(version_id)})
    return SavedProgramme(id_, version_id, number, changed=True)
