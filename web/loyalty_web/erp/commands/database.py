"""`loyalty db`: the tables of the core, the host and the plugins."""

from __future__ import annotations

import click

from loyalty_core.messages import gettext as _
from loyalty_core.storage.migrate import state
from loyalty_web.erp.deployment import Deployment


@click.group()
def db() -> None:
    """Look after the database's tables."""


@db.command()
@click.pass_obj
def upgrade(deployment: Deployment, /) -> None:
    """Bring all tables up to date; safe when two start it at once."""
    done = deployment.upgrade()
    for each in done:
        click.echo(each)
    if not done:
        click.echo(deployment.say(_("All tables are up to date.")))


@db.command()
@click.pass_obj
def status(deployment: Deployment, /) -> None:
    """Say for the core, the host and each plugin whether its tables are up to date."""
    for source in deployment.sources:
        click.echo(f"{source.name:<24} {state(deployment.engine, source).value}")
