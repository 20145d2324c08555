"""When the API itself is in trouble: others hold the database, plugins fail, many ask at once, we err."""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, g
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from loyalty_core.testing.house import House
from loyalty_web.actor import Actor, Grant
from loyalty_web.api.mounting import bring_api
from loyalty_web.erp.tokens import PERMISSIONS
from loyalty_web.extension import LoyaltyExtension
from tests.web.api_calls import NO_PORTS, OLENA, Program, Salon, a_draft, a_visit, found, refused


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def salon(house: House) -> Salon:
    return Salon(house)


def test_many_who_send_the_same_call_at_once_get_one_answer(house: House, salon: Salon) -> None:
    erp, draft = salon.program(), a_draft(client=OLENA)
    body = {"draft": draft, "ticket": erp.quote(draft)["ticket"]}
    token = erp.headers["Authorization"].removeprefix("Bearer ")

    def send(_number: int) -> str:
        return str(found(Program(salon.app, token)("POST", "/invoices", body, key="same"), 201))

    with ThreadPoolExecutor(8) as many:
        answers = set(many.map(send, range(16)))
    assert len(answers) == 1
    assert len(house.rows()["core_sale"]) == 1


def test_many_who_issue_one_draft_under_keys_of_their_own_make_one_invoice(house: House, salon: Salon) -> None:
    erp, draft = salon.program(), a_draft(client=OLENA)
    body = {"draft": draft, "ticket": erp.quote(draft)["ticket"]}
    token = erp.headers["Authorization"].removeprefix("Bearer ")
    with ThreadPoolExecutor(8) as many:
        calls = many.map(lambda n: Program(salon.app, token)("POST", "/invoices", body, key=str(n)), range(8))
        codes = sorted(answer.status_code for answer in calls)
    assert codes == [201] + [409] * 7
    assert len(house.rows()["core_sale"]) == 1


@pytest.mark.parametrize(
    ("said", "status", "code"), [("database is locked", 409, "busy"), ("disk I/O error", 503, "unavailable")]
)
def test_a_database_that_will_not_is_told_apart_from_one_that_waits(
    sqlite_engine: Engine, said: str, status: int, code: str
) -> None:
    app = Salon(House(sqlite_engine)).app

    def fail(_token: str) -> Actor | None:
        raise OperationalError("SELECT 1", None, sqlite3.OperationalError(said))

    app.extensions["loyalty_api"] = type(app.extensions["loyalty_api"])(fail)
    answer = Program(app, "any")("PUT", "/visits/crm/7", a_visit())
    assert refused(answer, status)["code"] == code
    assert int(answer.headers["Retry-After"]) > 0


def test_a_mistake_of_ours_tells_nothing_of_itself(sqlite_engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    app = Salon(House(sqlite_engine)).app
    app.testing = False

    def fail(_token: str) -> Actor | None:
        raise RuntimeError("the secret inside")

    app.extensions["loyalty_api"] = type(app.extensions["loyalty_api"])(fail)
    with caplog.at_level(logging.ERROR):
        answer = Program(app, "any")("GET", "/invoices/1")
    assert refused(answer, 500)["code"] == "failed"
    assert "secret" not in answer.text
    assert "the API failed" in caplog.text


@pytest.fixture
def guest(house: House) -> Flask:
    """An ERP that opens a transaction for each request, and rolls back when it says so in the address."""
    app = Flask("some_erp")
    app.secret_key = "a key that only a test would use"
    app.testing = True
    undo = app.config.setdefault("UNDO", [])

    @app.before_request
    def begin() -> None:
        g.connection = house.loyalty.storage.engine.connect().execution_options(write=True)
        g.transaction = g.connection.begin()

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        if error is None and not undo:
            g.transaction.commit()
        else:
            g.transaction.rollback()
        g.connection.close()

    def connection() -> Connection:
        opened: Connection = g.connection
        return opened

    everything = tuple(Grant(each) for each in PERMISSIONS)
    actor = Actor("erp", "ERP", house.network_id, grants=everything)
    LoyaltyExtension().init_app(app, house.loyalty, lambda: None, NO_PORTS, connection=connection)
    bring_api(app, lambda token: actor if token == "good" else None)
    return app


def test_in_a_host_s_transaction_the_host_commits_or_not(house: House, guest: Flask) -> None:
    house.client("Olena")
    erp = Program(guest, "good")
    before = house.rows()
    guest.config["UNDO"].append("roll back")
    assert found(erp("PUT", "/visits/crm/7", a_visit()))["changed"]
    assert house.rows() == before
    guest.config["UNDO"].clear()
    assert found(erp("PUT", "/visits/crm/7", a_visit()))["changed"]
    assert len(house.rows()["core_visit"]) == 1
