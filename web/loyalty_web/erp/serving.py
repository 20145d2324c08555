"""Serving the pages with waitress, on every operating system."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import closing, nullcontext
from ipaddress import ip_address

from waitress.server import create_server

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_web.erp import logs
from loyalty_web.erp.app import create_app
from loyalty_web.erp.demo.building import is_demo
from loyalty_web.erp.deployment import PUBLIC_URL, Deployment
from loyalty_web.erp.worker import working

HOST = "127.0.0.1"
PORT = 8080
THREADS = 8


def serve(
    deployment: Deployment, host: str, port: int, ready: Callable[[str], object], *, with_worker: bool = True
) -> None:
    """Serve until interrupted; `ready` is told the address once the port is open.

    A worker does in this process what is due, unless told otherwise.

    Raises `LoyaltyError` where passwords would go over the network in the clear, where a demo, whose passwords
    everybody knows, would be open to others, and where the port is taken.
    """
    _refuse_open(deployment, host)
    app = create_app(deployment)
    public = deployment.environment.get(PUBLIC_URL)
    try:
        server = create_server(
            app, host=host, port=port, threads=THREADS, ident=None, clear_untrusted_proxy_headers=not public
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        text = _("port %(port)s is taken: choose another one by --port", port=str(port))
        raise LoyaltyError(text) from None
    with logs.to_stream(), closing(server), working(deployment) if with_worker else nullcontext():
        ready(public or f"http://{host}:{server.effective_port}")
        server.run()


def _refuse_open(deployment: Deployment, host: str) -> None:
    if _is_loopback(host):
        return
    if not deployment.names_database and is_demo(deployment.database_file):
        raise LoyaltyError(_("this is a demo, whose passwords everybody knows: it is served on this machine only"))
    if not deployment.environment.get(PUBLIC_URL):
        text = _(
            "only this machine is served: put a proxy with https in front, and say its address by %(setting)s",
            setting=PUBLIC_URL,
        )
        raise LoyaltyError(text)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
