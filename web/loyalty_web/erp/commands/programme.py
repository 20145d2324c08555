"""`loyalty programme`: save and show branch programmes from files, until there are pages for it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import click

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.messages import gettext as _
from loyalty_core.services import programmes
from loyalty_core.services.unit import Unit
from loyalty_web.erp.commands.network import ACTOR
from loyalty_web.erp.deployment import Deployment

KNOWN = {"branch", "name", "kind", "judged_on", "parts"}


@click.group()
@click.option("--network", type=int, help="The network's id; not needed where there is one only.")
@click.pass_obj
def programme(deployment: Deployment, /, network: int | None) -> None:
    """Save and show branch programmes."""
    deployment.wanted_network = network


@programme.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def save(deployment: Deployment, /, file: Path) -> None:
    """Save the programme in a TOML FILE as a new version and judge everybody in its branch anew.

    \b
    branch = "podil"
    name = "Regular customers"
    judged_on = "lifetime"            # or since_reset
    [parts.discount_rules]
    inactive_days = 60
    rules = [{ metric = "sold", threshold = 500000, percent_bp = 500 }]
    """
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        saved = programmes.save(unit, **_given(unit, file))
    told = _("Saved as version %(number)s.", number=saved.number)
    if not saved.changed:
        told = _("Unchanged: version %(number)s says the same.", number=saved.number)
    click.echo(deployment.say(told))


def _given(unit: Unit, file: Path) -> dict[str, Any]:
    """Read a programme's file; what it says of parts is for the plugins to judge."""
    try:
        given = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(Problem("broken_file", _("This is not a TOML file: %(error)s", error=str(error)))) from None
    unknown = sorted(set(given) - KNOWN)
    if unknown:
        raise Refused(Problem("unknown_field", _("There is no such field."), (name,)) for name in unknown)
    branch_id = unit.configuration.branch_ids.get(str(given.get("branch")))
    if branch_id is None:
        raise Refused(Problem("unknown_branch", _("There is no such branch."), ("branch",)))
    judged_on = given.get("judged_on", JudgedOn.LIFETIME.value)
    if judged_on not in tuple(JudgedOn):
        text = _("Choose one of: %(choices)s.", choices=", ".join(JudgedOn))
        raise Refused(Problem("unknown_choice", text, ("judged_on",)))
    parts = given.get("parts", {})
    if not isinstance(parts, dict):
        raise Refused(Problem("wrong_kind", _("Give a table of parts by plugin."), ("parts",)))
    return {
        "kind": str(given.get("kind", "branch")),
        "scope_id": unit.configuration.own_scopes[branch_id],
        "name": str(given.get("name", "")),
        "judged_on": JudgedOn(judged_on),
        "parts": parts,
    }


@programme.command()
@click.argument("branch")
@click.pass_obj
def show(deployment: Deployment, /, branch: str) -> None:
    """Print the programme in force at a BRANCH as JSON."""
    with deployment.open().reading(deployment.the_network) as unit:
        branch_id = unit.configuration.branch_ids.get(branch)
        if branch_id is None:
            raise Refused(Problem("unknown_branch", _("There is no such branch."), ("branch",)))
        found = programmes.in_force(unit, unit.configuration.own_scopes[branch_id])
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
