"""Who may call what, where: permission × route × {own, sister branch, foreign network, absent} (RELIABILITY I13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_core.facts.visit import VisitStatus
from loyalty_core.testing.house import House, a_line
from loyalty_web.api.mounting import METHODS
from loyalty_web.erp.tokens import PERMISSIONS
from loyalty_web.permissions import RECORD
from tests.web.api_calls import LINE, Program, Salon, a_draft, a_payment, a_recorded, a_visit, refused

ON = date(2026, 1, 5)
ABSENT = "1"


@dataclass(frozen=True)
class Objects:
    """What there is in one place: a branch, a client, a visit without an invoice, invoices with and without money."""

    branch: str
    client: str
    visit: str
    unpaid: str
    paid: str


def furnish(house: House, branch: str, client: str) -> Objects:
    """Make one object of each kind in a branch."""
    visit = f"{client}-visit"
    house.visit(client, ON, VisitStatus.WAITING, name=visit, branch=branch)
    unpaid = house.invoice(client, ON, a_line(1_000), paid=0, branch=branch)
    paid = house.invoice(client, ON, a_line(1_000), branch=branch)
    return Objects(branch, client, visit, str(unpaid), str(paid))


@dataclass(frozen=True)
class Call:
    """A route: what it needs, and how it is called on the objects of a place."""

    permission: str
    method: str
    path: Callable[[Objects], str]
    body: Callable[[Objects], Any]
    any_branch: bool = False
    """Clients are the whole network's: a token of one branch sees those that came elsewhere (SEMANTICS 1)."""


def _draft(there: Objects) -> dict[str, Any]:
    visit = {"source": "tests", "external_id": there.visit}
    return a_draft(branch=there.branch, client={"source": "tests", "external_id": there.client}, visit=visit)


def _of_client(there: Objects) -> dict[str, str]:
    return {"source": "tests", "external_id": there.client}


CALLS: dict[str, Call] = {
    "quote": Call("invoices.issue", "POST", lambda _: "/quotes", _draft),
    "issue": Call("invoices.issue", "POST", lambda _: "/invoices", lambda o: {"draft": _draft(o), "ticket": "x"}),
    "record": Call(
        RECORD, "POST", lambda _: "/invoices/recorded", lambda o: a_recorded(branch=o.branch, client=_of_client(o))
    ),
    "look up": Call("invoices.view", "GET", lambda o: f"/invoices/{o.paid}", lambda _: None),
    "pay": Call("invoices.issue", "POST", lambda o: f"/invoices/{o.unpaid}/payments", lambda _: a_payment(1, "x")),
    "refund": Call(
        "invoices.refund",
        "POST",
        lambda o: f"/invoices/{o.paid}/refunds",
        lambda _: {"lines": [{"line": "1", "quantity_milli": 1}], "reason": "x"},
    ),
    "void": Call("invoices.void", "POST", lambda o: f"/invoices/{o.unpaid}/void", lambda _: {"reason": "x"}),
    "save a visit": Call(
        "visits.edit",
        "PUT",
        lambda o: f"/visits/tests/{o.visit}",
        lambda o: a_visit(branch=o.branch, client=_of_client(o), status="confirmed"),
    ),
    "delete a visit": Call("visits.edit", "DELETE", lambda o: f"/visits/tests/{o.visit}", lambda _: {"reason": "x"}),
    "standing": Call(
        "clients.view", "GET", lambda o: f"/clients/tests/{o.client}/standing", lambda _: None, any_branch=True
    ),
    "make known": Call("clients.edit", "PUT", lambda o: f"/clients/tests/{o.client}", lambda _: None, any_branch=True),
}


