"""`loyalty serve`: the pages."""

from __future__ import annotations

import click

from loyalty_core.messages import gettext as _
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.serving import HOST, PORT
from loyalty_web.erp.serving import serve as serve_pages


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="The port to listen on.")
@click.option("--no-worker", is_flag=True, help="Leave what is due to `loyalty worker`.")
@click.pass_obj
def serve(deployment: Deployment, /, host: str, port: int, no_worker: bool) -> None:
    """Serve the pages until interrupted.

    Only this machine can open them unless LOYALTY_PUBLIC_URL names the https address of a proxy in front. Users are
    made by `loyalty user add`. Logs go to standard error as JSON lines.
    """
    serve_pages(deployment, host, port, lambda url: tell_ready(deployment, url), with_worker=not no_worker)


def tell_ready(deployment: Deployment, url: str) -> None:
    """Say where the pages are."""
    click.echo(deployment.say(_("Open %(url)s · stop with Ctrl+C", url=url)))
