"""Bad input to the JSON API: each a clear refusal, never a failure, nothing written (RELIABILITY I19; issue 3)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from loyalty_core.storage.engine import open_engine
from loyalty_core.testing.house import House
from tests.web.api_calls import LINE, OLENA, Program, Salon, a_draft, a_payment, a_recorded, a_visit, refused

Body = dict[str, Any]

LONG = "x" * 10_000
HUGE = 10**30


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def salon(house: House) -> Salon:
    return Salon(house)


@pytest.fixture(scope="module")
def quiet(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Salon]:
    """A salon for all calls of a table: as nothing is ever written, they do not disturb each other."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("quiet") / "loyalty.db"))
    engine = open_engine(f"sqlite:///{path}")
    yield Salon(House(engine))
    engine.dispose()


BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "bad_json"),
    "no JSON": (b"owed=5", 400, "bad_json"),
    "half of JSON": (b'{"source": "till"', 400, "bad_json"),
    "two values": (b"{} {}", 400, "bad_json"),
    "NaN": (b'{"lines": NaN}', 400, "bad_json"),
    "Infinity": (b'{"lines": -Infinity}', 400, "bad_json"),
    "no UTF-8": (b'{"source": "\xff"}', 400, "bad_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "bad_json"),
    "UTF-16": ("{}".encode("utf-16"), 400, "bad_json"),
    "a raw line break": (b'{"source": "a\nb"}', 400, "bad_json"),
    "nested deeply": (b"[" * 100_000 + b"]" * 100_000, 400, "bad_json"),
    "objects nested deeply": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400, "bad_json"),
    "a number of 5 000 digits": (b'{"lines": ' + b"9" * 5_000 + b"}", 400, "bad_json"),
    "a field twice": (b'{"source": "a", "source": "b"}', 400, "field_twice"),
    "more than 1 MB": (b'{"source": "' + b"x" * (1 << 20) + b'"}', 413, "too_large"),
    "a list": (b"[]", 422, "wrong_type"),
    "a text": (b'"draft"', 422, "wrong_type"),
    "null": (b"null", 422, "wrong_type"),
    "a number": (b"1e999", 422, "wrong_type"),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_object_of_json_is_refused(quiet: Salon, what: str) -> None:
    body, status, code = BODIES[what]
    before = quiet.house.rows()
    for path in ("/quotes", "/invoices", "/invoices/recorded"):
        assert refused(quiet.program()("POST", path, body), status)["code"] == code
    assert quiet.house.rows() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_kind_is_refused(quiet: Salon, kind: str) -> None:
    answer = quiet.program().client.post(
        "/api/v1/quotes",
        data=json.dumps(a_draft()),
        content_type=kind,
        headers=quiet.program().headers,
    )
    assert refused(answer, 415)["code"] == "not_json"


def line(**fields: Any) -> Callable[[Body], None]:
    return lambda body: body["lines"][0].update(fields)


def top(**fields: Any) -> Callable[[Body], None]:
    return lambda body: body.update(fields)


def without(name: str) -> Callable[[Body], None]:
    return lambda body: body.pop(name)