class World:
    """Two networks on one database, in each of them two branches with objects."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.own = furnish(house, "podil", "Olena")
        self.sister = furnish(house, "obolon", "Maria")
        foreign = house.neighbour()
        foreign.branch("kharkiv")
        self.foreign = furnish(foreign, "kharkiv", "Iryna")
        self.absent = Objects("nowhere", "Nobody", "no-visit", ABSENT, ABSENT)
        self.foreign_house = foreign
        self.salon = Salon(house)

    def rows(self) -> Any:
        return self.house.rows(), self.foreign_house.rows()

    def call(self, program: Program, name: str, there: Objects) -> Any:
        call = CALLS[name]
        return program(call.method, call.path(there), call.body(there))


@pytest.fixture
def world(engine: Engine) -> World:
    return World(House(engine))


def is_allowed(name: str, answer: Any) -> bool:
    """Whether a call got through; the ticket of `issue` is no good, which is told after all else is found right."""
    return bool(answer.status_code < 300 or (name == "issue" and answer.json["code"] == "bad_ticket"))


@pytest.mark.parametrize("name", CALLS)
def test_a_token_of_one_branch_does_its_work_there_and_nowhere_else(world: World, name: str) -> None:
    call = CALLS[name]
    erp = world.salon.program(call.permission, branch="podil")
    assert is_allowed(name, world.call(erp, name, world.own))
    before = world.rows()
    sister, foreign, absent = (world.call(erp, name, each) for each in (world.sister, world.foreign, world.absent))
    if name == "make known":
        assert sister.status_code == foreign.status_code == absent.status_code == 200, "new ids are its own network's"
        return
    if name == "save a visit":
        # A visit that is absent would be made: only where it points at something foreign is it refused.
        assert absent.json["code"] == "unknown_branch"
    assert is_allowed(name, sister) if call.any_branch else (sister.json, sister.status_code) == answers(absent, sister)
    assert (foreign.json, foreign.status_code) == (absent.json, absent.status_code) == (absent.json, 404)
    assert world.rows() == before


def answers(absent: Any, sister: Any) -> tuple[Any, int]:
    """Return what a sister branch's object must answer: what an absent one does.

    A visit at a sister branch is as absent as its branch: either may be what is told.
    """
    told = sister.json if sister.json and sister.json["code"] == "unknown_visit" else absent.json
    return told, absent.status_code


@pytest.mark.parametrize("name", CALLS)
def test_a_token_of_the_network_reaches_every_branch_of_it_and_no_other(world: World, name: str) -> None:
    erp = world.salon.program(CALLS[name].permission)
    for there in (world.own, world.sister):
        assert is_allowed(name, world.call(erp, name, there))
    if name != "make known":
        before = world.rows()
        assert world.call(erp, name, world.foreign).status_code == 404
        assert world.rows() == before


@pytest.mark.parametrize("name", CALLS)
def test_a_token_without_the_permission_is_refused_before_anything_is_looked_up(world: World, name: str) -> None:
    others = [each for each in PERMISSIONS if each != CALLS[name].permission]
    erp = world.salon.program(*others)
    before = world.rows()
    for there in (world.own, world.sister, world.foreign, world.absent):
        assert refused(world.call(erp, name, there), 403)["code"] == "not_allowed"
    assert world.rows() == before


WRONG: dict[str | None, str] = {
    None: "no_token",
    "Bearer nobody-has-this": "bad_token",
    "Basic b2xlbmE6b2xlbmE=": "bad_token",
    "Bearer": "bad_token",
    "Bearer a b": "bad_token",
    "Bearer " + "x" * 5_000: "bad_token",
    "Bearer ключ".encode().decode("latin-1"): "bad_token",
}


@pytest.mark.parametrize("name", CALLS)
def test_without_a_good_token_nothing_is_done(sqlite_engine: Engine, name: str) -> None:
    salon = Salon(House(sqlite_engine))
    before = salon.house.rows()
    for header, code in WRONG.items():
        headers = {} if header is None else {"Authorization": header}
        call = CALLS[name]
        answer = Program(salon.app, None)(call.method, call.path(NOTHING), call.body(NOTHING), **headers)
        assert refused(answer, 401)["code"] == code
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="loyalty"')
    assert salon.house.rows() == before


NOTHING = Objects("podil", "Olena", "visit", ABSENT, ABSENT)


def test_the_matrix_has_every_route_there_is(sqlite_engine: Engine) -> None:
    app = Salon(House(sqlite_engine)).app
    adapter = app.url_map.bind("localhost")
    matched = set()
    for call in CALLS.values():
        rule, _values = adapter.match(f"/api/v1{call.path(NOTHING)}", method=call.method, return_rule=True)
        matched.add((call.method, rule.rule))
        view: Any = app.view_functions[rule.endpoint]
        assert view.needs == call.permission
    there_are = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & set(METHODS)
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith("loyalty_api.")
    }
    assert matched == there_are


def test_a_visit_of_a_sister_branch_is_neither_moved_nor_priced(world: World) -> None:
    erp = world.salon.program(branch="podil")
    before = world.rows()
    taken = a_visit(branch="podil", client={"source": "tests", "external_id": "Maria"})
    assert refused(erp("PUT", f"/visits/tests/{world.sister.visit}", taken), 404)["code"] == "unknown_visit"
    moved = a_visit(branch="obolon")
    assert refused(erp("PUT", f"/visits/tests/{world.own.visit}", moved), 404)["code"] == "unknown_branch"
    draft = {**_draft(world.sister), "branch": "podil"}
    assert refused(erp("POST", "/quotes", draft), 404)["code"] == "unknown_visit"
    assert world.rows() == before


def test_a_ticket_of_another_network_is_no_good(world: World) -> None:
    foreign = world.salon.program(network_id=world.foreign_house.network_id)
    ticket = foreign.quote(a_draft(LINE, branch="kharkiv"))["ticket"]
    erp = world.salon.program()
    assert refused(erp("POST", "/invoices", {"draft": a_draft(), "ticket": ticket}), 422)["code"] == "bad_ticket"
