"""Signing in and out: only with the right password, back to where somebody was, with what was typed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from loyalty_web.erp import users
from tests.web.office import HTMX, PASSWORD, Office, words

PATHS_ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "javascript:alert(1)",
    "/a\nb",
    "",
    "/sign-in",
)


def sign_in(office: Office, login: str = "manager", password: str = PASSWORD, **more: str):
    return office.stranger().send("/sign-in", login=login, password=password, **more)


def test_the_right_password_lets_somebody_in_and_back_to_where_they_were(office: Office) -> None:
    stranger = office.stranger()
    asked = stranger.get("/?a=1&b=2")
    assert asked.status_code == 303
    assert asked.location == "/sign-in?next=/?a%3D1%26b%3D2"
    form = stranger.get(asked.location)
    assert 'name="next" value="/?a=1&amp;b=2"' in form.text
    done = stranger.send("/sign-in", login=" Manager ", password=PASSWORD, next="/?a=1&b=2")
    assert (done.status_code, done.location) == (303, "/?a=1&b=2")
    assert "Manager Koval" in stranger.shown("/")
    assert stranger.get("/sign-in").location == "/"


@pytest.mark.parametrize(
    ("login", "password"), [("manager", "not this one"), ("nobody", PASSWORD), ("", ""), ("manager", "x" * 5000)]
)
def test_what_does_not_fit_is_told_alike_and_the_login_stays(office: Office, login: str, password: str) -> None:
    done = sign_in(office, login, password)
    assert done.status_code == 422
    assert "Login and password do not fit" in words(done.text)
    assert f'name="login" value="{login}"' in done.text
    assert password == "" or password not in done.text
    assert office.as_("cashier").get("/").status_code == 200


@pytest.mark.parametrize("target", PATHS_ELSEWHERE)
def test_nobody_is_sent_elsewhere_after_signing_in(office: Office, target: str) -> None:
    assert sign_in(office, next=target).location == "/"


def test_a_closed_account_does_not_get_in_and_is_thrown_out(office: Office) -> None:
    inside = office.as_("manager")
    office.set("manager", active=False)
    assert sign_in(office).status_code == 422
    assert inside.get("/").status_code == 303


def test_an_account_is_locked_after_five_wrong_passwords_for_a_quarter_of_an_hour(office: Office) -> None:
    for _time in range(users.ATTEMPTS):
        assert sign_in(office, password="wrong").status_code == 422
    assert sign_in(office).status_code == 422, "the right password does not help now"
    assert sign_in(office, "cashier").status_code == 303, "others are not concerned"
    office.clock.set(office.clock.now() + users.LOCKED_FOR - timedelta(seconds=1))
    assert sign_in(office).status_code == 422
    office.clock.set(office.clock.now() + timedelta(seconds=1))
    assert sign_in(office).status_code == 303


def test_wrong_passwords_are_forgotten_after_the_right_one(office: Office) -> None:
    for _round in range(2):
        for _time in range(users.ATTEMPTS - 1):
            sign_in(office, password="wrong")
        assert sign_in(office).status_code == 303


def test_too_many_attempts_from_one_address_are_told_to_wait(office: Office) -> None:
    answers = [sign_in(office, f"somebody{number}", "wrong") for number in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {422}
    assert answers[30].status_code == 429
    assert "Wait a few minutes" in words(answers[30].text)
    assert answers[30].headers["Retry-After"]


def test_another_password_ends_every_session(office: Office) -> None:
    inside = office.as_("manager")
    assert inside.get("/").status_code == 200
    with office.work() as unit:
        found = users.by_login(office.deployment.open(), "manager")
        assert found is not None
        users.set_password(unit, found.id, "another long one")
    assert inside.get("/").status_code == 303
    assert sign_in(office, password="another long one").status_code == 303


def test_signing_out_ends_the_session(office: Office) -> None:
    inside = office.as_("manager")
    assert inside.send("/sign-out").location == "/sign-in"
    assert inside.get("/").status_code == 303


def test_a_form_sent_after_the_session_ended_is_kept_through_signing_in(office: Office) -> None:
    stranger = office.stranger()
    asked = stranger.send("/account", locale="uk", do="delete", note='<b>"typed"</b>')
    assert asked.status_code == 401
    assert "What you typed is kept" in words(asked.text)
    kept = dict(re.findall(r'name="(kept\.\w+)" value="([^"]*)"', asked.text))
    assert kept == {"kept.locale": "uk", "kept.note": "&lt;b&gt;&#34;typed&#34;&lt;/b&gt;"}, "not what pressed the form"
    done = stranger.send(
        "/sign-in", login="manager", password=PASSWORD, next="/account", **{"kept.locale": "uk", "kept.note": "<b>"}
    )
    assert done.status_code == 200
    assert 'action="/account"' in done.text
    assert 'name="locale" value="uk"' in done.text
    assert 'name="note" value="&lt;b&gt;"' in done.text


def test_a_wrong_password_does_not_lose_the_form_that_was_under_way(office: Office) -> None:
    done = office.stranger().send("/sign-in", login="manager", password="wrong", **{"kept.locale": "uk"})
    assert 'name="kept.locale" value="uk"' in done.text


def test_a_form_without_its_token_is_kept_too_but_never_one_from_elsewhere(office: Office) -> None:
    asked = office.app.test_client().post("/account", data={"locale": "uk"})
    assert asked.status_code == 401
    assert 'name="kept.locale"' in asked.text
    asked = office.app.test_client().post(
        "/account", data={"locale": "uk"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert 'name="kept.locale"' not in asked.text


def test_htmx_is_told_in_a_line_that_leads_back_here(office: Office) -> None:
    headers = {**HTMX, "HX-Current-URL": "http://localhost/clients?q=ol"}
    asked = office.app.test_client().get("/", headers=headers)
    assert asked.status_code == 401
    assert asked.headers["HX-Retarget"] == "#problem"
    assert 'href="/sign-in?next=/clients?q%3Dol" data-ly-sign-in' in asked.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office: Office) -> None:
    done = sign_in(office)
    cookie = done.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" in cookie


def test_unknown_and_foreign_sessions_are_nobodys(office: Office) -> None:
    for name in ("1.1.x", "x", "", "1.2", f"{10**30}.1.x", "-1.1.x", "٣.1.x"):
        client = office.stranger()
        with client.session_transaction() as session:
            session["_user_id"] = name
        assert client.get("/").status_code == 303
