"""Switch plugins on and off in a network, suspend those that offended, keep their settings.

Source: ARCHITECTURE, *A plugin's life*; RELIABILITY, *Failing plugins*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Life
from loyalty_core.services.reassessment import reassess
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import PluginState
from loyalty_core.storage.work import canonical, table_of

state = table_of(PluginState)
_THIS = (state.c.network_id == THIS_NETWORK, state.c.plugin == bindparam("of_plugin"))
_KEPT = select(state).where(*_THIS)
_SWITCH = (
    update(state)
    .where(*_THIS)
    .values(active=bindparam("new_active"), changed_at=bindparam("new_time"), actor=bindparam("new_actor"))
)
_SUSPEND = update(state).where(*_THIS).values(suspended_at=bindparam("new_time"), suspended_for=bindparam("new_reason"))
_SUSPENDED = select(state.c.plugin, state.c.suspended_at, state.c.suspended_for).where(
    state.c.network_id == THIS_NETWORK, state.c.suspended_at.is_not(None)
)
_SET = update(state).where(*_THIS).values(settings=bindparam("new_settings"))


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


def suspend(unit: Unit, plugin: str, reason: str) -> bool:
    """Suspend a plugin that offended, until a person lifts it; return whether that is new.

    It counts as silent: what it gave to clients stays, nothing of it prices.
    """
    unit.lock_standing(exclusive=True)
    kept = _row(unit, plugin)
    if kept["suspended_at"] is not None:
        return False
    unit.execute_each(_SUSPEND, [{"of_plugin": plugin, "new_time": unit.now, "new_reason": reason}])
    unit.configuration_changed()
    unit.audit("plugin.suspended", f"plugin:{plugin}", None, {"suspended": True}, reason=reason)
    unit.emit("plugin_suspended", {"plugin": plugin})
    return True


def lift(unit: Unit, plugin: str) -> bool:
    """Let a suspended plugin be called again, because a person has looked at it; return whether it was suspended."""
    unit.lock_standing(exclusive=True)
    kept = _row(unit, plugin)
    unit.plugins.dispatcher.breakers.lift(plugin)
    if kept["suspended_at"] is None:
        return False
    unit.execute_each(_SUSPEND, [{"of_plugin": plugin, "new_time": None, "new_reason": None}])
    unit.configuration_changed()
    unit.audit("plugin.lifted", f"plugin:{plugin}", {"suspended": True}, None, reason=kept["suspended_for"])
    reassess(unit, cause=f"plugin:{plugin}")
    return True


def configure(unit: Unit, plugin: str, given: Mapping[str, object]) -> bool:
    """Set a plugin's own settings in this network; return whether that is new. They hold from the commit on.

    Raises `Refused`: `unknown_plugin`, and those of the plugin's schema.
    """
    if plugin not in unit.plugins.settings:
        raise Refused(_unknown(plugin))
    settings = canonical(unit.plugins.check_settings(plugin, given))
    unit.lock_standing(exclusive=True)
    kept = _row(unit, plugin)
    if kept["settings"] == settings:
        return False
    unit.execute_each(_SET, [{"of_plugin": plugin, "new_settings": settings}])
    unit.configuration_changed()
    before = None if kept["settings"] is None else json.loads(kept["settings"])
    unit.audit("plugin.configured", f"plugin:{plugin}", before, json.loads(settings))
    reassess(unit, cause=f"plugin:{plugin}")
    return True


def suspensions(unit: Unit) -> dict[str, tuple[datetime, str]]:
    """Return since when and why plugins are suspended, by name."""
    return {row.plugin: (row.suspended_at, row.suspended_for or "") for row in unit.execute(_SUSPENDED)}


def _row(unit: Unit, plugin: str) -> Mapping[str, Any]:
    """Return what is kept of a plugin in this network, made where there is nothing yet."""
    kept = unit.execute(_KEPT, {"of_plugin": plugin}).mappings().first()
    if kept is not None:
        return dict(kept)
    row = {"plugin": plugin, "active": False, "changed_at": unit.now, "actor": unit.actor}
    unit.insert(PluginState, [row])
    return {**row, "settings": None, "suspended_at": None, "suspended_for": None}


def _unknown(plugin: str) -> Problem:
    return Problem("unknown_plugin", _("There is no plugin %(plugin)s.", plugin=plugin), ("plugin",))


def _switch(unit: Unit, plugin: str, *, active: bool) -> None:
    unit.lock_standing(exclusive=True)
    before = plugin in unit.configuration.active
    if before == active:
        return
    _row(unit, plugin)
    new = {"of_plugin": plugin, "new_active": active, "new_time": unit.now, "new_actor": unit.actor}
    unit.execute_each(_SWITCH, [new])
    unit.configuration_changed()
    unit.audit("plugin.switched", f"plugin:{plugin}", {"active": before}, {"active": active})
    reassess(unit, cause=f"plugin:{plugin}")
