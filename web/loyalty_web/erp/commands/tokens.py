"""`loyalty token`: which programs may call the JSON API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import click
from sqlalchemy import Row

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_web.erp import tokens
from loyalty_web.erp.commands.work import ACTOR, FOR_NETWORK
from loyalty_web.erp.deployment import Deployment


@click.group()
def token() -> None:
    """Make tokens for programs that call the JSON API, and revoke them."""


@token.command()
@click.argument("name")
@click.option(
    "--may",
    "permissions",
    multiple=True,
    required=True,
    help=f"What it is good for; once for each of: {', '.join(tokens.PERMISSIONS)}.",
)
@click.option("--branch", default="", help="In this branch only.")
@click.option("--discount-limit", default="0", help="The largest discount by hand, in percent.")
@click.option("--days", type=click.IntRange(1, 3650), help="For so many days; without it, until it is revoked.")
@FOR_NETWORK
@click.pass_obj
def add(
    deployment: Deployment,
    /,
    name: str,
    permissions: Sequence[str],
    branch: str,
    discount_limit: str,
    days: int | None,
) -> None:
    """Make a token for the program called NAME, and print it once: only its hash is kept."""
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        given = tokens.TokenInput(
            name,
            tuple(permissions),
            _branch(unit, branch),
            _percent(discount_limit),
            None if days is None else unit.now + timedelta(days),
        )
        made = tokens.add(unit, given)
    click.echo(deployment.say(_("Keep this token: it is shown once.")), err=True)
    click.echo(made)


@token.command(name="list")
@FOR_NETWORK
@click.pass_obj
def list_all(deployment: Deployment, /) -> None:
    """List tokens: prefix, name, branch, what they are good for, last use, state."""
    with deployment.open().reading(deployment.the_network) as unit:
        branches = {id_: name for name, id_ in unit.configuration.branch_ids.items()}
        for row in tokens.all_tokens(unit):
            may = row.permissions
            if row.discount_limit_bp:
                may += f" ({row.discount_limit_bp // 100}.{row.discount_limit_bp % 100:02} %)"
            used = "-" if row.last_used_at is None else _minute(row.last_used_at)
            state = deployment.say(_state(row, unit.now))
            click.echo("\t".join((row.prefix, row.name, branches.get(row.branch_id, "*"), may, used, state)))


@token.command()
@click.argument("prefix")
@FOR_NETWORK
@click.pass_obj
def revoke(deployment: Deployment, /, prefix: str) -> None:
    """Revoke the token with this PREFIX, at once."""
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        was_good = tokens.revoke(unit, prefix)
    told = _("The token %(prefix)s is revoked.", prefix=prefix)
    if not was_good:
        told = _("The token %(prefix)s was revoked already.", prefix=prefix)
    click.echo(deployment.say(told))


def _branch(unit: Unit, name: str) -> int | None:
    branches = unit.configuration.branch_ids
    if name and name not in branches:
        raise Refused(Problem("unknown_branch", _("There is no branch “%(branch)s”.", branch=name), ("branch",)))
    return branches[name] if name else None


def _percent(text: str) -> int:
    try:
        return parsing.percent(text)
    except Refused as refused:
        raise Refused(problem.under("discount_limit") for problem in refused.problems) from None


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _state(row: Row[tuple[object, ...]], now: datetime) -> Message:
    if row.revoked_at is not None:
        return _("revoked")
    if row.expires_at is None:
        return _("good")
    if row.expires_at <= now:
        return _("expired")
    return _("good until %(day)s", day=row.expires_at.date())
