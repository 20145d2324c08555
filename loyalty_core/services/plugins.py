"""Switch plugins on and off in a network, at run time (ARCHITECTURE, *A plugin's life*)."""

from __future__ import annotations

from sqlalchemy import bindparam, delete

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Life
from loyalty_core.services.reassessment import reassess
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import PluginState
from loyalty_core.storage.work import table_of

state = table_of(PluginState)
_FORGET = delete(state).where(state.c.network_id == THIS_NETWORK, state.c.plugin == bindparam("of_plugin"))


def activate(unit: Unit, plugin: str) -> None:
    """Make a plugin active in this network; everybody is judged anew with its rules.

    Raises `Refused`: `unknown_plugin`, `plugin_broken` (not loaded), `plugin_behind` (its tables wait for a migration).
    """
    life = unit.plugins.life(plugin, (), unit.behind)
    if life is None:
        raise Refused(_unknown(plugin))
    if life is Life.INSTALLED:
        text = _("The plugin %(plugin)s could not be loaded: see the list of plugins.", plugin=plugin)
        raise Refused(Problem("plugin_broken", text, ("plugin",)))
    if life is Life.LOADED:
        text = _("The tables of plugin %(plugin)s are behind: run `loyalty db upgrade`.", plugin=plugin)
        raise Refused(Problem("plugin_behind", text, ("plugin",)))
    _switch(unit, plugin, active=True)


def deactivate(unit: Unit, plugin: str) -> None:
    """Make a plugin inactive in this network: what it gave falls away, its data is kept.

    Raises `Refused` with `unknown_plugin` for one that is neither installed nor active.
    """
    if unit.plugins.life(plugin, ()) is None and plugin not in unit.configuration.active:
        raise Refused(_unknown(plugin))
    _switch(unit, plugin, active=False)


def _unknown(plugin: str) -> Problem:
    return Problem("unknown_plugin", _("There is no plugin %(plugin)s.", plugin=plugin), ("plugin",))


def _switch(unit: Unit, plugin: str, *, active: bool) -> None:
    unit.lock_standing(exclusive=True)
    before = plugin in unit.configuration.active
    if before == active:
        return
    unit.execute(_FORGET, {"of_plugin": plugin})
    unit.insert(PluginState, [{"plugin": plugin, "active": active, "changed_at": unit.now, "actor": unit.actor}])
    unit.configuration_changed()
    unit.audit("plugin.switched", f"plugin:{plugin}", {"active": before}, {"active": active})
    reassess(unit, cause=f"plugin:{plugin}")