DRAFTS: dict[str, tuple[Callable[[Body], None], int, str, list[Any]]] = {
    "501 lines": (
        top(lines=[{**LINE, "key": str(number)} for number in range(501)]),
        422,
        "too_many_lines",
        ["lines"],
    ),
    "no line": (top(lines=[]), 422, "no_lines", ["lines"]),
    "lines as an object": (top(lines={}), 422, "wrong_type", ["lines"]),
    "a line as a text": (top(lines=["cut"]), 422, "wrong_type", ["lines", 0]),
    "two lines of one key": (top(lines=[LINE, LINE]), 422, "line_twice", ["lines"]),
    "quantity 0": (line(quantity_milli=0), 422, "too_small", ["lines", 0, "quantity_milli"]),
    "quantity -1": (line(quantity_milli=-1000), 422, "too_small", ["lines", 0, "quantity_milli"]),
    "quantity 1e9": (line(quantity_milli=10**12), 422, "too_large", ["lines", 0, "quantity_milli"]),
    "quantity 0.0005": (line(quantity_milli=0.5), 422, "not_whole", ["lines", 0, "quantity_milli"]),
    "quantity 1000.0": (line(quantity_milli=1000.0), 422, "not_whole", ["lines", 0, "quantity_milli"]),
    "a price as a text": (line(unit_price_minor="100"), 422, "not_whole", ["lines", 0, "unit_price_minor"]),
    "a price as a truth value": (line(unit_price_minor=True), 422, "not_whole", ["lines", 0, "unit_price_minor"]),
    "no price": (line(unit_price_minor=None), 422, "required", ["lines", 0, "unit_price_minor"]),
    "a negative price": (line(unit_price_minor=-1), 422, "too_small", ["lines", 0, "unit_price_minor"]),
    "a price of 31 digits": (line(unit_price_minor=HUGE), 422, "too_large", ["lines", 0, "unit_price_minor"]),
    "quantity times price too large": (
        line(unit_price_minor=10**15, quantity_milli=10**9),
        422,
        "too_large",
        ["lines", 0, "quantity_milli"],
    ),
    "a price below the floor": (
        line(flags={"minimum_price_minor": 100_001}),
        422,
        "below_minimum",
        ["lines", 0, "unit_price_minor"],
    ),
    "somebody else pays more": (line(third_party_minor=100_001), 422, "too_large", ["lines", 0, "third_party_minor"]),
    "an unknown kind": (line(kind="wish"), 422, "unknown_word", ["lines", 0, "kind"]),
    "a kind as a list": (line(kind=["service"]), 422, "not_a_text", ["lines", 0, "kind"]),
    "a flag as 1": (line(flags={"earns": 1}), 422, "not_true_or_false", ["lines", 0, "flags", "earns"]),
    "a tax of 101 %": (line(tax={"rate_bp": 10_100}), 422, "too_large", ["lines", 0, "tax", "rate_bp"]),
    "an unknown field": (top(owed_minor=1), 422, "unknown_field", ["owed_minor"]),
    "an unknown field of a line": (line(discount=5), 422, "unknown_field", ["lines", 0, "discount"]),
    "no branch": (without("branch"), 422, "required", ["branch"]),
    "an unknown branch": (top(branch="nowhere"), 404, "unknown_branch", ["branch"]),
    "a branch by its number": (top(branch=1), 422, "not_a_text", ["branch"]),
    "an unknown client": (
        top(client={"source": "tests", "external_id": "Nobody"}),
        404,
        "unknown_client",
        ["client"],
    ),
    "half of a client": (top(client={"source": "tests"}), 422, "required", ["client", "external_id"]),
    "an unknown visit": (top(visit={"source": "crm", "external_id": "0"}), 404, "unknown_visit", ["visit"]),
    "a name of 10 000 characters": (line(name=LONG), 422, "too_long", ["lines", 0, "name"]),
    "an id of 10 000 characters": (top(external_id=LONG), 422, "too_long", ["external_id"]),
    "an empty id": (top(external_id=""), 422, "required", ["external_id"]),
    "an id of blanks": (top(external_id="  "), 422, "blank_at_end", ["external_id"]),
    "a zero byte": (top(external_id="a\0b"), 422, "control_characters", ["external_id"]),
    "half of a surrogate pair": (top(external_id="\ud800"), 422, "control_characters", ["external_id"]),
    "text turned around": (line(name="Cut \u202e4.5"), 422, "control_characters", ["lines", 0, "name"]),
    "51 codes": (top(codes=["X"] * 51), 422, "too_many", ["codes"]),
    "a birthday that is none": (top(person={"birthday": "2026-02-30"}), 422, "no_such_date", ["person", "birthday"]),
    "a birthday of next century": (
        top(person={"birthday": "9999-12-31"}),
        422,
        "date_out_of_range",
        ["person", "birthday"],
    ),
    "digits of another script": (top(person={"birthday": "٢٠٢٦-٠١-٠١"}), 422, "not_a_date", ["person", "birthday"]),
    "percent and amount": (
        top(manual={"reason": "x", "percent_bp": 1, "amount_minor": 1}),
        422,
        "percent_or_amount",
        ["manual", "percent_bp"],
    ),
    "no reason": (top(manual={"reason": "", "percent_bp": 1}), 422, "required", ["manual", "reason"]),
    "above the limit": (
        top(manual={"reason": "x", "percent_bp": 1001}),
        422,
        "manual_above_limit",
        ["manual", "percent_bp"],
    ),
    "an amount above the limit": (
        top(manual={"reason": "x", "amount_minor": 10_001}),
        422,
        "manual_above_limit",
        ["manual", "amount_minor"],
    ),
    "by hand on no such line": (
        top(manual={"reason": "x", "percent_bp": 1, "lines": ["7"]}),
        422,
        "unknown_line",
        ["manual", "lines", 0],
    ),
}


