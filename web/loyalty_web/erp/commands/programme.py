"""`loyalty programme`: save and show branch programmes from files, until there are pages for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.messages import gettext as _
from loyalty_core.services import programmes
from loyalty_web.erp.commands.work import FOR_NETWORK, reading, scope_of, working
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.toml_files import read_toml

DEFAULTS = {"branch": "", "name": "", "kind": "branch", "judged_on": JudgedOn.LIFETIME.value}
"""The texts of a programme's file; `branch` and `name` are needed."""


@click.group()
def programme() -> None:
    """Save and show the programmes of branches."""


@programme.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@FOR_NETWORK
@click.pass_obj
def save(deployment: Deployment, /, file: Path) -> None:
    """Save the programme in a TOML FILE.

    It becomes a new version, and everybody in its branch is judged anew. Sums are in minor units (500000 is
    5 000.00), percentages in hundredths of a percent (500 is 5 %):

    \b
    branch = "podil"
    name = "Regular customers"
    judged_on = "lifetime"            # or since_reset
    [parts.discount_rules]
    inactive_days = 60                # not come for more than 60 days: 0
    rules = [
      { metric = "sold", threshold = 500000, percent_bp = 500 },
      { metric = "visits", threshold = 3, percent_bp = 300 },
    ]

    A metric is sold, paid or visits.
    """
    given = read_toml(file)
    texts, parts = _texts(given), _parts(given)
    with working(deployment) as unit:
        try:
            scope_id = scope_of(unit, texts["branch"])
        except Refused as refused:
            raise Refused(problem.under("branch") for problem in refused.problems) from None
        judged_on = JudgedOn(texts["judged_on"])
        saved = programmes.save(unit, texts["kind"], scope_id, texts["name"], judged_on, parts)
    told = _("Saved as version %(number)s.", number=saved.number)
    if not saved.changed:
        told = _("Unchanged: version %(number)s says the same.", number=saved.number)
    click.echo(deployment.say(told))


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a programme's file with their defaults; refuse what is no text and unknown keys."""
    problems = [
        Problem("unknown_field", _("There is no such field."), (name,))
        for name in sorted(given.keys() - DEFAULTS.keys() - {"parts"})
    ]
    texts = {name: given.get(name, default) for name, default in DEFAULTS.items()}
    for name, value in texts.items():
        if not isinstance(value, str):
            problems.append(Problem("wrong_type", _("Write a text, in quotes."), (name,)))
        elif not value:
            problems.append(Problem("required", _("Give a value: this may not be empty."), (name,)))
    if texts["judged_on"] not in tuple(JudgedOn):
        text = _("Choose one of: %(choices)s.", choices=", ".join(JudgedOn))
        problems.append(Problem("unknown_choice", text, ("judged_on",)))
    if problems:
        raise Refused(problems)
    return texts


def _parts(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parts of a programme's file; what they say is for the plugins to judge."""
    parts = given.get("parts", {})
    if not isinstance(parts, dict):
        raise Refused(Problem("wrong_type", _("Give a table of parts by plugin."), ("parts",)))
    return parts


@programme.command()
@click.argument("branch")
@FOR_NETWORK
@click.pass_obj
def show(deployment: Deployment, /, branch: str) -> None:
    """Print the programme in force at a BRANCH as JSON."""
    with reading(deployment) as unit:
        found = programmes.in_force(unit, scope_of(unit, branch))
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
