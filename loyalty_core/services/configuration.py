"""A network's configuration: immutable, cached by its version, compiled once per programme version.

Programmes, settings, branches and scopes change rarely; every change raises `core_network.config_version` in its own
transaction, and every unit of work reads that number first (DATA, *Hot rows and caches*).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from loyalty_core.decisions.rules import RuleSet
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.engine.standing import Judged
from loyalty_core.errors import LoyaltyError
from loyalty_core.facts.combination import CombinationPolicy
from loyalty_core.facts.money import Currency, Rounding
from loyalty_core.facts.programme import JudgedOn, Level, SoldBasis
from loyalty_core.facts.standing import Element, Verdict
from loyalty_core.plugging.dispatch import Failure
from loyalty_core.services.combination import DEFAULT, policy_of
from loyalty_core.services.in_force import InForce, OfferRow, ProgrammeRow, read_in_force
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.tables import Branch, Network, Scope, ScopeBranch
from loyalty_core.storage.work import Work, table_of

VISITS_PER_DAY = "visits_per_day"
"""Setting: a client's visits count once per local day and branch (SEMANTICS 2), off by default."""

ROUNDING_MODE = "rounding_mode"
ROUNDING_LEVEL = "rounding_level"
"""Settings: how percentages are rounded, and what is rounded (SEMANTICS 1)."""

COMBINATION = "combination"
"""Setting: the combination policy, see `services.combination`."""

SETTINGS: Mapping[str, object] = {
    VISITS_PER_DAY: False,
    ROUNDING_MODE: Rounding.HALF_UP.value,
    ROUNDING_LEVEL: RoundingLevel.LINE.value,
    COMBINATION: dict(DEFAULT),
}
"""Every setting of a network with its default."""

CHOICES: Mapping[str, tuple[str, ...]] = {ROUNDING_MODE: tuple(Rounding), ROUNDING_LEVEL: tuple(RoundingLevel)}
"""What a setting may be, where not every value of its kind will do."""


@dataclass(frozen=True, slots=True)
class Part:
    """A branch's part in a scope."""

    scope_id: int
    starts_on: date
    ends_before: date | None
    history_from: date | None

    def holds_on(self, day: date) -> bool:
        """Whether facts of that local day belong to the scope."""
        return (
            self.starts_on <= day
            and (self.ends_before is None or day < self.ends_before)
            and (self.history_from is None or self.history_from <= day)
        )


@dataclass(frozen=True, slots=True)
class CompiledSet:
    """A rule set in force, its author, and its function over a batch."""

    plugin: str
    rule_set: RuleSet
    verdicts: Callable[[Sequence[Judged], date], list[Verdict]]

    @property
    def slot(self) -> tuple[Element, str]:
        """Return the element and item that the set decides."""
        return self.rule_set.element, self.rule_set.item


@dataclass(frozen=True, slots=True)
class CompiledProgramme:
    """A programme version in force, compiled; `failures` are plugins whose part could not be.

    `complete` is false while an active plugin does not speak: it failed here, is not loaded, or waits for a migration.
    What it gave is then left as it is, because nobody knows what it would say (RELIABILITY I23).
    """

    id: int
    version_id: int
    number: int
    kind: str
    basis: SoldBasis
    judged_on: JudgedOn
    name: str
    sets: tuple[CompiledSet, ...]
    failures: tuple[Failure, ...]
    complete: bool

    @property
    def gaps(self) -> tuple[int, ...]:
        """Return the inactivity gaps that reset what clients are judged on; none for lifetime totals."""
        if self.judged_on is JudgedOn.LIFETIME:
            return ()
        days = {each.rule_set.inactive_days for each in self.sets}
        return tuple(sorted(day for day in days if day is not None))


