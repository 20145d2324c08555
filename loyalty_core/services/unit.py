"""The unit of work as services see it: a `Work` that knows the plugins and the network's configuration."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, update

from loyalty_core.decisions.rules import RuleSet
from loyalty_core.engine.standing import compile_rule_set
from loyalty_core.errors import Problem
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import JudgedOn, Programme, SoldBasis
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.dispatch import Failure, Occasion, Outcome
from loyalty_core.plugging.loading import Plugins
from loyalty_core.plugging.rows import own_rows
from loyalty_core.services.configuration import (
    VERSION,
    CompiledProgramme,
    CompiledSet,
    Configuration,
    read_configuration,
)
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Network
from loyalty_core.storage.work import Storage, Work, table_of

_network = table_of(Network)
_raise_version = (
    update(_network).where(_network.c.id == THIS_NETWORK).values(config_version=_network.c.config_version + 1)
)


@dataclass
class Compiled:
    """What one process has compiled: configurations by network, programmes by version and active plugins."""

    configurations: dict[int, Configuration] = field(default_factory=dict)
    programmes: dict[tuple[int, frozenset[str]], CompiledProgramme] = field(default_factory=dict)


class Unit(Work):
    """One network, one actor, one instant, one transaction, and the configuration as of it."""

    def __init__(
        self,
        storage: Storage,
        connection: Connection,
        network_id: int,
        actor: str,
        plugins: Plugins,
        behind: Collection[str],
        compiled: Compiled,
    ) -> None:
        super().__init__(connection, network_id, actor, storage.clock, storage.ids)
        self.plugins = plugins
        self.failures: list[Failure] = []
        self.behind = behind
        self._compiled = compiled
        self._configuration: Configuration | None = None
        self._changed = False

    @property
    def configuration(self) -> Configuration:
        """Return the configuration in force, from the cache unless this unit changed it."""
        if self._configuration is None:
            version = self.execute(VERSION).scalar()
            cached = self._compiled.configurations.get(self.network_id)
            if cached is None or cached.version != version or self._changed:
                cached = read_configuration(self, self._compile)
                if not self._changed:
                    self._compiled.configurations[self.network_id] = cached
            self._configuration = cached
        return self._configuration

    def configuration_changed(self) -> None:
        """Raise the configuration's version: what was compiled before holds no longer, here or elsewhere."""
        self.execute(_raise_version)
        self._configuration = None
        self._changed = True

    def lock_standing(self, *, exclusive: bool) -> None:
        """Keep judging everybody and single changes apart, see `Work.lock_standing`.

        The configuration is read again, as it may have changed while this unit waited.
        """
        super().lock_standing(exclusive=exclusive)
        if self.dialect == "postgresql" and not self._changed:
            self._configuration = None

    def usable(self, active: Collection[str]) -> frozenset[str]:
        """Return the plugins that may be called: loaded, migrated and active."""
        return self.plugins.usable(active, self.behind)

    def occasion(self, active: Collection[str], currency: Currency) -> Occasion:
        """Return what calls of plugins in this unit are about."""
        rows_of = own_rows(self, self.plugins.tables)
        return Occasion(self.network_id, currency, self.now, self.usable(active), rows_of)

    def report(self, outcomes: Collection[Outcome[Any]]) -> None:
        """Keep what failed, for whoever shows the result to staff."""
        self.failures.extend(outcome.failure for outcome in outcomes if outcome.failure is not None)

    def _compile(self, row: Mapping[Any, Any], active: frozenset[str], currency: Currency) -> CompiledProgramme:
        key = (row["version_id"], active)
        if key not in self._compiled.programmes:
            self._compiled.programmes[key] = self.compile(row, json.loads(row["body"]), active, currency)
        return self._compiled.programmes[key]

    def compile(
        self, row: Mapping[Any, Any], body: Mapping[str, Any], active: Collection[str], currency: Currency
    ) -> CompiledProgramme:
        """Compile one programme version. A programme whose kind's plugin is not in use gives nothing."""
        owned = self.plugins.kinds.get(row["kind"])
        judged_on = JudgedOn(body["judged_on"])
        basis = owned.kind.basis if owned is not None else SoldBasis.INVOICED
        sets: tuple[CompiledSet, ...] = ()
        failures: tuple[Failure, ...] = ()
        if owned is not None and owned.plugin in self.usable(active):
            programme = Programme(
                id=row["id"],
                version_id=row["version_id"],
                number=row["number"],
                kind=row["kind"],
                level=owned.kind.level,
                scope_id=row["scope_id"],
                basis=basis,
                judged_on=judged_on,
                name=body["name"],
                part={},
            )
            occasion = self.occasion(active, currency)
            outcomes = self.plugins.dispatcher.compile_standing(occasion, programme, body["parts"])
            sets, failures = _compiled_sets(outcomes, basis, judged_on, row["version_id"])
        complete = not failures and self.usable(active) >= frozenset(active)
        number, name = row["number"], body["name"]
        return CompiledProgramme(
            row["id"], row["version_id"], number, row["kind"], basis, judged_on, name, sets, failures, complete
        )


def _compiled_sets(
    outcomes: Collection[Outcome[tuple[RuleSet, ...]]], basis: SoldBasis, judged_on: JudgedOn, version_id: int
) -> tuple[tuple[CompiledSet, ...], tuple[Failure, ...]]:
    """Compile rule sets. Of two plugins that decide the same element, the first by name does; the other fails."""
    failures = [outcome.failure for outcome in outcomes if outcome.failure is not None]
    taken: dict[tuple[str, str], CompiledSet] = {}
    for outcome in outcomes:
        found = outcome.answer or ()
        rival = next((taken[each.element, each.item] for each in found if (each.element, each.item) in taken), None)
        if rival is not None:
            text = _("The plugin %(rival)s already decides this element.", rival=rival.plugin)
            failures.append(Failure(outcome.plugin, "loyalty_compile_standing", (Problem("element_taken", text),)))
            continue
        for each in found:
            verdicts = compile_rule_set(each, basis, judged_on, version_id)
            taken[each.element, each.item] = CompiledSet(outcome.plugin, each, verdicts)
    return tuple(taken.values()), tuple(failures)
