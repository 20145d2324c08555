"""Quotes over HTTP against an empty call with the same authentication: what is left to the product.

The server is waitress with the small host, as `loyalty serve` starts it, in a process of its own; one client stays
connected and waits for each answer. The empty call checks the token and answers with nothing; both are sent the same
bodies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory

from flask import Flask, Response
from waitress.server import create_server

from benchmarks.databases import Databases, opened
from benchmarks.rounds import Outcome, Stopwatch, alternate
from benchmarks.shop import ACTOR, CLIENTS, OPENED, SOURCE, Shop, at, build
from benchmarks.till import lines, promote
from loyalty_core.ports import FixedClock
from loyalty_web.api.blueprint import ApiBlueprint
from loyalty_web.erp import tokens
from loyalty_web.erp.app import create_app
from loyalty_web.erp.deployment import DATA_DIR, DATABASE_URL, Deployment
from loyalty_web.erp.serving import HOST, THREADS

QUOTE, EMPTY = "quote", "empty call"
CALLS = 200
"""Calls of one round."""
CASES = (0, 10, 100)
"""How many promotions lie on the invoice."""

SENT = ("key", "item", "name", "kind", "quantity_milli", "unit_price_minor", "categories")
"""What is said of each line; the rest is as by default."""

QUOTES, NOTHING = "/api/v1/quotes", "/nothing"
MAY = "invoices.issue"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: with how many promotions, and the time of each side for a round of calls."""

    matching: int
    outcome: Outcome


def compare(databases: Databases, rounds: int) -> Iterator[Measured]:
    """Yield each case, measured on a database of its own."""
    base = databases.new("http")
    with opened(base) as engine:
        shop = build(engine)
    for matching in CASES:
        url = databases.copy(base, f"http_{matching}")
        with TemporaryDirectory(prefix="loyalty-benchmark-") as folder:
            token = _prepare(folder, url, shop, matching)
            with _served(folder, url) as port, closing(HTTPConnection(HOST, port)) as connection:
                yield Measured(matching, alternate(rounds, _sides(connection, token, matching)))
        databases.drop(url)
    databases.drop(base)


def _deployment(folder: str, url: str) -> Deployment:
    return Deployment({DATA_DIR: folder, DATABASE_URL: url}, FixedClock(at(OPENED)))


def _prepare(folder: str, url: str, shop: Shop, matching: int) -> str:
    """Add promotions, and a token that may quote; return the token."""
    deployment = _deployment(folder, url)
    deployment.upgrade()
    loyalty = deployment.open()
    promote(loyalty, shop, matching)
    with loyalty.work(shop.network_id, ACTOR) as unit:
        token = tokens.add(unit, tokens.TokenInput("benchmark", (MAY,)))
    deployment.close()
    return token


@contextmanager
def _served(folder: str, url: str) -> Iterator[int]:
    """Serve in a process of its own; yield the port."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(folder, url, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def _serve(folder: str, url: str, pipe: Connection) -> None:
    app = create_app(_deployment(folder, url))
    _add_empty_call(app)
    server = create_server(app, host=HOST, port=0, threads=THREADS, ident=None)
    pipe.send(server.effective_port)
    server.run()


def _add_empty_call(app: Flask) -> None:
    group = ApiBlueprint("nothing", __name__, "Nothing.")

    @group.call("POST", "", MAY, gives={204: None}, keyed=False)
    def nothing() -> Response:
        return Response(status=204)

    app.register_blueprint(group, url_prefix=NOTHING)
    app.extensions["csrf"].exempt(group)


def _sides(connection: HTTPConnection, token: str, matching: int) -> dict[str, Callable[[int], float]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    bodies = map(_body, count())

    def call(path: str) -> bytes:
        connection.request("POST", path, next(bodies), headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status in (200, 204), content
        return content

    considered = json.loads(call(QUOTES))["considered"]
    assert len(considered) >= matching, "every promotion competes"

    def side(path: str) -> Callable[[int], float]:
        def seconds(_number: int) -> float:
            watch = Stopwatch()
            with watch.running():
                for _time in range(CALLS):
                    call(path)
            return watch.seconds

        return seconds

    return {QUOTE: side(QUOTES), EMPTY: side(NOTHING)}


def _body(number: int) -> bytes:
    """Return a draft for one of the clients, as an ERP would send it; no two ask for the same prices."""
    draft = {
        "source": SOURCE,
        "external_id": "draft",
        "branch": "podil",
        "client": {"source": SOURCE, "external_id": f"client-{number % CLIENTS}"},
        "lines": [{name: value for name, value in asdict(line).items() if name in SENT} for line in lines(number)],
    }
    return json.dumps(draft).encode()