@pytest.mark.parametrize("what", DRAFTS)
def test_a_draft_that_cannot_be_is_refused_where_it_is_wrong(quiet: Salon, what: str) -> None:
    erp = quiet.program()
    spoil, status, code, path = DRAFTS[what]
    good = a_draft()
    ticket = erp.quote(good)["ticket"]
    bad = deepcopy(good)
    spoil(bad)
    before = quiet.house.rows()
    first = refused(erp("POST", "/quotes", json.dumps(bad)), status)["errors"][0]
    assert (first["code"], first["path"]) == (code, path)
    refused(erp("POST", "/invoices", json.dumps({"draft": bad, "ticket": ticket})), status)
    assert quiet.house.rows() == before


def test_what_only_postgres_would_choke_on_is_refused_before_it(house: House, salon: Salon) -> None:
    erp = salon.program()
    before = house.rows()
    for name in ("a\0b", "\ud800", LONG, "", "\u202e"):
        bad = a_draft(client={"source": name, "external_id": name}, visit={"source": "crm", "external_id": name})
        refused(erp("POST", "/quotes", json.dumps(bad)), 422)
    for path in ("/clients/tests/%00/standing", "/clients/tests/%CE/standing", f"/clients/{LONG}/x/standing"):
        refused(erp("GET", path), 422)
    for path in ("/visits/crm/%00", "/visits/crm/%ED%A0%80", "/visits/%20/7", f"/visits/crm/{LONG}"):
        refused(erp("PUT", path, a_visit()), 422)
        refused(erp("DELETE", path, {"reason": "x"}), 422)
    assert house.rows() == before


@pytest.mark.parametrize(
    "id_", ["0", "-1", "1", "007", "1.0", "١٢", "x", "%00", "9" * 18, "9" * 19, "9" * 5_000, "1e3"]
)
def test_an_invoice_id_that_is_none_answers_like_an_unknown_one(quiet: Salon, id_: str) -> None:
    erp = quiet.program()
    assert refused(erp("GET", f"/invoices/{id_}"), 404)["code"] == "unknown_invoice"
    assert refused(erp("POST", f"/invoices/{id_}/void", {"reason": "x"}), 404)["code"] == "unknown_invoice"


VISITS: dict[str, tuple[Body, int, str, list[Any]]] = {
    "no zone": ({"starts_at": "2026-01-05T12:00:00"}, 422, "no_zone", ["starts_at"]),
    "no time": ({"starts_at": "2026-01-05"}, 422, "not_a_moment", ["starts_at"]),
    "a number": ({"starts_at": 1767607200}, 422, "not_a_text", ["starts_at"]),
    "the end of time": ({"starts_at": "9999-12-31T23:59:59-12:00"}, 422, "date_out_of_range", ["starts_at"]),
    "the 25th hour": ({"starts_at": "2026-01-05T25:00:00Z"}, 422, "no_such_time", ["starts_at"]),
    "an unknown status": ({"status": "late"}, 422, "unknown_word", ["status"]),
    "nobody": ({"client": None}, 422, "required", ["client"]),
    "a stranger": ({"client": {"source": "tests", "external_id": "x"}}, 404, "unknown_client", ["client"]),
    "elsewhere": ({"branch": "nowhere"}, 404, "unknown_branch", ["branch"]),
}


@pytest.mark.parametrize("what", VISITS)
def test_a_visit_that_cannot_be_is_refused(quiet: Salon, what: str) -> None:
    fields, status, code, path = VISITS[what]
    erp = quiet.program()
    before = quiet.house.rows()
    first = refused(erp("PUT", "/visits/crm/7", a_visit(**fields)), status)["errors"][0]
    assert (first["code"], first["path"]) == (code, path)
    assert quiet.house.rows() == before


