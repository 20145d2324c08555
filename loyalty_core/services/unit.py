"""The unit of work as services see it: a `Work` that knows the plugins and the network's configuration."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, update

from loyalty_core.facts.combination import CombinationPolicy, Lane
from loyalty_core.facts.money import Currency
from loyalty_core.plugging.dispatch import Failure, Occasion, Outcome
from loyalty_core.plugging.loading import Plugins
from loyalty_core.plugging.rows import own_rows, watched
from loyalty_core.services.compiling import Compiled, CompiledOffers, compile_offers, compile_programme, settings_read
from loyalty_core.services.configuration import VERSION, CompiledProgramme, Configuration, read_configuration
from loyalty_core.services.in_force import InForce, ProgrammeRow, keep, read_past
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Network
from loyalty_core.storage.work import Storage, Work, canonical, table_of

_network = table_of(Network)
_raise_version = (
    update(_network).where(_network.c.id == THIS_NETWORK).values(config_version=_network.c.config_version + 1)
)


MOST_PAST = 20
"""How many earlier configurations, or compiled offers, a process keeps at hand."""


class House(Protocol):
    """What a unit takes from the product that opened it."""

    storage: Storage
    plugins: Plugins
    secret: bytes
    behind: frozenset[str]
    compiled: Compiled

    def forget_lifted(self, network_id: int, suspended: Collection[str]) -> None:
        """Be told which plugins are suspended in a network: those that were lifted elsewhere may be asked again."""


class Unit(Work):
    """One network, one actor, one instant, one transaction, and the configuration as of it."""

    def __init__(self, house: House, connection: Connection, network_id: int, actor: str) -> None:
        super().__init__(connection, network_id, actor, house.storage.clock, house.storage.ids)
        self.plugins = house.plugins
        self.secret = house.secret
        self.behind = house.behind
        self.failures: list[Failure] = []
        self._house = house
        self._compiled = house.compiled
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
                    self._house.forget_lifted(self.network_id, cached.suspended)
            self._configuration = cached
        return self._configuration

    @contextmanager
    def configured_as_of(self, version: int) -> Iterator[bool]:
        """Let the configuration be that of an earlier version for a while; yield whether that is still known."""
        now = self.configuration
        if version == now.version:
            yield True
            return
        key = (self.network_id, version)
        if key not in self._compiled.past:
            past = read_past(self, version)
            if past is None:
                yield False
                return
            _make_room(self._compiled.past)
            self._compiled.past[key] = read_configuration(self, self._compile, (version, past))
        self._configuration = self._compiled.past[key]
        try:
            yield True
        finally:
            self._configuration = now

    @property
    def offers(self) -> CompiledOffers:
        """Return the offers of the configuration, compiled by those plugins that may be called."""
        configuration = self.configuration
        usable = self.usable(configuration.active)
        key = (self.network_id, configuration.version, usable)
        found = None if self._changed else self._compiled.offers.get(key)
        if found is None:
            found = compile_offers(self.plugins, self.occasion(), configuration)
            if not self._changed:
                _make_room(self._compiled.offers)
                self._compiled.offers[key] = found
        return found

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

    def flush(self) -> None:
        """Write what was collected, and keep the configuration if it changed."""
        if self._changed:
            keep(self, self.execute(VERSION).scalar_one())
        super().flush()

    def usable(self, active: Collection[str]) -> frozenset[str]:
        """Return the plugins that may be called: loaded, migrated, active and not suspended."""
        return self._usable(active, self.configuration.suspended)

    def _usable(self, active: Collection[str], suspended: Collection[str]) -> frozenset[str]:
        offended = self.plugins.dispatcher.breakers.offences.keys()
        return self.plugins.usable(active, self.behind, {*suspended, *offended})

    def occasion(self) -> Occasion:
        """Return what calls of plugins in this unit are about."""
        configuration = self.configuration
        usable = self.usable(configuration.active)
        return self._occasion(usable, configuration.currency, configuration.plugin_settings, configuration.policy)

    def _occasion(
        self,
        usable: Collection[str],
        currency: Currency,
        settings: Mapping[str, Mapping[str, object]],
        policy: CombinationPolicy | None = None,
    ) -> Occasion:
        return Occasion(
            self.network_id,
            currency,
            self.now,
            usable,
            own_rows(self, self.plugins.tables),
            self._settings(settings),
            lanes={*(policy or CombinationPolicy()).lanes, Lane.EVERYTHING},
            watch=watched(self),
        )

    def _settings(self, stored: Mapping[str, Mapping[str, object]]) -> Mapping[str, Mapping[str, object]]:
        key = canonical(stored)
        if key not in self._compiled.settings:
            _make_room(self._compiled.settings)
            self._compiled.settings[key] = settings_read(self.plugins, stored)
        return self._compiled.settings[key]

    def report(self, outcomes: Collection[Outcome[Any]]) -> None:
        """Keep what failed, for whoever shows the result to staff."""
        self.failures.extend(outcome.failure for outcome in outcomes if outcome.failure is not None)

    def _compile(self, row: ProgrammeRow, in_force: InForce, currency: Currency) -> CompiledProgramme:
        usable = self._usable(in_force.active, in_force.suspended)
        key = (row.version_id, in_force.active, usable, canonical(in_force.plugin_settings))
        if key not in self._compiled.programmes:
            occasion = self._occasion(usable, currency, in_force.plugin_settings)
            self._compiled.programmes[key] = compile_programme(
                self.plugins, occasion, row, json.loads(row.body), in_force.active
            )
        return self._compiled.programmes[key]


def _make_room(kept: dict[Any, Any]) -> None:
    """Forget what was compiled first, of too much."""
    while len(kept) >= MOST_PAST:
        del kept[next(iter(kept))]
