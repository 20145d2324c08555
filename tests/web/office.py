"""The small host on a small salon, and people of every role who use it without a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from markupsafe import Markup
from sqlalchemy import update
from werkzeug.test import TestResponse

from loyalty_core.ports import FixedClock
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_web.erp import users
from loyalty_web.erp.accounts import session_id
from loyalty_web.erp.app import create_app
from loyalty_web.erp.deployment import DATA_DIR, Deployment
from loyalty_web.erp.roles import ROLES
from loyalty_web.erp.tables import User
from tests.web.shell import NOW

PASSWORD = "long enough for tests"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
RAW_TOKEN = "a token of the tests"


def hire(folder: Path) -> None:
    """Make a user of each role in the salon's database, called like the role, and a cashier of Podil only."""
    deployment = Deployment({DATA_DIR: str(folder)}, FixedClock(NOW))
    with deployment.open().work(deployment.the_network, "tests") as unit:
        podil = unit.configuration.branch_ids["podil"]
        for role in ROLES:
            given = (users.RoleInput(role),)
            users.add(unit, users.UserInput(role, f"{role.title()} Koval", PASSWORD, given))
        given = (users.RoleInput("cashier", podil),)
        users.add(unit, users.UserInput("podil", "Podil Koval", PASSWORD, given))
    deployment.close()


class Office:
    """An application on a salon of its own, under a clock that stands still."""

    def __init__(self, folder: Path, now: datetime = NOW, environment: Mapping[str, str] | None = None) -> None:
        self.clock = FixedClock(now)
        self.deployment = Deployment({DATA_DIR: str(folder), **(environment or {})}, self.clock)
        self.app: Flask = create_app(self.deployment)
        self.app.testing = True
        self.network_id = self.deployment.the_network

    def close(self) -> None:
        """Let go of the database."""
        self.deployment.close()

    def work(self, actor: str = "tests") -> Any:
        """Open a unit of work that writes."""
        return self.deployment.open().work(self.network_id, actor)

    def reading(self) -> Any:
        """Open a unit of work that reads."""
        return self.deployment.open().reading(self.network_id)

    def branch(self, external_id: str) -> int:
        """Return the id of a branch."""
        with self.reading() as unit:
            found: int = unit.configuration.branch_ids[external_id]
            return found

    def set(self, login: str, **values: Any) -> None:
        """Change columns of a user: `locale`, `theme`, `active` …"""
        with self.work() as unit:
            _update(unit, login, values)

    def session_of(self, login: str, branch: str | None = "podil") -> dict[str, Any]:
        """Return the session of somebody who is signed in and works in a branch."""
        found = users.by_login(self.deployment.open(), login)
        assert found is not None, f"nobody is called {login}"
        place = {} if branch is None else {"branch": self.branch(branch)}
        return {"_user_id": session_id(found), "_fresh": True, "_permanent": True, "csrf_token": RAW_TOKEN, **place}

    def as_(self, login: str, branch: str | None = "podil") -> Visitor:
        """Return a client that is signed in; logins are the names of roles, and `podil`."""
        client = Visitor(self.app, use_cookies=True)
        with client.session_transaction() as session:
            session.update(self.session_of(login, branch))
        return client

    def stranger(self) -> Visitor:
        """Return a client that is not signed in, with a session that has a token."""
        client = Visitor(self.app, use_cookies=True)
        with client.session_transaction() as session:
            session["csrf_token"] = RAW_TOKEN
        return client

    @property
    def token(self) -> str:
        """Return the token that forms carry."""
        return token_of(self.app)


def token_of(app: Flask) -> str:
    """Return the token that forms carry in sessions of the tests."""
    assert app.secret_key is not None, "the application signs its sessions"
    return str(URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN))


class Visitor(FlaskClient):
    """A client that sends forms with their token, and asks as htmx does."""

    def send(self, path: str, /, htmx: Any = False, **fields: Any) -> TestResponse:
        """Send a form; names with dots come as `**{"rules.0.metric": "sold"}`."""
        form = {"csrf_token": token_of(self.application), **fields}
        return self.post(path, data=form, headers=HTMX if htmx else {})

    def part(self, path: str, **query: Any) -> TestResponse:
        """Ask for a fragment."""
        return self.get(path, query_string=query, headers=HTMX)

    def shown(self, path: str, **query: Any) -> str:
        """Return what a page that is there shows, as plain text."""
        answer = self.get(path, query_string=query, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status}"
        return words(answer.text)


def words(html: str) -> str:
    """Return the text of a page, without tags, every blank a plain one."""
    body = html.partition("<body")[2].partition(">")[2] or html
    return " ".join(Markup(re.sub(r"<[^>]+>", " ", body)).unescape().split())


def _update(unit: Unit, login: str, values: dict[str, Any]) -> None:
    statement = update(User).where(User.network_id == THIS_NETWORK, User.login == login).values(**values)
    unit.execute(statement)