def test_sums_that_do_not_hold_are_refused(house: House, salon: Salon) -> None:
    erp = salon.program()
    before = house.rows()
    sent = a_recorded()
    sent["lines"][0]["invoiced_minor"] = 90_000
    problem = refused(erp("POST", "/invoices/recorded", sent), 422)
    assert problem["errors"][0]["path"] == ["lines", 0, "invoiced_minor"]
    sent = a_recorded(payments=[a_payment(100_001)])
    assert refused(erp("POST", "/invoices/recorded", sent), 422)["code"] == "overpaid"
    sent = a_recorded(payments=[a_payment(1, tender="shells")])
    problem = refused(erp("POST", "/invoices/recorded", sent), 422)
    assert (problem["code"], problem["errors"][0]["path"]) == ("unknown_tender", ["payments", 0, "tender"])
    assert house.rows() == before


def test_more_than_is_owed_or_left_is_refused(house: House, salon: Salon) -> None:
    erp = salon.program()
    id_ = erp.issue(a_draft())["id"]
    problem = refused(erp("POST", f"/invoices/{id_}/payments", a_payment(100_001)), 422)
    assert (problem["code"], problem["errors"][0]["path"]) == ("overpaid", ["amount_minor"])
    refund = {"lines": [{"line": "1", "quantity_milli": 1001}], "reason": "x"}
    assert refused(erp("POST", f"/invoices/{id_}/refunds", refund), 409)["code"] == "not_refundable"
    erp.pay(id_, 100_000)
    before = house.rows()
    problem = refused(erp("POST", f"/invoices/{id_}/refunds", refund), 422)
    assert (problem["code"], problem["errors"][0]["path"]) == ("too_much", ["lines", 0, "quantity_milli"])
    refund = {"lines": [{"line": "7", "quantity_milli": 1}], "reason": "x"}
    assert refused(erp("POST", f"/invoices/{id_}/refunds", refund), 422)["code"] == "unknown_line"
    assert house.rows() == before


def test_markup_formulas_and_other_scripts_are_kept_as_they_are(salon: Salon) -> None:
    erp = salon.program()
    for name in ("<script>alert(1)</script>", "=1+1", "שלום", "Їжак 'n\" \\", "%(name)s {0} {{x}}"):
        id_ = erp.issue(a_draft({**LINE, "name": name, "item": name}))["id"]
        kept = erp.invoice(id_)["lines"][0]
        assert (kept["name"], kept["item"]) == (name, name)


def test_many_mistakes_are_told_at_once_but_not_without_end(salon: Salon) -> None:
    erp = salon.program()
    errors = refused(erp("POST", "/quotes", {}), 422)["errors"]
    assert {each["path"][0] for each in errors} == {"source", "external_id", "branch", "lines"}
    endless = {f"field {number} {'x' * 200}": 1 for number in range(2_000)}
    answer = erp("POST", "/quotes", endless)
    assert len(refused(answer, 422)["errors"]) == 50
    assert len(answer.data) < 20_000


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
CALLS: list[tuple[str, str, Callable[[], Body]]] = [
    ("POST", "/quotes", lambda: a_draft(client=OLENA, manual={"reason": "x", "percent_bp": 1})),
    ("POST", "/invoices", lambda: {"draft": a_draft(), "ticket": "x.y"}),
    ("POST", "/invoices/recorded", lambda: a_recorded(client=OLENA)),
    ("PUT", "/visits/crm/7", a_visit),
    ("POST", "/invoices/1/payments", lambda: a_payment(1)),
    ("POST", "/invoices/1/refunds", lambda: {"lines": [{"line": "1", "quantity_milli": 1}], "reason": "x"}),
    ("POST", "/invoices/1/void", lambda: {"reason": "x"}),
]


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value in a body."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_put_into_a_body_nothing_fails(erp: Program, data: st.DataObject) -> None:
    method, path, make = data.draw(st.sampled_from(CALLS))
    body: Any = deepcopy(make())
    for _time in range(data.draw(st.integers(1, 2))):
        way = data.draw(st.sampled_from([place for place in places(body) if place]))
        spot = body
        for step in way[:-1]:
            spot = spot[step]
        spot[way[-1]] = data.draw(ANY_JSON)
    answer = erp(method, path, json.dumps(body))
    assert answer.status_code < 500
    if answer.status_code >= 400:
        refused(answer, answer.status_code)


@pytest.fixture
def erp(sqlite_engine: Engine) -> Program:
    return Salon(House(sqlite_engine)).program()


@pytest.mark.long
@settings(max_examples=20_000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=st.binary(max_size=200))
def test_whatever_bytes_come_nothing_fails(erp: Program, body: bytes) -> None:
    assert 400 <= erp("POST", "/quotes", body).status_code < 500
