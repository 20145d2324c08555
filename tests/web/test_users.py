"""Users by command, the key of sessions, serving, health and logs."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from loyalty_core.errors import LoyaltyError
from loyalty_web.erp import health, logs, users
from loyalty_web.erp.app import create_app
from loyalty_web.erp.deployment import DATA_DIR, PUBLIC_URL, SECRET_KEY, Deployment
from loyalty_web.erp.roles import ROLES
from loyalty_web.erp.secret import FILE, secret_key
from loyalty_web.erp.serving import serve
from loyalty_web.permissions import DISCOUNT_MANUAL, PERMISSIONS, SIGNED_IN, needs
from tests.web.office import Office
from tests.web.shell import Shell

STRONG = "kT4-9vPz_0qLmW7xYb2NcR8sHd6JfGa1"


def test_a_user_is_made_with_a_password_that_is_printed_once_and_fits(salon: Shell) -> None:
    roles = ("--role", "cashier:podil", "--role", "marketer")
    done = salon("user", "add", "Maria", "--name", "Maria S.", *roles, "--generate")
    assert done.exit_code == 0, done.output
    password = done.stdout.strip()
    assert "maria may sign in" in done.stderr.casefold()
    assert salon.said("user", "list") == "maria\tMaria S.\tcashier:podil, marketer\n"
    office = Office(salon.folder)
    assert users.check_password(office.deployment.open(), "maria", password) is not None
    again = salon("user", "password", "maria", "--generate").stdout.strip()
    assert again != password
    assert users.check_password(office.deployment.open(), "maria", password) is None
    assert users.check_password(office.deployment.open(), "maria", again) is not None
    office.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "m", "--name", "M", "--role", "boss", "--generate"), "There is no role “boss”. There are: cashier,"),
        (("add", "m", "--name", "M", "--role", "cashier:moon", "--generate"), "There is no branch “moon”."),
        (("add", "m", "--name", " ", "--role", "cashier", "--generate"), "name: "),
        (("add", "m", "--name", "M", "--role", ":podil", "--generate"), "There is no role “”."),
        (("password", "nobody", "--generate"), "There is no user “nobody”."),
    ],
)
def test_a_user_with_a_slip_is_refused_and_not_made(salon: Shell, words: tuple[str, ...], told: str) -> None:
    assert told in salon.refused("user", *words)
    assert salon.said("user", "list") == ""


def test_a_login_belongs_to_one_user(salon: Shell) -> None:
    made = ("user", "add", "maria", "--name", "Maria", "--role", "cashier", "--generate")
    assert salon(*made).exit_code == 0
    assert "this one is taken" in salon.refused(*made)


def test_a_password_is_long_enough_and_never_kept_as_it_is(office: Office) -> None:
    problem = users.password_problem("short")
    assert problem is not None
    assert problem.code == "weak_password"
    found = users.by_login(office.deployment.open(), "manager")
    assert found is not None
    assert found.password_hash.startswith("$argon2id$")


def test_roles_have_the_permissions_and_limits_of_their_work() -> None:
    limits = {name: role.most_discount_bp for name, role in ROLES.items() if DISCOUNT_MANUAL in role.permissions}
    assert limits == {"cashier": 1_000, "manager": 3_000, "administrator": 10_000}
    assert all(set(role.permissions) <= set(PERMISSIONS) for role in ROLES.values())
    assert set().union(*(role.permissions for role in ROLES.values())) == set(PERMISSIONS)
    assert "users.manage" not in {each for name in ROLES if name != "administrator" for each in ROLES[name].permissions}


def test_a_role_in_one_branch_gives_nothing_elsewhere(office: Office) -> None:
    seen = {}

    @office.app.get("/seen")
    @needs(SIGNED_IN)
    def look() -> str:
        from loyalty_web.requests import the_actor

        actor = the_actor()
        podil, lviv = office.branch("podil"), office.branch("lviv")
        seen.update(
            podil=actor.may("invoices.issue", podil),
            lviv=actor.may("invoices.issue", lviv),
            limit=(actor.limit_bp(DISCOUNT_MANUAL, podil), actor.limit_bp(DISCOUNT_MANUAL, lviv)),
            branches=actor.branches("invoices.view"),
            everywhere=actor.may_everywhere("invoices.view"),
        )
        return ""

    office.as_("podil").get("/seen")
    assert seen == {
        "podil": True,
        "lviv": False,
        "limit": (1_000, 0),
        "branches": frozenset({office.branch("podil")}),
        "everywhere": False,
    }
    office.as_("manager").get("/seen")
    assert seen["branches"] is None
    assert seen["limit"] == (3_000, 3_000)


@pytest.mark.parametrize("weak", ["secret", "", "a" * 64, "dev", "abababababababababababababababababab"])
def test_a_weak_key_is_refused(tmp_path: Path, weak: str) -> None:
    with pytest.raises(LoyaltyError):
        secret_key({SECRET_KEY: weak}, tmp_path)


def test_a_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    made = secret_key({}, tmp_path)
    assert secret_key({}, tmp_path) == made
    assert len(made) >= 32
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert secret_key({SECRET_KEY: STRONG}, tmp_path) == STRONG
    (tmp_path / FILE).write_text("cut short")
    with pytest.raises(LoyaltyError):
        secret_key({}, tmp_path)


def test_behind_a_proxy_cookies_go_over_https_only_and_other_names_are_refused(office: Office) -> None:
    folder = office.deployment.folder
    behind = Office(folder, environment={PUBLIC_URL: "https://loyalty.example"})
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "loyalty.example"}
    answer = behind.app.test_client().get("/sign-in", base_url="http://10.0.0.1:8080", headers=said)
    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("__Host-loyalty=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert behind.app.test_client().get("/sign-in", headers={"Host": "elsewhere.example"}).status_code == 400
    behind.close()
    with pytest.raises(LoyaltyError):
        create_app(Deployment({DATA_DIR: str(folder), PUBLIC_URL: "http://loyalty.example"}))


def test_a_name_that_is_not_this_machine_is_refused_without_a_proxy(office: Office) -> None:
    assert office.app.test_client().get("/healthz", headers={"Host": "elsewhere.example"}).status_code == 400


def test_pages_are_not_served_to_others_in_the_clear(office: Office) -> None:
    with pytest.raises(LoyaltyError, match="only this machine is served"):
        serve(office.deployment, "0.0.0.0", 0, lambda url: None)


def test_health_is_told_to_whoever_watches(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client = office.app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ok"}

    def gone(*_arguments: object) -> None:
        raise OperationalError("SELECT 1", None, Exception("gone"))

    monkeypatch.setattr(health, "state", gone)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_line_of_the_log_says_who_did_what_where_and_nothing_that_was_typed(office: Office) -> None:
    told = io.StringIO()
    add_route(office.app)
    with logs.to_stream(told):
        answer = office.as_("manager").get("/tried/5551234567?q=Olena+380671234567")
        logging.getLogger("loyalty").warning("card 4821000011112222 was not read")
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    (request,) = [line for line in lines if line["event"] == "request"]
    assert request["route"] == "/tried/<int:client_id>"
    assert (request["method"], request["status"], request["actor"]) == ("GET", 200, "manager")
    assert request["request_id"] == answer.headers["X-Request-Id"]
    assert request["timestamp"].endswith("Z")
    for secret in ("5551234567", "380671234567", "Olena", "4821000011112222"):
        assert secret not in told.getvalue()


def add_route(app: Flask) -> None:
    @app.get("/tried/<int:client_id>", endpoint="tried")
    @needs("clients.view")
    def tried(client_id: int) -> str:
        return "seen"
