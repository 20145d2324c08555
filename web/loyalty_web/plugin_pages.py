"""Plugins as their pages show them: what each adds, whether it is on and well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from loyalty_core.hookspecs import HOOKS
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Life, LoadedPlugin
from loyalty_core.plugging.tally import Health
from loyalty_core.services import plugins
from loyalty_core.services.unit import Unit
from loyalty_web import requests

HOOK_WORDS: Mapping[str, Message] = {
    "loyalty_register_settings": _("settings of its own"),
    "loyalty_register_programme_kinds": _("kinds of programme"),
    "loyalty_register_programme_part": _("a part of programmes"),
    "loyalty_register_offer_form": _("a form for offers"),
    "loyalty_compile_standing": _("rules for what clients have"),
    "loyalty_compile_offers": _("offers that compete on invoices"),
    "loyalty_load_facts": _("facts of its own about visits"),
    "loyalty_propose_changes": _("changes for single visits"),
    "loyalty_propose_adjustments": _("proposals for each invoice"),
    "loyalty_show_programme_tabs": _("tabs of the programme editor"),
}
assert HOOK_WORDS.keys() == set(HOOKS), "every hook has words"


class State(StrEnum):
    """How a plugin stands in this network, the worst first."""

    SUSPENDED = "suspended"
    BROKEN = "broken"
    BEHIND = "behind"
    RESTING = "resting"
    ON = "on"
    OFF = "off"
    BLOCKED = "blocked"
    GONE = "gone"

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to look at it."""
        return self in (State.SUSPENDED, State.BROKEN, State.BEHIND, State.RESTING, State.GONE)


@dataclass(frozen=True, slots=True)
class PluginShown:
    """One plugin in this network; `loaded` is absent for one that could not be loaded, or is not wanted, or is gone."""

    name: str
    state: State
    reason: Message | str | None
    since: datetime | None
    loaded: LoadedPlugin | None
    health: Health

    @property
    def title(self) -> Message:
        """Return what the plugin is called and does."""
        return self.loaded.title if self.loaded else Message("%(name)s", {"name": self.name})

    @property
    def is_active(self) -> bool:
        """Whether it is switched on, well or not."""
        return self.state in (State.SUSPENDED, State.RESTING, State.ON, State.GONE)

    def adds(self) -> list[Message]:
        """Return what it adds, in words."""
        if self.loaded is None:
            return []
        words = [HOOK_WORDS[hook] for hook in HOOKS if hook in self.loaded.hooks]
        if self.loaded.tables:
            words.append(ngettext("%(count)s table", "%(count)s tables", len(self.loaded.tables)))
        return words


def shown(unit: Unit) -> list[PluginShown]:
    """Return every plugin that is installed or switched on, those in trouble first, then by name."""
    suspended = plugins.suspensions(unit)
    names = {*unit.plugins.loaded, *unit.plugins.broken, *unit.plugins.blocked, *unit.configuration.active}
    found = [_shown(unit, name, suspended.get(name)) for name in sorted(names)]
    return sorted(found, key=lambda each: not each.state.is_trouble)


def one(unit: Unit, name: str) -> PluginShown | None:
    """Return one plugin, if it is installed or switched on."""
    return next((each for each in shown(unit) if each.name == name), None)


def _shown(unit: Unit, name: str, suspended: tuple[datetime, str] | None) -> PluginShown:
    dispatcher = unit.plugins.dispatcher
    state, reason = _state(unit, name, suspended)
    health = dispatcher.tally.health(name)
    if state is State.RESTING and health.latest is not None:
        reason = health.latest.problems[0].message
    since = suspended[0] if suspended else None
    return PluginShown(name, state, reason, since, unit.plugins.loaded.get(name), health)


def _state(unit: Unit, name: str, suspended: tuple[datetime, str] | None) -> tuple[State, Message | str | None]:
    active = unit.configuration.active
    life = unit.plugins.life(name, active, unit.behind)
    breakers = unit.plugins.dispatcher.breakers
    if life is None:
        return State.GONE, _("It is switched on here, but not installed any more.")
    if name in unit.plugins.blocked:
        return State.BLOCKED, _("This installation leaves it out: see LOYALTY_BLOCKED_PLUGINS.")
    if life is Life.INSTALLED:
        return State.BROKEN, unit.plugins.broken.get(name)
    if life is Life.LOADED:
        return State.BEHIND, _("Its tables wait for a migration: run `loyalty db upgrade`.")
    if suspended is not None or name in breakers.offences:
        told = suspended[1] if suspended else breakers.offences[name].problems[0].message
        return State.SUSPENDED, told
    if life is not Life.ACTIVE:
        return State.OFF, None
    return (State.RESTING if name in breakers.suspended else State.ON), None


def milliseconds(seconds: float) -> str:
    """Return a time a plugin took, to a tenth of a millisecond, as the reader writes it."""
    return requests.reader().quantity(round(seconds * 10_000) * 100)
