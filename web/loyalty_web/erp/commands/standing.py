"""`loyalty standing`, `daily`, `reassess`, `recount`: what clients have, why, and keeping it right."""

from __future__ import annotations

import sys

import click

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.facts.money import Percent
from loyalty_core.facts.standing import Element, Origin, Verdict
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.services import anchors, reassessment
from loyalty_core.services import recount as recounting
from loyalty_core.services import standing as services
from loyalty_core.services.unit import Unit
from loyalty_web.erp.commands.network import ACTOR
from loyalty_web.erp.deployment import Deployment

NETWORK = click.option("--network", type=int, help="The network's id; not needed where there is one only.")


@click.group()
@NETWORK
@click.option("--source", default="import", show_default=True, help="The system whose id the client is named by.")
@click.pass_context
def standing(context: click.Context, /, network: int | None, source: str) -> None:
    """See what a client has and why; set it by hand; return it to automatic."""
    context.obj.wanted_network = network
    context.meta["source"] = source


def _changed(count: int) -> Message:
    return ngettext("%(count)s change", "%(count)s changes", count)


def _client(unit: Unit, name: str) -> int:
    source = click.get_current_context().meta["source"]
    found = anchors.known_clients(unit, source, [name]).get(name)
    if found is None:
        raise Refused(Problem("unknown_client", _("There is no such client."), ("client",)))
    return found


def _scope(unit: Unit, branch: str) -> int:
    branch_id = unit.configuration.branch_ids.get(branch)
    if branch_id is None:
        raise Refused(Problem("unknown_branch", _("There is no such branch."), ("branch",)))
    return unit.configuration.own_scopes[branch_id]


@standing.command()
@click.argument("client")
@click.pass_obj
def show(deployment: Deployment, /, client: str) -> None:
    """Print the personal discounts of a CLIENT, branch by branch, with the cause of each."""
    loyalty = deployment.open()
    with loyalty.reading(deployment.the_network) as unit:
        found = services.of_client(unit, _client(unit, client))
        branches = {
            scope: name
            for name, id_ in unit.configuration.branch_ids.items()
            for scope in [unit.configuration.own_scopes[id_]]
        }
        labels = _labels(unit)
    for scope_id, verdicts in sorted(found.items(), key=lambda each: branches.get(each[0], "")):
        for verdict in verdicts.values():
            cause = _cause(scope_id, verdict, labels)
            click.echo(f"{branches.get(scope_id, scope_id):<20} {deployment.say(cause)}")
    if not found:
        click.echo(deployment.say(_("No discount at any branch.")))


def _labels(unit: Unit) -> dict[tuple[int, str], Message]:
    """Return what each rule in force is called, by scope and key."""
    return {
        (scope_id, rule.key): rule.label
        for scope_id, programme in unit.configuration.programmes.items()
        for each in programme.sets
        for rule in each.rule_set.rules
    }


def _cause(scope_id: int, verdict: Verdict, labels: dict[tuple[int, str], Message]) -> Message:
    given = verdict.given
    assert given is not None, "a standing has a value"
    cause = _("set by hand")
    if given.origin is Origin.RULE and given.rule is not None:
        cause = _("by rule: %(rule)s", rule=labels.get((scope_id, given.rule), given.rule))
    if verdict.next_on is None:
        return _("%(percent)s, %(cause)s", percent=Percent(given.value), cause=cause)
    return _(
        "%(percent)s, %(cause)s; may change on %(day)s", percent=Percent(given.value), cause=cause, day=verdict.next_on
    )


@standing.command(name="set")
@click.argument("client")
@click.argument("branch")
@click.argument("percent")
@click.option("--reason", required=True, help="Why; it is kept.")
@click.option("--until", help="The last day it holds, as 2026-12-31.")
@click.option("--lapses", is_flag=True, help="It also ends when the client stays away too long.")
@click.pass_obj
def set_(
    deployment: Deployment, /, client: str, branch: str, percent: str, reason: str, until: str | None, lapses: bool
) -> None:
    """Give a CLIENT a personal discount of PERCENT at a BRANCH by hand; 0 takes it away."""
    value = parsing.percent(percent)
    last_day = parsing.day(until) if until else None
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        services.set_by_hand(
            unit,
            _client(unit, client),
            _scope(unit, branch),
            Element.DISCOUNT,
            value,
            reason,
            until=last_day,
            lapses=lapses,
        )


@standing.command()
@click.argument("client")
@click.argument("branch")
@click.pass_obj
def auto(deployment: Deployment, /, client: str, branch: str) -> None:
    """Return a CLIENT's personal discount at a BRANCH to automatic."""
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        services.return_to_automatic(unit, _client(unit, client), _scope(unit, branch), Element.DISCOUNT)


@standing.command()
@click.argument("client")
@click.pass_obj
def recalculate(deployment: Deployment, /, client: str) -> None:
    """Judge one CLIENT anew at every branch."""
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        click.echo(deployment.say(_changed(services.recalculate(unit, _client(unit, client)))))


@click.command()
@NETWORK
@click.pass_obj
def daily(deployment: Deployment, /, network: int | None) -> None:
    """Judge those whose date has come; safe to run twice, catches up with days on which it did not run."""
    deployment.wanted_network = network
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        click.echo(deployment.say(_changed(reassessment.reassess_due(unit))))


@click.command()
@NETWORK
@click.pass_obj
def reassess(deployment: Deployment, /, network: int | None) -> None:
    """Judge everybody anew, branch by branch, each in a transaction of its own."""
    deployment.wanted_network = network
    loyalty, network_id = deployment.open(), deployment.the_network
    with loyalty.reading(network_id) as unit:
        scopes = reassessment.scopes_in_turn(unit)
    changes = 0
    with click.progressbar(scopes, label=deployment.say(_("Standing")), file=sys.stderr) as bar:
        for scope_id in bar:
            with loyalty.work(network_id, ACTOR) as unit:
                changes += reassessment.reassess(unit, [scope_id])
    click.echo(deployment.say(_changed(changes)))


@click.command()
@NETWORK
@click.option("--repair", is_flag=True, help="Put right what differs; nobody is told.")
@click.pass_obj
def recount(deployment: Deployment, /, network: int | None, repair: bool) -> None:
    """Count everything anew from the facts and say what was kept differently; exit code 1 when something was.

    What has come due is judged first, as by `loyalty daily`.
    """
    deployment.wanted_network = network
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        reassessment.reassess_due(unit)
        drift = recounting.recount(unit, repair=repair)
    found = {"measures": drift.measures, "totals": drift.totals, "standing": drift.standing}
    told = _("Kept differently: measures %(measures)s, totals %(totals)s, standing %(standing)s.", **found)
    click.echo(deployment.say(told))
    if not drift.none:
        after = _("Repaired.") if repair else _("Run it with --repair to put this right.")
        click.echo(deployment.say(after))
        sys.exit(0 if repair else 1)
