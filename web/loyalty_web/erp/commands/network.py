"""`loyalty init`: make a network."""

from __future__ import annotations

import click
from babel.numbers import get_currency_precision, is_currency

from loyalty_core.errors import LoyaltyError, Problem, Refused
from loyalty_core.facts.money import Currency
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Life
from loyalty_core.services import plugins as services
from loyalty_core.services.anchors import found_network
from loyalty_web.erp.commands.work import ACTOR
from loyalty_web.erp.demo.building import is_demo
from loyalty_web.erp.deployment import DATA_DIR, Deployment


@click.command()
@click.option("--name", prompt=True, help="What the business is called.")
@click.option("--currency", prompt=True, help="The three letters of its currency, such as UAH.")
@click.option("--time-zone", prompt=True, help="The IANA name of its time zone, such as Europe/Kyiv.")
@click.option("--another", is_flag=True, help="Make one beside those that are in the database already.")
@click.pass_obj
def init(deployment: Deployment, /, name: str, currency: str, time_zone: str, another: bool) -> None:
    """Make the database and a network in it.

    Every plugin of this installation is switched on in it. The network's id is printed; other commands need it only
    where a database has several networks. Currency and time zone cannot be changed later.
    """
    _keep_off_demo(deployment)
    money = _currency(currency)
    deployment.upgrade()
    _refuse_second(deployment, another=another)
    loyalty = deployment.open()
    network_id = found_network(loyalty, name, money, time_zone, ACTOR)
    with loyalty.work(network_id, ACTOR) as unit:
        for plugin in loyalty.plugins.loaded:
            if loyalty.plugins.life(plugin, (), loyalty.behind) is Life.MIGRATED:
                services.activate(unit, plugin)
    click.echo(network_id)
    told = _("Made the network “%(name)s” in %(database)s.", name=name, database=deployment.database_name)
    click.echo(deployment.say(told), err=True)
    click.echo(deployment.say(_("Next: `loyalty import branches FILE`.")), err=True)


def _currency(code: str) -> Currency:
    """Return a currency with its decimals; refuse a slip, as it could not be put right later."""
    code = code.strip().upper()
    if not is_currency(code):
        text = _("“%(code)s” is not a currency such as UAH.", code=code)
        raise Refused(Problem("unknown_currency", text, ("currency",)))
    return Currency(code, get_currency_precision(code))


def _keep_off_demo(deployment: Deployment) -> None:
    """Refuse the database of a demo: the next demo would replace it with all that is in it."""
    if not deployment.names_database and is_demo(deployment.database_file):
        path = str(deployment.database_file)
        text = _("%(path)s is a demo: choose another folder by %(setting)s", path=path, setting=DATA_DIR)
        raise LoyaltyError(text)


def _refuse_second(deployment: Deployment, *, another: bool) -> None:
    """Refuse a second network that nobody asked for: every command would have to name the one it means."""
    networks = deployment.networks()
    if networks and not another:
        text = _("There is a network here already: %(networks)s.", networks=", ".join(networks.values()))
        more = _("To make one beside it, add --another.")
        raise Refused([Problem("network_exists", text), Problem("network_exists", more)])
