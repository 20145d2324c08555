"""`loyalty user`: who may sign in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import click

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_web.erp import users
from loyalty_web.erp.commands.work import ACTOR, FOR_NETWORK
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.roles import ROLES

GENERATED_BYTES = 12


@click.group()
def user() -> None:
    """Make users and give them passwords."""


@user.command()
@click.argument("login")
@click.option("--name", prompt=True, help="What the person is called.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    help="cashier, manager, marketer, accountant, administrator or integrator; with :BRANCH in that branch only.",
)
@click.option("--locale", default="en", show_default=True, help="The language of the pages: en, uk or ru.")
@click.option("--generate", is_flag=True, help="Make a password and print it once, instead of asking for one.")
@FOR_NETWORK
@click.pass_obj
def add(deployment: Deployment, /, login: str, name: str, roles: Sequence[str], locale: str, generate: bool) -> None:
    """Make a user who signs in as LOGIN. The password is asked for, or made and printed once."""
    password = _password(generate=generate)
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        given = tuple(_role(unit, each) for each in roles)
        users.add(unit, users.UserInput(login, name, password, given, locale))
    _tell(deployment, login, password if generate else None)


@user.command(name="list")
@FOR_NETWORK
@click.pass_obj
def list_all(deployment: Deployment, /) -> None:
    """List users with their roles."""
    with deployment.open().reading(deployment.the_network) as unit:
        branches = {id_: name for name, id_ in unit.configuration.branch_ids.items()}
        roles = users.roles_of(unit)
        for each in users.all_users(unit):
            words = [
                given.role + (f":{branches[given.branch_id]}" if given.branch_id is not None else "")
                for given in roles.get(each.id, [])
            ]
            state = "" if each.active else " " + deployment.say(_("(closed)"))
            click.echo(f"{each.login}\t{each.name}\t{', '.join(words)}{state}")


@user.command()
@click.argument("login")
@click.option("--generate", is_flag=True, help="Make a password and print it once, instead of asking for one.")
@FOR_NETWORK
@click.pass_obj
def password(deployment: Deployment, /, login: str, generate: bool) -> None:
    """Give a user another password, which ends all sessions and opens a locked account."""
    chosen = _password(generate=generate)
    network_id = deployment.the_network
    found = users.by_login(deployment.open(), login)
    if found is None or found.network_id != network_id:
        raise Refused(Problem("unknown_user", _("There is no user “%(login)s”.", login=login), ("login",)))
    with deployment.open().work(network_id, ACTOR) as unit:
        users.set_password(unit, found.id, chosen)
    _tell(deployment, found.login, chosen if generate else None)


def _password(*, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(GENERATED_BYTES)
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _role(unit: Unit, text: str) -> users.RoleInput:
    role, _colon, branch = text.partition(":")
    if role not in ROLES:
        known = ", ".join(ROLES)
        wrong = _("There is no role “%(role)s”. There are: %(roles)s.", role=role, roles=known)
        raise Refused(Problem("unknown_role", wrong, ("role",)))
    branches = unit.configuration.branch_ids
    if branch and branch not in branches:
        raise Refused(Problem("unknown_branch", _("There is no branch “%(branch)s”.", branch=branch), ("role",)))
    return users.RoleInput(role, branches[branch] if branch else None)


def _tell(deployment: Deployment, login: str, generated: str | None) -> None:
    click.echo(deployment.say(_("%(login)s may sign in.", login=login)), err=True)
    if generated is not None:
        click.echo(generated)
