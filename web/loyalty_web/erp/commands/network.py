"""`loyalty init` and `loyalty plugins`: make a network, see and switch its plugins."""

from __future__ import annotations

import click
from babel.numbers import get_currency_precision

from loyalty_core.facts.money import Currency
from loyalty_core.plugging.loading import Life
from loyalty_core.services import plugins as services
from loyalty_core.services.anchors import found_network
from loyalty_web.erp.deployment import Deployment

ACTOR = "command"


@click.command()
@click.option("--name", prompt=True, help="What the business is called.")
@click.option("--currency", prompt=True, help="The three letters of its currency, such as UAH.")
@click.option("--time-zone", prompt=True, help="The IANA name of its time zone, such as Europe/Kyiv.")
@click.pass_obj
def init(deployment: Deployment, /, name: str, currency: str, time_zone: str) -> None:
    """Make the tables and a network, with every plugin of this installation active; print the network's id."""
    deployment.upgrade()
    loyalty = deployment.open()
    digits = get_currency_precision(currency.upper())
    network_id = found_network(loyalty, name, Currency(currency.upper(), digits), time_zone, ACTOR)
    with loyalty.work(network_id, ACTOR) as unit:
        for plugin in loyalty.plugins.loaded:
            if loyalty.plugins.life(plugin, (), loyalty.behind) is Life.MIGRATED:
                services.activate(unit, plugin)
    click.echo(network_id)


@click.group()
@click.option("--network", type=int, help="The network's id; not needed where there is one only.")
@click.pass_obj
def plugins(deployment: Deployment, /, network: int | None) -> None:
    """See plugins and switch them on and off in a network."""
    deployment.wanted_network = network


@plugins.command(name="list")
@click.pass_obj
def list_all(deployment: Deployment, /) -> None:
    """List every plugin: how far it has come, its version, its title, what it adds, and why it is broken if it is."""
    loyalty = deployment.open()
    with loyalty.reading(deployment.the_network) as unit:
        active = unit.configuration.active
        occasion = unit.occasion(active, unit.configuration.currency)
        tabs = {each.plugin: each.answer or () for each in loyalty.plugins.dispatcher.show_programme_tabs(occasion)}
    for name, plugin in loyalty.plugins.loaded.items():
        life = loyalty.plugins.life(name, active, loyalty.behind)
        assert life is not None, "a loaded plugin has a life"
        click.echo(f"{name:<20} {life:<10} {plugin.version:<10} {deployment.say(plugin.title)}")
        adds = [
            *(f"programme kind: {deployment.say(kind.title)}" for kind in plugin.kinds),
            *(f"tab: {deployment.say(tab.title)}" for tab in tabs.get(name, ())),
            *(f"table: {table}" for table in plugin.tables),
        ]
        for line in adds:
            click.echo(f"{'':<20} {line}")
    for name, reason in loyalty.plugins.broken.items():
        click.echo(f"{name:<20} {'broken':<10} {deployment.say(reason)}")


@plugins.command()
@click.argument("plugin")
@click.pass_obj
def enable(deployment: Deployment, /, plugin: str) -> None:
    """Switch a plugin on; everybody is judged anew."""
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        services.activate(unit, plugin)


@plugins.command()
@click.argument("plugin")
@click.pass_obj
def disable(deployment: Deployment, /, plugin: str) -> None:
    """Switch a plugin off; what it gave falls away, its data is kept."""
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        services.deactivate(unit, plugin)
