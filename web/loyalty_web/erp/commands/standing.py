"""`loyalty standing`: what a client has, and why; giving it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import bindparam, select

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.facts.money import Money, Percent
from loyalty_core.facts.standing import Element, Origin, Verdict
from loyalty_core.facts.totals import Totals
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services import standing as services
from loyalty_core.services.judging import totals_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.erp.commands.upkeep import changed
from loyalty_web.erp.commands.work import FOR_NETWORK, OF_SOURCE, client_of, reading, scope_of, working
from loyalty_web.erp.deployment import Deployment

PERSONAL_DISCOUNT = (Element.DISCOUNT, "")
ARGUMENTS = {"value": "PERCENT", "reason": "--reason", "until": "--until"}
"""What the command line calls fields of the core; others it has no name for."""

_totals = table_of(tables.Totals)
_TOTALS_OF = select(_totals).where(_totals.c.network_id == THIS_NETWORK, _totals.c.client_id == bindparam("of_client"))


@click.group()
def standing() -> None:
    """See what a client has and why; set it by hand."""


@standing.command()
@click.argument("client")
@OF_SOURCE
@FOR_NETWORK
@click.pass_obj
def show(deployment: Deployment, /, client: str, source: str) -> None:
    """Print a CLIENT's personal discounts with their causes.

    Branch by branch: the discount, what gave it, the day on which it may change, and the totals it rests on.
    """
    with reading(deployment) as unit:
        lines = list(_lines(unit, client_of(unit, source, client)))
    for branch, message in lines:
        click.echo(f"{branch:<20} {deployment.say(message)}")
    if not lines:
        click.echo(deployment.say(_("Nothing is counted for this client yet, and nothing is set by hand.")))


def _lines(unit: Unit, client_id: int) -> Iterator[tuple[str, Message]]:
    """Yield what to print of a client: two lines for each branch, the first with its name."""
    found = services.of_client(unit, client_id)
    totals = {row.scope_id: totals_of(row) for row in unit.execute(_TOTALS_OF, {"of_client": client_id})}
    labels = _labels(unit)
    for branch, branch_id in sorted(unit.configuration.branch_ids.items()):
        scope_id = unit.configuration.own_scopes[branch_id]
        verdict = found.get(scope_id, {}).get(PERSONAL_DISCOUNT)
        if verdict is not None:
            yield branch, _cause(scope_id, verdict, labels)
        elif scope_id in totals:
            yield branch, _("no discount")
        if scope_id in totals:
            yield "", _sums(unit, totals[scope_id])


def _sums(unit: Unit, totals: Totals) -> Message:
    currency = unit.configuration.currency
    sums = {
        "visits": totals.visits,
        "sold": Money(totals.invoiced_minor, currency),
        "paid": Money(totals.paid_minor, currency),
    }
    if totals.last_day is None:
        return _("visits: %(visits)s, sold: %(sold)s, paid: %(paid)s", **sums)
    return _("visits: %(visits)s, sold: %(sold)s, paid: %(paid)s; the last on %(day)s", **sums, day=totals.last_day)


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


@contextmanager
def _as_typed(*argument: str) -> Iterator[None]:
    """Call what is refused as the command line does."""
    try:
        yield
    except Refused as refused:
        raise Refused(
            Problem(each.code, each.message, (*argument, *(ARGUMENTS[step] for step in each.path if step in ARGUMENTS)))
            for each in refused.problems
        ) from None


def _now(unit: Unit, client_id: int, scope_id: int) -> Message:
    """Return what a client has at a branch now."""
    verdict = services.of_client(unit, client_id).get(scope_id, {}).get(PERSONAL_DISCOUNT)
    now = _("no discount") if verdict is None else _cause(scope_id, verdict, _labels(unit))
    return _("Now: %(what)s", what=now)


@standing.command(name="set")
@click.argument("client")
@click.argument("branch")
@click.argument("percent")
@click.option("--reason", required=True, help="Why; it is kept.")
@click.option("--until", help="The last day it holds, as 2026-12-31.")
@click.option("--lapses", is_flag=True, help="It also ends when the client stays away too long.")
@OF_SOURCE
@FOR_NETWORK
@click.pass_obj
def set_(
    deployment: Deployment,
    /,
    client: str,
    branch: str,
    percent: str,
    reason: str,
    until: str | None,
    lapses: bool,
    source: str,
) -> None:
    """Set a CLIENT's discount at a BRANCH by hand.

    PERCENT is a figure such as 12.5; 0 takes the discount away. Rules do not touch it until it ends or is returned
    to automatic.
    """
    with _as_typed("PERCENT"):
        value = parsing.percent(percent)
    with _as_typed("--until"):
        last_day = parsing.day(until) if until else None
    with working(deployment) as unit:
        client_id, scope_id = client_of(unit, source, client), scope_of(unit, branch)
        with _as_typed():
            services.set_by_hand(
                unit, client_id, scope_id, Element.DISCOUNT, value, reason, until=last_day, lapses=lapses
            )
        now = _now(unit, client_id, scope_id)
    click.echo(deployment.say(now))


@standing.command()
@click.argument("client")
@click.argument("branch")
@OF_SOURCE
@FOR_NETWORK
@click.pass_obj
def auto(deployment: Deployment, /, client: str, branch: str, source: str) -> None:
    """Return a CLIENT's discount at a BRANCH to automatic."""
    with working(deployment) as unit:
        client_id, scope_id = client_of(unit, source, client), scope_of(unit, branch)
        with _as_typed():
            services.return_to_automatic(unit, client_id, scope_id, Element.DISCOUNT)
        now = _now(unit, client_id, scope_id)
    click.echo(deployment.say(now))


@standing.command()
@click.argument("client")
@OF_SOURCE
@FOR_NETWORK
@click.pass_obj
def recalculate(deployment: Deployment, /, client: str, source: str) -> None:
    """Judge one CLIENT anew at every branch."""
    with working(deployment) as unit:
        told = changed(services.recalculate(unit, client_of(unit, source, client)))
    click.echo(deployment.say(told))
