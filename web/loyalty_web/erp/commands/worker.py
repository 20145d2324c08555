"""`loyalty worker`: work in the background, apart from the pages."""

from __future__ import annotations

from threading import Event

import click

from loyalty_core.messages import gettext as _
from loyalty_web.erp import logs
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.worker import working


@click.command()
@click.pass_obj
def worker(deployment: Deployment, /) -> None:
    """Do in the background what is due, until interrupted.

    `loyalty serve` has a worker inside. Where pages are served by several processes, run `loyalty serve --no-worker`
    there and this command once or more beside them. Logs go to standard error as JSON lines.
    """
    deployment.open()
    with logs.to_stream(), working(deployment):
        click.echo(deployment.say(_("Working · stop with Ctrl+C")))
        Event().wait()
