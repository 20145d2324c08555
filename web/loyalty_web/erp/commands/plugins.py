"""`loyalty plugins`: see plugins and switch them on and off in a network."""

from __future__ import annotations

from collections.abc import Iterator

import click

from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Life, LoadedPlugin
from loyalty_core.services import plugins as services
from loyalty_core.services.unit import Unit
from loyalty_web.erp.commands.work import FOR_NETWORK, why_not_in_use, working
from loyalty_web.erp.deployment import Deployment

_STATES = {
    Life.ACTIVE: _("on"),
    Life.MIGRATED: _("off"),
    Life.LOADED: _("waiting"),
    Life.INSTALLED: _("not loaded"),
}


@click.group()
def plugins() -> None:
    """See plugins, switch them on and off."""


@plugins.command(name="list")
@FOR_NETWORK
@click.pass_obj
def list_all(deployment: Deployment, /) -> None:
    """List all plugins and what they add.

    Of each: whether it is on in the network, its version, its title, what it adds, and why it cannot be used where
    it cannot.
    """
    with deployment.open().reading(deployment.the_network) as unit:
        active = unit.configuration.active
        tabs = _tabs(unit)
    loaded, behind = unit.plugins.loaded, unit.behind
    for name in sorted({*loaded, *unit.plugins.broken, *unit.plugins.blocked, *active}):
        life = unit.plugins.life(name, active, behind) or Life.INSTALLED
        plugin = loaded.get(name)
        about = f"{plugin.version:<10} {deployment.say(plugin.title)}" if plugin is not None else ""
        click.echo(f"{name:<20} {deployment.say(_STATES[life]):<16} {about}".rstrip())
        if life in (Life.LOADED, Life.INSTALLED):
            click.echo(f"{'':<20} {deployment.say(why_not_in_use(unit.plugins, behind, name))}")
        for message in _adds(plugin, tabs.get(name, ())) if plugin is not None else ():
            click.echo(f"{'':<20} {deployment.say(message)}")


def _tabs(unit: Unit) -> dict[str, tuple[Message, ...]]:
    """Return the titles of the tabs that each active plugin shows."""
    occasion = unit.occasion()
    shown = unit.plugins.dispatcher.show_programme_tabs(occasion)
    return {each.plugin: tuple(tab.title for tab in each.answer or ()) for each in shown}


def _adds(plugin: LoadedPlugin, tabs: tuple[Message, ...]) -> Iterator[Message]:
    yield from (_("kind of programme: %(title)s", title=kind.title) for kind in plugin.kinds)
    yield from (_("tab: %(title)s", title=title) for title in tabs)
    yield from (_("table: %(table)s", table=table) for table in plugin.tables)


@plugins.command()
@click.argument("plugin")
@FOR_NETWORK
@click.pass_obj
def enable(deployment: Deployment, /, plugin: str) -> None:
    """Switch a PLUGIN on; everybody is judged anew."""
    with working(deployment) as unit:
        before = unit.configuration.active
        services.activate(unit, plugin)
    told = _("The plugin %(plugin)s is on; everybody was judged anew.", plugin=plugin)
    if plugin in before:
        told = _("The plugin %(plugin)s was on already.", plugin=plugin)
    click.echo(deployment.say(told))


@plugins.command()
@click.argument("plugin")
@FOR_NETWORK
@click.pass_obj
def disable(deployment: Deployment, /, plugin: str) -> None:
    """Switch a PLUGIN off; its data is kept.

    What it gave falls away at once, as everybody is judged anew without it.
    """
    with working(deployment) as unit:
        before = unit.configuration.active
        services.deactivate(unit, plugin)
    told = _("The plugin %(plugin)s is off; what it gave has fallen away, its data is kept.", plugin=plugin)
    if plugin not in before:
        told = _("The plugin %(plugin)s was off already.", plugin=plugin)
    click.echo(deployment.say(told))
