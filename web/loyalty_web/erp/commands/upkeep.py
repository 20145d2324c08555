"""`loyalty daily`, `reassess`, `recount`: keeping standing and totals right."""

from __future__ import annotations

import sys

import click

from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.services import reassessment
from loyalty_core.services import recount as recounting
from loyalty_web.erp.commands.work import ACTOR, FOR_NETWORK, reading, working
from loyalty_web.erp.deployment import Deployment


def changed(count: int) -> Message:
    """Return how many clients' standing is another now."""
    return ngettext("%(count)s change of standing.", "%(count)s changes of standing.", count)


@click.command()
@FOR_NETWORK
@click.pass_obj
def daily(deployment: Deployment, /) -> None:
    """Judge those whose date has come: the daily job.

    For the machine's timer, once a day after midnight. Without --network it goes through all networks. It is safe to
    run twice, and catches up with days on which it did not run.
    """
    networks = deployment.chosen_networks()
    for network_id, name in networks.items():
        deployment.wanted_network = network_id
        with working(deployment) as unit:
            told = changed(reassessment.reassess_due(unit))
        click.echo(f"{name}: " * (len(networks) > 1) + deployment.say(told))


@click.command()
@FOR_NETWORK
@click.pass_obj
def reassess(deployment: Deployment, /) -> None:
    """Judge everybody anew.

    It goes branch by branch, each in a transaction of its own. Nobody needs it while `loyalty daily` runs; it is for
    when something was put right by hand.
    """
    with reading(deployment) as unit:
        scopes = reassessment.scopes_in_turn(unit)
    loyalty, network_id, changes = deployment.open(), deployment.the_network, 0
    with click.progressbar(scopes, label=deployment.say(_("Standing")), file=sys.stderr) as bar:
        for scope_id in bar:
            with loyalty.work(network_id, ACTOR) as unit:
                changes += reassessment.reassess(unit, [scope_id])
    click.echo(deployment.say(changed(changes)))


@click.command()
@FOR_NETWORK
@click.option("--repair", is_flag=True, help="Put right what differs; nobody is told.")
@click.pass_obj
def recount(deployment: Deployment, /, repair: bool) -> None:
    """Compare what is kept with a count of all facts.

    Exit code 1 when something differs and is not repaired. What has come due is judged first, as by `loyalty daily`.
    """
    with working(deployment) as unit:
        reassessment.reassess_due(unit)
        drift = recounting.recount(unit, repair=repair)
    if drift.none:
        click.echo(deployment.say(_("All that is kept equals a recount.")))
        return
    found = {"measures": drift.measures, "totals": drift.totals, "standing": drift.standing}
    told = _("Kept differently: measures %(measures)s, totals %(totals)s, standing %(standing)s.", **found)
    after = _("Repaired.") if repair else _("Run it with --repair to put this right.")
    click.echo(deployment.say(told))
    click.echo(deployment.say(after))
    sys.exit(0 if repair else 1)
