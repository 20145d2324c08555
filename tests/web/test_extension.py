"""The extension in somebody else's Flask application, as a guest in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask import Flask, g, request
from sqlalchemy import Connection, Engine, func, select

from loyalty_core.ports import ItemCard, PersonCard, Reading
from loyalty_core.services.anchors import BranchInput, add_branches
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Branch
from loyalty_core.testing.house import House
from loyalty_web import requests
from loyalty_web.actor import Actor, Grant
from loyalty_web.extension import LoyaltyExtension, Ports
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs

COUNT = select(func.count()).select_from(Branch).where(Branch.network_id == THIS_NETWORK)


class FakePeople:
    """An ERP's persons."""

    def cards(self, unit: Reading, client_ids: Sequence[int]) -> Mapping[int, PersonCard]:
        return {each: PersonCard(each, f"Person {each}") for each in client_ids}

    def find(self, unit: Reading, text: str, limit: int) -> Sequence[PersonCard]:
        return []


class FakeCatalogue:
    """An ERP's items."""

    def items(self, unit: Reading, codes: Sequence[str]) -> Mapping[str, ItemCard]:
        return {}

    def find(self, unit: Reading, text: str, limit: int) -> Sequence[ItemCard]:
        return []

    def categories(self, unit: Reading) -> Sequence[str]:
        return []


def open_branch() -> str:
    """Open a branch through the unit of the request."""
    with requests.the_unit() as unit:
        add_branches(unit, [BranchInput("guest", "Guest", "Europe/Kyiv")])
        if request.form.get("fail"):
            raise ValueError("after the branch was written")
    return "opened"


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def erp(house: House) -> Flask:
    """An application with users, a database transaction per request and a layout of its own."""
    app = Flask("some_erp")
    app.secret_key = "a key that only a test would use"
    app.testing = True
    people: dict[str, Actor] = {
        "olena": Actor("olena", "Olena", house.network_id, grants=(Grant("clients.view"),)),
        "stranger": Actor("stranger", "Stranger", house.network_id),
    }

    @app.before_request
    def begin() -> None:
        g.connection = house.loyalty.storage.engine.connect().execution_options(write=True)
        g.transaction = g.connection.begin()

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        if error is None and request.args.get("then") != "roll back":
            g.transaction.commit()
        else:
            g.transaction.rollback()
        g.connection.close()

    @app.get("/own")
    def own() -> str:
        return "the ERP's own page"

    @app.post("/own")
    def own_form() -> str:
        return "the ERP's own form"

    def connection() -> Connection:
        found: Connection = g.connection
        return found

    extension = LoyaltyExtension()
    extension.init_app(
        app,
        house.loyalty,
        lambda: people.get(request.headers.get("X-User", "")),
        Ports(FakePeople(), FakeCatalogue()),
        url_prefix="/loyalty",
        connection=connection,
    )
    added = Pages("added", __name__)
    added.post("/open")(needs("clients.view")(open_branch))
    app.register_blueprint(added, url_prefix="/added")
    return app


def branches(house: House) -> int:
    with house.reading() as unit:
        return int(unit.execute(COUNT).scalar_one())


def test_the_pages_stand_under_their_prefix_beside_the_hosts_own(erp: Flask) -> None:
    client = erp.test_client()
    page = client.get("/loyalty/", headers={"X-User": "olena"})
    assert page.status_code == 200
    assert "Olena" in page.text
    assert 'href="/loyalty/static/tokens.css?v=' in page.text
    assert client.get("/own").text == "the ERP's own page"


def test_the_hosts_own_answers_stay_as_they_are(erp: Flask) -> None:
    client = erp.test_client()
    assert "Content-Security-Policy" not in client.get("/own").headers
    assert "Content-Security-Policy" in client.get("/loyalty/", headers={"X-User": "olena"}).headers
    assert client.post("/own").text == "the ERP's own form", "its forms have tokens of their own, or none"


def test_whoever_the_host_does_not_know_is_told_so(erp: Flask) -> None:
    answer = erp.test_client().get("/loyalty/")
    assert answer.status_code == 401
    assert "You are signed out" in answer.text


def send(erp: Flask, path: str, **form: str) -> Any:
    return erp.test_client().post(path, data=form, headers={"X-User": "olena"})


def test_what_a_page_writes_is_there_when_the_host_commits(erp: Flask, house: House) -> None:
    before = branches(house)
    assert send(erp, "/added/open").text == "opened"
    assert branches(house) == before + 1


def test_what_a_page_writes_is_gone_when_the_host_rolls_back(erp: Flask, house: House) -> None:
    before = branches(house)
    assert send(erp, "/added/open?then=roll back").text == "opened"
    assert branches(house) == before


def test_a_page_that_fails_takes_back_its_own_part_only(erp: Flask, house: House) -> None:
    before = branches(house)
    with pytest.raises(ValueError, match="after the branch"):
        send(erp, "/added/open", fail="yes")
    assert branches(house) == before


def test_whoever_may_not_is_stopped_in_the_hosts_application_too(erp: Flask) -> None:
    answer = erp.test_client().post("/added/open", headers={"X-User": "stranger"})
    assert answer.status_code == 403
