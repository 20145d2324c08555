"""Programmes as their editor shows them: what is in force, who saved what when, whom each rule decides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.standing import Element, Origin
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Programme, ProgrammeVersion, Standing
from loyalty_core.storage.work import table_of

_programme, _version, _standing = table_of(Programme), table_of(ProgrammeVersion), table_of(Standing)
_versions = (
    select(_version, _programme.c.kind, _programme.c.version_id)
    .join(
        _programme,
        and_(_programme.c.network_id == _version.c.network_id, _programme.c.id == _version.c.programme_id),
    )
    .where(
        _version.c.network_id == THIS_NETWORK,
        _programme.c.scope_id == bindparam("of_scope"),
        _programme.c.kind == bindparam("of_kind"),
    )
    .order_by(_version.c.number.desc())
)
_decided = (
    select(_standing.c.element, _standing.c.rule, func.count().label("clients"))
    .where(
        _standing.c.network_id == THIS_NETWORK,
        _standing.c.scope_id == bindparam("of_scope"),
        _standing.c.origin == Origin.RULE.value,
        _standing.c.value.is_not(None),
        _standing.c.rule.is_not(None),
    )
    .group_by(_standing.c.element, _standing.c.rule)
)


@dataclass(frozen=True, slots=True)
class Version:
    """What a programme said from one moment on, and who said so."""

    id: int
    number: int
    saved_at: datetime
    actor: str
    name: str
    judged_on: JudgedOn
    parts: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ProgrammeShown:
    """A programme of a scope: its versions, the one in force first."""

    kind: str
    versions: tuple[Version, ...]

    @property
    def now(self) -> Version:
        """Return the version in force."""
        return self.versions[0]


def shown(unit: Unit, scope_id: int, kind: str) -> ProgrammeShown | None:
    """Return the programme of one kind in a scope with its versions; nothing where none was saved yet."""
    versions = [
        Version(row.id, row.number, row.saved_at, row.actor, **_said(json.loads(row.body)))
        for row in unit.execute(_versions, {"of_scope": scope_id, "of_kind": kind})
    ]
    return ProgrammeShown(kind, tuple(versions)) if versions else None


def decided(unit: Unit, scope_id: int) -> Mapping[Element, Mapping[str, int]]:
    """Return how many clients of a scope each rule decides, by element and the rule's key.

    Whoever has a value by hand is in none of them, so that the rules of an element add up to all it is decided for.
    """
    found: dict[Element, dict[str, int]] = {element: {} for element in Element}
    for row in unit.execute(_decided, {"of_scope": scope_id}):
        found[Element(row.element)][row.rule] = row.clients
    return found


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": body["name"], "judged_on": JudgedOn(body["judged_on"]), "parts": body["parts"]}