@dataclass(frozen=True)
class Configuration:
    """What is configured in one network, as of one version."""

    version: int
    currency: Currency
    zone: ZoneInfo
    branches: Mapping[int, ZoneInfo]
    branch_ids: Mapping[str, int]
    parts: Mapping[int, tuple[Part, ...]]
    scope_zones: Mapping[int, ZoneInfo]
    own_scopes: Mapping[int, int]
    settings: Mapping[str, object]
    active: frozenset[str]
    programmes: Mapping[int, CompiledProgramme]
    offers: tuple[OfferRow, ...]
    plugin_settings: Mapping[str, Mapping[str, object]]
    suspended: frozenset[str]

    @property
    def visits_per_day(self) -> bool:
        """Whether a client's visits count once per local day and branch."""
        return self.settings[VISITS_PER_DAY] is True

    @property
    def rounding(self) -> tuple[Rounding, RoundingLevel]:
        """Return how percentages are rounded in this network."""
        return Rounding(str(self.settings[ROUNDING_MODE])), RoundingLevel(str(self.settings[ROUNDING_LEVEL]))

    @cached_property
    def policy(self) -> CombinationPolicy:
        """Return which lanes may meet on one line, and on what they work."""
        return policy_of(cast("dict[str, Any]", self.settings[COMBINATION]))

    @cached_property
    def _scopes_on(self) -> dict[tuple[int, date], tuple[int, ...]]:
        return {}

    def scopes_on(self, branch_id: int, day: date) -> tuple[int, ...]:
        """Return the scopes in which facts of a branch and local day count, ascending."""
        known = self._scopes_on.get((branch_id, day))
        if known is None:
            parts = self.parts.get(branch_id, ())
            known = self._scopes_on[branch_id, day] = tuple(part.scope_id for part in parts if part.holds_on(day))
        return known

    def local_day(self, branch_id: int, instant: datetime) -> date:
        """Return the branch's date at an instant."""
        return instant.astimezone(self.branches[branch_id]).date()

    def today(self, scope_id: int, now: datetime) -> date:
        """Return the date in the scope's zone: the branch's own, or the network's."""
        return now.astimezone(self.scope_zones[scope_id]).date()


Compile = Callable[[ProgrammeRow, InForce, Currency], CompiledProgramme]
"""Turns a programme's version into a compiled programme; the unit of work provides it."""


def _select(model: type[Base]) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c.network_id == THIS_NETWORK)


VERSION = select(table_of(Network).c.config_version).where(table_of(Network).c.id == THIS_NETWORK)
_NETWORK = select(table_of(Network)).where(table_of(Network).c.id == THIS_NETWORK)
_BRANCHES, _SCOPES, _PARTS = _select(Branch), _select(Scope), _select(ScopeBranch)


def read_configuration(work: Work, compile_version: Compile, past: tuple[int, InForce] | None = None) -> Configuration:
    """Read and compile the configuration of the unit's network as it stands in the unit's transaction.

    With `past`, a version and what was in force then, it is the configuration as of that version; branches and their
    parts in scopes are today's, as those are dated.
    """
    network = work.execute(_NETWORK).mappings().first()
    if network is None:
        raise LoyaltyError(f"there is no network {work.network_id}")
    branches = work.execute(_BRANCHES).mappings().all()
    zones = {row["id"]: ZoneInfo(row["time_zone"]) for row in branches}
    zone = ZoneInfo(network["time_zone"])
    scopes = {row["id"]: row for row in work.execute(_SCOPES).mappings()}
    parts: dict[int, list[Part]] = {}
    own: dict[int, int] = {}
    scope_zones = dict.fromkeys(scopes, zone)
    for row in work.execute(_PARTS.order_by("scope_id", "starts_on")).mappings():
        scope = scopes[row["scope_id"]]
        part = Part(row["scope_id"], row["starts_on"], row["ends_before"], scope["history_from"])
        parts.setdefault(row["branch_id"], []).append(part)
        if scope["level"] == Level.BRANCH.value:
            own[row["branch_id"]] = row["scope_id"]
            scope_zones[row["scope_id"]] = zones[row["branch_id"]]
    version, in_force = past or (network["config_version"], read_in_force(work))
    currency = Currency(network["currency"], network["digits"])
    return Configuration(
        version=version,
        currency=currency,
        zone=zone,
        branches=zones,
        branch_ids={row["external_id"]: row["id"] for row in branches},
        parts={branch: tuple(each) for branch, each in parts.items()},
        scope_zones=scope_zones,
        own_scopes=own,
        settings={**SETTINGS, **in_force.settings},
        active=in_force.active,
        programmes={row.scope_id: compile_version(row, in_force, currency) for row in in_force.programmes},
        offers=in_force.offers,
        plugin_settings=in_force.plugin_settings,
        suspended=in_force.suspended,
    )
