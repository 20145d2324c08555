"""`loyalty db`: the tables of the core, the host and the plugins."""

from __future__ import annotations

import sys

import click

from loyalty_core.messages import gettext as _
from loyalty_core.storage.migrate import State, state
from loyalty_web.erp.deployment import Deployment

_STATES = {
    State.CURRENT: _("up to date"),
    State.BEHIND: _("behind: run `loyalty db upgrade`"),
    State.AHEAD: _("newer than the program: install the newer program"),
}


@click.group()
def db() -> None:
    """Look after the database's tables."""


@db.command()
@click.pass_obj
def upgrade(deployment: Deployment, /) -> None:
    """Bring all tables up to date.

    It makes the database where there is none. Run it after every installation of a newer program; it is safe when
    two start it at once.
    """
    done = deployment.upgrade()
    for each in done:
        click.echo(each)
    click.echo(deployment.say(_("All tables are up to date.")))


@db.command()
@click.pass_obj
def status(deployment: Deployment, /) -> None:
    """Say whether all tables are up to date; exit code 1 when not.

    A line for the core, for the host (erp), and for each plugin that has tables.
    """
    found = [(source.name, state(deployment.engine, source)) for source in deployment.sources]
    for name, each in found:
        click.echo(f"{name:<24} {deployment.say(_STATES[each])}")
    if any(each is not State.CURRENT for _name, each in found):
        sys.exit(1)
