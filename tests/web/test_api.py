"""The JSON API in somebody's application: price, issue, pay, give back, void, look up (docs/api.md)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from marshmallow import RAISE, Schema, fields
from sqlalchemy import Engine

from loyalty_core.testing.house import House
from loyalty_core.testing.till import Till
from loyalty_web.api import shown
from tests.web.api_calls import LINE, OLENA, SHAMPOO, Salon, a_draft, a_payment, a_recorded, a_visit, found, refused

TWENTY = {"name": {"en": "Shampoo week", "uk": "Тиждень шампуню"}, "state": "active", "percent_bp": 2000}


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def salon(house: House) -> Salon:
    return Salon(house)


def held(schema: type[Schema], body: dict[str, Any]) -> None:
    """Hold an answer to what OpenAPI says of it: every field, and no other."""
    strict = schema(unknown=RAISE)
    for field in _nested(strict):
        field.unknown = RAISE
    assert strict.validate(body) == {}


def _nested(schema: Schema) -> list[Any]:
    found_: list[Any] = []
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            found_ += [inner, *_nested(inner.schema)]
    return found_


def test_a_quote_says_what_is_owed_and_why(house: House, salon: Salon) -> None:
    """Example 16c of SEMANTICS 11 over HTTP: service 1 000, shampoo 200; personal 5 %, shampoo promotion 20 %."""
    house.programme([("visits", 1, 500)])
    house.came("Olena", date(2026, 1, 4))
    Till(house).promotion({**TWENTY, "items": ["shampoo"]})
    quoted = salon.program().quote(a_draft(LINE, SHAMPOO, client=OLENA))
    held(shown.QuoteShown, quoted)
    assert (quoted["listed_minor"], quoted["discount_minor"], quoted["owed_minor"]) == (120_000, 9_000, 111_000)
    assert [line["owed_minor"] for line in quoted["lines"]] == [95_000, 16_000]
    by_offer = {each["offer"]: each for each in quoted["considered"]}
    personal = by_offer["core:personal"]
    assert (personal["fate"], personal["lines"], personal["lost_on"]) == ("applied", ["1"], ["2"])
    assert quoted["lines"][1]["steps"][0]["before_minor"] == 20_000


def test_reasons_come_in_the_language_that_was_asked_for(house: House, salon: Salon) -> None:
    Till(house).promotion({**TWENTY, "minimum_minor": 500_000})
    (ours,) = salon.program()("POST", "/quotes", a_draft(), Accept_Language="uk-UA,uk;q=0.9").json["considered"]
    assert (ours["label"], ours["fate"]) == ("Тиждень шампуню", "not_met")
    assert (ours["reason"]["code"], ours["reason"]["have"], ours["reason"]["needs"]) == ("listed", 100_000, 500_000)
    (english,) = salon.program()("POST", "/quotes", a_draft(), Accept_Language="xx").json["considered"]
    assert english["label"] == "Shampoo week"
    assert english["reason"]["detail"]
    assert "Shampoo week" in english["for_client"]


def test_an_invoice_is_issued_paid_in_parts_given_back_and_looked_up(house: House, salon: Salon) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olena", date(2026, 1, 4))
    erp = salon.program()
    draft = a_draft(LINE, SHAMPOO, client=OLENA)
    issued = erp.issue(draft)
    held(shown.IssuedShown, issued)
    assert (issued["state"], issued["owed_minor"]) == ("issued", 114_000)
    assert erp.pay(issued["id"], 14_000, "first")["state"] == "part_paid"
    paid = erp.pay(issued["id"], 100_000, "second")
    held(shown.SaleShown, paid)
    assert paid["state"] == "paid"
    back = {"lines": [{"line": "2", "quantity_milli": 1000}], "reason": "leaked"}
    assert found(erp("POST", f"/invoices/{issued['id']}/refunds", back))["state"] == "part_refunded"
    whole = erp.invoice(issued["id"])
    held(shown.InvoiceShown, whole)
    assert (whole["paid_minor"], whole["returned_minor"], whole["due_minor"]) == (114_000, 19_000, 0)
    assert whole["returns"][0]["lines"] == [{"line": "2", "quantity_milli": 1000, "amount_minor": 19_000}]
    assert whole["decision"]["considered"][0]["offer"] == "core:personal"
    assert "birthday" not in str(whole)


def test_a_created_invoice_says_where_it_is(salon: Salon) -> None:
    erp = salon.program()
    draft = a_draft()
    answer = erp("POST", "/invoices", {"draft": draft, "ticket": erp.quote(draft)["ticket"]})
    assert answer.status_code == 201
    assert erp.client.get(answer.headers["Location"], headers=erp.headers).json["external_id"] == draft["external_id"]


def test_a_price_that_changed_comes_back_with_the_new_quote_and_nothing_is_written(house: House, salon: Salon) -> None:
    house.programme([("visits", 1, 3000)])
    erp, draft = salon.program(), a_draft(client=OLENA)
    ticket = erp.quote(draft)["ticket"]
    house.came("Olena", date(2026, 1, 4))
    before = house.rows()
    problem = refused(erp("POST", "/invoices", {"draft": draft, "ticket": ticket}), 409)
    assert house.rows() == before
    held(shown.ConflictShown, problem)
    assert problem["code"] == "price_changed"
    assert problem["quote"]["owed_minor"] == 70_000
    again = {"draft": draft, "ticket": problem["quote"]["ticket"]}
    assert found(erp("POST", "/invoices", again), 201)["owed_minor"] == problem["quote"]["owed_minor"]


def test_a_quote_older_than_fifteen_minutes_comes_back_with_a_new_one(house: House, salon: Salon) -> None:
    erp, draft = salon.program(), a_draft()
    ticket = erp.quote(draft)["ticket"]
    house.clock.set(house.clock.now() + timedelta(minutes=15, seconds=1))
    before = house.rows()
    problem = refused(erp("POST", "/invoices", {"draft": draft, "ticket": ticket}), 409)
    assert problem["code"] == "quote_expired"
    assert house.rows() == before
    assert found(erp("POST", "/invoices", {"draft": draft, "ticket": problem["quote"]["ticket"]}), 201)


def test_the_same_call_again_gets_the_same_answer_and_has_one_effect(house: House, salon: Salon) -> None:
    erp, draft = salon.program(), a_draft(client=OLENA)
    body = {"draft": draft, "ticket": erp.quote(draft)["ticket"]}
    first = erp("POST", "/invoices", body, key="one")
    id_ = first.json["id"]
    refund = {"lines": [{"line": "1", "quantity_milli": 100}], "reason": "why not"}
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/invoices", body),
        ("POST", f"/invoices/{id_}/payments", a_payment(50_000)),
        ("POST", f"/invoices/{id_}/refunds", refund),
        ("POST", "/invoices/recorded", a_recorded(external_id="again")),
        ("PUT", "/visits/crm/7", a_visit()),
        ("DELETE", "/visits/crm/7", {"reason": "typed twice"}),
        ("PUT", "/clients/crm/8", None),
    ]
    for number, (method, path, sent) in enumerate(calls):
        answers = []
        for _time in range(2):
            answer = erp(method, path, sent, key="one" if path == "/invoices" else f"key {number}")
            assert answer.status_code < 300, answer.text
            answers.append((answer.status_code, answer.text))
            before = house.rows()
        assert answers[0] == answers[1]
        erp(method, path, sent, key="one" if path == "/invoices" else f"key {number}")
        assert house.rows() == before


def test_one_key_for_two_bodies_is_refused_and_each_program_has_keys_of_its_own(salon: Salon) -> None:
    erp, other = salon.program(), salon.program()
    assert found(erp("PUT", "/visits/crm/7", a_visit(), key="k"))["changed"]
    problem = refused(erp("PUT", "/visits/crm/7", a_visit(status="no_show"), key="k"), 422)
    assert (problem["code"], problem["errors"][0]["path"]) == ("key_reused", ["Idempotency-Key"])
    assert found(other("PUT", "/visits/crm/7", a_visit(status="no_show"), key="k"))["revision"] == 2


@pytest.mark.parametrize(("key", "code"), [(None, "no_key"), ("x" * 101, "bad_key"), ("ключ", "bad_key")])
def test_whoever_changes_something_sends_a_key(salon: Salon, key: str | None, code: str) -> None:
    sent = key.encode().decode("latin-1") if key else key
    problem = refused(salon.program()("PUT", "/visits/crm/7", a_visit(), key=sent), 400)
    assert (problem["code"], problem["errors"][0]["path"]) == (code, ["Idempotency-Key"])


def test_an_invoice_without_money_is_voided_and_one_with_money_is_not(salon: Salon) -> None:
    erp = salon.program()
    unpaid, paid = erp.issue(a_draft())["id"], erp.issue(a_draft())["id"]
    erp.pay(paid, 1)
    assert found(erp("POST", f"/invoices/{unpaid}/void", {"reason": "slip"}))["state"] == "void"
    assert refused(erp("POST", f"/invoices/{paid}/void", {"reason": "slip"}), 409)["code"] == "paid"
    assert refused(erp("POST", f"/invoices/{unpaid}/void", {"reason": "slip"}), 409)["code"] == "already_void"


def test_a_finished_invoice_is_recorded_once_and_counts(house: House, salon: Salon) -> None:
    erp, sent = salon.program(), a_recorded(client=OLENA)
    first = erp("POST", "/invoices/recorded", sent)
    held(shown.SaleShown, found(first, 201))
    assert not found(erp("POST", "/invoices/recorded", sent))["changed"]
    assert house.totals("Olena").paid_minor == 100_000
    sent["lines"][0]["item"] = "colour"
    assert refused(erp("POST", "/invoices/recorded", sent), 409)["code"] == "recorded_differently"
    whole = erp.invoice(first.json["id"])
    held(shown.InvoiceShown, whole)
    assert (whole["priced"], whole["decision"]) == (False, None)


def test_visits_move_the_standing_that_the_next_call_shows(house: House, salon: Salon) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    erp = salon.program()
    saved = found(erp("PUT", "/visits/crm/a/7", a_visit()))
    held(shown.VisitShown, saved)
    standing = found(erp("GET", "/clients/tests/Olena/standing"))
    held(shown.StandingShown, standing)
    (given,) = standing["standing"]
    assert (given["branch"], given["element"], given["value"], given["origin"]) == ("podil", "discount", 500, "rule")
    assert given["next_on"] == "2026-03-07"
    assert erp("DELETE", "/visits/crm/a/7", {"reason": "typed twice"}).status_code == 204
    assert found(erp("GET", "/clients/tests/Olena/standing"))["standing"] == []
    assert refused(erp("DELETE", "/visits/crm/a/7", {"reason": "typed twice"}), 404)["code"] == "unknown_visit"


def test_a_visit_with_an_invoice_stays(salon: Salon) -> None:
    erp = salon.program()
    found(erp("PUT", "/visits/crm/7", a_visit()))
    erp.issue(a_draft(client=OLENA, visit={"source": "crm", "external_id": "7"}))
    assert refused(erp("DELETE", "/visits/crm/7", {"reason": "slip"}), 409)["code"] == "visit_has_invoice"


def test_a_client_is_made_known_by_an_id_and_then_quoted(salon: Salon) -> None:
    erp = salon.program()
    draft = a_draft(client={"source": "crm", "external_id": "new"})
    assert refused(erp("POST", "/quotes", draft), 404)["code"] == "unknown_client"
    first = found(erp("PUT", "/clients/crm/new"))
    held(shown.ClientShown, first)
    assert found(erp("PUT", "/clients/crm/new")) == first
    assert erp.quote(draft)["owed_minor"] == 100_000


def test_names_are_compared_in_one_form_of_unicode(salon: Salon) -> None:
    erp = salon.program()
    composed, decomposed = "Зої\u0301".encode().decode(), "й"
    assert found(erp("PUT", f"/clients/crm/{decomposed}x")) == found(erp("PUT", "/clients/crm/\u0438\u0306x"))
    assert found(erp("PUT", f"/clients/crm/{composed}"))


def test_a_discount_by_hand_is_held_to_the_limit_of_the_token(salon: Salon) -> None:
    manual = {"reason": "a regular", "percent_bp": 1500}
    problem = refused(salon.program(limit_bp=1000)("POST", "/quotes", a_draft(manual=manual)), 422)
    assert (problem["code"], problem["errors"][0]["path"]) == ("manual_above_limit", ["manual", "percent_bp"])
    assert salon.program(limit_bp=1500).quote(a_draft(manual=manual))["owed_minor"] == 85_000
    without = salon.program("invoices.issue")
    assert refused(without("POST", "/quotes", a_draft(manual=manual)), 422)["code"] == "manual_above_limit"
    taken = a_draft(taken_off=["core:personal"])
    assert refused(without("POST", "/quotes", taken), 422)["code"] == "may_not_take_off"


def test_paths_of_refusals_name_the_fields_of_the_body(salon: Salon) -> None:
    erp = salon.program()
    line = {**LINE, "unit_price_minor": 100, "flags": {"minimum_price_minor": 200}}
    problem = refused(erp("POST", "/quotes", a_draft(line)), 422)
    assert problem["errors"][0] == {
        **problem["errors"][0],
        "code": "below_minimum",
        "path": ["lines", 0, "unit_price_minor"],
    }
    draft = a_draft()
    ticket = erp.quote(draft)["ticket"]
    draft["lines"][0] = line
    problem = refused(erp("POST", "/invoices", {"draft": draft, "ticket": ticket}), 422)
    assert problem["errors"][0]["path"] == ["draft", "lines", 0, "unit_price_minor"]
    problem = refused(erp("POST", "/invoices", {"draft": a_draft(), "ticket": "forged"}), 422)
    assert (problem["code"], problem["errors"][0]["path"]) == ("bad_ticket", ["ticket"])


def test_what_is_not_there_answers_as_json_too(salon: Salon) -> None:
    erp = salon.program()
    for path in ("/", "/nothing", "/invoices/1/2/3", "/invoices/"):
        assert refused(erp("GET", path), 404)["code"] == "not_found"
    answer = erp("GET", "/quotes")
    assert refused(answer, 405)["code"] == "bad_method"
    assert answer.headers["Allow"] == "POST"


def test_the_description_names_every_route_and_is_open_to_everybody(salon: Salon) -> None:
    told: Any = salon.app.test_client().get("/api/v1/openapi.json").json
    assert told["openapi"] == "3.1.0"
    paths = {f"{method} {path}" for path, calls in told["paths"].items() for method in calls if method != "parameters"}
    assert paths == {
        "post /api/v1/quotes",
        "post /api/v1/invoices",
        "post /api/v1/invoices/recorded",
        "get /api/v1/invoices/{sale_id}",
        "post /api/v1/invoices/{sale_id}/payments",
        "post /api/v1/invoices/{sale_id}/refunds",
        "post /api/v1/invoices/{sale_id}/void",
        "put /api/v1/visits/{source}/{external_id}",
        "delete /api/v1/visits/{source}/{external_id}",
        "put /api/v1/clients/{source}/{external_id}",
        "get /api/v1/clients/{source}/{external_id}/standing",
    }
    body = told["components"]["schemas"]["DraftLineBody"]
    assert body["properties"]["quantity_milli"]["type"] == "integer"
    assert body["additionalProperties"] is False
