"""Programs that call the JSON API of somebody's application, on a small salon."""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import Any, cast

from flask import Flask
from werkzeug.test import TestResponse

from loyalty_core.testing.house import House
from loyalty_web.actor import Actor, Grant
from loyalty_web.api.mounting import bring_api
from loyalty_web.erp.tokens import PERMISSIONS
from loyalty_web.extension import LoyaltyExtension, Ports

LINE = {
    "key": "1",
    "item": "cut",
    "name": "Cut",
    "kind": "service",
    "quantity_milli": 1000,
    "unit_price_minor": 100_000,
}
SHAMPOO = {**LINE, "key": "2", "item": "shampoo", "name": "Shampoo", "kind": "goods", "unit_price_minor": 20_000}
OLENA = {"source": "tests", "external_id": "Olena"}
NO_PORTS = Ports(cast(Any, None), cast(Any, None))
"""The API asks a host for no names: whoever calls knows them."""
PAID_AT = "2026-01-05T12:00:00+02:00"
_numbers = count(1)


def a_draft(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a draft of a number of its own, of one haircut unless lines are given."""
    return {
        "source": "till",
        "external_id": f"draft-{next(_numbers)}",
        "branch": "podil",
        "lines": deepcopy(list(lines) or [LINE]),
        **more,
    }


def a_recorded(**more: Any) -> dict[str, Any]:
    """Return a finished invoice of one haircut, paid in cash."""
    line = {
        "key": "1",
        "item": "cut",
        "category": "Hair",
        "kind": "service",
        "quantity_milli": 1000,
        "unit_price_minor": 100_000,
        "listed_minor": 100_000,
        "invoiced_minor": 100_000,
    }
    return {
        "source": "old till",
        "external_id": f"recorded-{next(_numbers)}",
        "branch": "podil",
        "issued_at": PAID_AT,
        "lines": [line],
        "payments": [a_payment(100_000)],
        **more,
    }


def a_payment(amount_minor: int, name: str = "1", **more: Any) -> dict[str, Any]:
    """Return a payment in cash."""
    return {"external_id": name, "tender": "cash", "amount_minor": amount_minor, "paid_at": PAID_AT, **more}


def a_visit(**more: Any) -> dict[str, Any]:
    """Return a visit of Olena's, who has come."""
    return {"branch": "podil", "client": OLENA, "status": "arrived", "starts_at": PAID_AT, **more}


class Salon:
    """Somebody's application with the API, and the tokens it knows."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.tokens: dict[str, Actor] = {}
        self.app = Flask("some_erp")
        self.app.testing = True
        self.app.secret_key = "a key that only a test would use"
        extension = LoyaltyExtension()
        extension.init_app(self.app, house.loyalty, lambda: None, NO_PORTS, url_prefix="/loyalty")
        bring_api(self.app, self.tokens.get)
        house.client("Olena")

    def program(
        self,
        *permissions: str,
        branch: str | None = None,
        limit_bp: int = 1000,
        network_id: int | None = None,
        name: str = "",
    ) -> Program:
        """Return a program with a token of its own; without permissions it may do everything."""
        branch_id = None if branch is None else self.house.branches[branch]
        grants = tuple(
            Grant(each, branch_id, limit_bp if each == "discount.manual" else 10_000)
            for each in permissions or PERMISSIONS
        )
        token = name or f"token-{next(_numbers)}"
        self.tokens[token] = Actor(f"token:{token}", "ERP", network_id or self.house.network_id, grants=grants)
        return Program(self.app, token)


class Program:
    """Calls the API with a token."""

    def __init__(self, app: Flask, token: str | None, **headers: str) -> None:
        self.client: Any = app.test_client()
        self.headers = {**({} if token is None else {"Authorization": f"Bearer {token}"}), **headers}

    def __call__(self, method: str, path: str, body: Any = None, *, key: str | None = "", **headers: str) -> Any:
        """Call; a key of its own is sent unless one is given, or None."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if key is not None:
            sent["Idempotency-Key"] = key or f"key-{next(_numbers)}"
        raw = {"data": body, "content_type": "application/json"} if isinstance(body, bytes | str) else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **({} if body is None else raw))

    def quote(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Price a draft."""
        return found(self("POST", "/quotes", draft))

    def issue(self, draft: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Quote and issue a draft."""
        ticket = self.quote(draft)["ticket"]
        return found(self("POST", "/invoices", {"draft": draft, "ticket": ticket}, key=key), 201)

    def pay(self, id_: str, amount_minor: int, name: str = "1") -> dict[str, Any]:
        """Pay an invoice."""
        return found(self("POST", f"/invoices/{id_}/payments", a_payment(amount_minor, name)))

    def invoice(self, id_: str) -> dict[str, Any]:
        """Look an invoice up."""
        return found(self("GET", f"/invoices/{id_}"))


def found(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """Return what a call that was done answers."""
    assert answer.status_code == status, f"{answer.status}: {answer.text}"
    assert answer.mimetype == "application/json"
    body: Any = answer.json
    assert isinstance(body, dict)
    return body


def refused(answer: TestResponse, status: int) -> dict[str, Any]:
    """Return what a call that was not done answers, and hold it to the form of problems."""
    assert answer.status_code == status, f"{answer.status}: {answer.text}"
    assert answer.mimetype == "application/problem+json"
    body: Any = answer.json
    assert isinstance(body, dict)
    assert body["status"] == status
    assert (body["code"], body["detail"]) == (body["errors"][0]["code"], body["errors"][0]["detail"])
    for each in body["errors"]:
        assert set(each) == {"code", "path", "detail"}
        assert each["code"] != "invalid", f"a text that cannot be translated: {each}"
        assert each["detail"]
    return body
