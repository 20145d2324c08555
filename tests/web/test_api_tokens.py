"""Tokens of the small host: made, listed and revoked by command; cookies open nothing; CSRF is not asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from loyalty_core.errors import Refused
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_web.erp import tokens
from loyalty_web.erp.tables import ApiToken
from tests.web.api_calls import Program, a_draft, found, refused
from tests.web.office import Office
from tests.web.shell import NOW, Shell

STANDING = "/clients/import/1001/standing"
MAY_VIEW = ("--may", "clients.view")


def made(office: Office, *permissions: str, **more: object) -> str:
    with office.work() as unit:
        return tokens.add(unit, tokens.TokenInput("till", permissions or ("clients.view",), **more))  # type: ignore[arg-type]


def test_a_token_made_by_command_opens_what_it_is_good_for(office: Office) -> None:
    shell = Shell(office.deployment.folder)
    token = shell.said(
        "token", "add", "Till of Podil", *MAY_VIEW, "--may", "invoices.issue", "--branch", "podil"
    ).strip()
    erp = Program(office.app, token)
    assert found(erp("GET", STANDING))["client_id"]
    assert erp.quote(a_draft())["owed_minor"] == 100_000
    assert refused(erp("POST", "/quotes", a_draft(branch="lviv")), 404)["code"] == "unknown_branch"
    assert refused(erp("PUT", "/clients/crm/1"), 403)["code"] == "not_allowed"


def test_tokens_are_listed_with_what_they_are_good_for_and_never_shown_again(office: Office) -> None:
    shell = Shell(office.deployment.folder)
    asked = ("--may", "discount.manual", "--discount-limit", "7.5", "--days", "30", "--branch", "podil")
    token = shell.said("token", "add", "Till", *MAY_VIEW, *asked).strip()
    prefix = token.split("_")[1]
    listed = shell.said("token", "list").strip().split("\t")
    assert listed[:4] == [prefix, "Till", "podil", "clients.view discount.manual (7.50 %)"]
    assert listed[4:] == ["-", "good until May 1, 2026"]
    found(Program(office.app, token)("GET", STANDING))
    assert shell.said("token", "list").split("\t")[4] == "2026-04-01 12:00 UTC"
    assert token.split("_", 2)[2] not in shell.said("token", "list")


def test_a_revoked_token_is_no_good_from_that_moment(office: Office) -> None:
    shell = Shell(office.deployment.folder)
    token = shell.said("token", "add", "Till", *MAY_VIEW).strip()
    erp = Program(office.app, token)
    found(erp("GET", STANDING))
    prefix = token.split("_")[1]
    assert shell.said("token", "revoke", prefix) == f"The token {prefix} is revoked.\n"
    assert refused(erp("GET", STANDING), 401)["code"] == "bad_token"
    assert shell.said("token", "revoke", prefix) == f"The token {prefix} was revoked already.\n"
    assert "revoked" in shell.said("token", "list")
    assert "There is no token" in shell.refused("token", "revoke", "000000")


def test_a_token_ends_on_its_day_to_the_second(office: Office) -> None:
    erp = Program(office.app, made(office, expires_at=NOW + timedelta(days=1)))
    office.clock.set(NOW + timedelta(days=1, seconds=-1))
    found(erp("GET", STANDING))
    office.clock.set(NOW + timedelta(days=1))
    answer = erp("GET", STANDING)
    assert refused(answer, 401)["code"] == "bad_token"
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_that_differs_in_one_letter_is_no_good(office: Office) -> None:
    token = made(office)
    other = made(office)
    mixed = "_".join((*token.split("_")[:2], other.split("_", 2)[2]))
    for wrong in (
        token[:-1],
        token + "x",
        token.swapcase(),
        token.replace("loyalty", "Loyalty"),
        mixed,
        "loyalty__",
        "_",
    ):
        assert refused(Program(office.app, wrong)("GET", STANDING), 401)["code"] == "bad_token"


def test_only_the_hash_of_a_token_is_kept_and_its_making_is_audited(office: Office) -> None:
    token = made(office)
    with office.reading() as unit:
        statement = select(ApiToken.__table__).where(ApiToken.__table__.c.network_id == THIS_NETWORK)
        (row,) = unit.execute(statement).mappings()
    secret = token.split("_", 2)[2]
    assert len(secret) == 43, "256 bits"
    assert all(secret not in str(value) for value in row.values())
    assert len(row["token_hash"]) == 64


def test_the_last_use_is_written_once_an_hour(office: Office) -> None:
    erp = Program(office.app, made(office))

    def last() -> object:
        with office.reading() as unit:
            return tokens.all_tokens(unit)[0].last_used_at

    found(erp("GET", STANDING))
    assert last() == NOW
    office.clock.set(NOW + timedelta(minutes=59))
    found(erp("GET", STANDING))
    assert last() == NOW
    office.clock.set(NOW + timedelta(minutes=60))
    found(erp("GET", STANDING))
    assert last() == NOW + timedelta(minutes=60)


def test_somebody_who_is_signed_in_opens_nothing_without_a_token(office: Office) -> None:
    person = office.as_("administrator")
    assert refused(person.get(f"/api/v1{STANDING}"), 401)["code"] == "no_token"
    assert refused(person.post("/api/v1/quotes", json=a_draft()), 401)["code"] == "no_token"


def test_a_program_sends_no_form_token_and_is_given_no_cookie(office: Office) -> None:
    erp = Program(office.app, made(office, "visits.edit", "clients.edit", "invoices.issue"))
    found(erp("PUT", "/clients/crm/9"))
    answer = erp("POST", "/quotes", a_draft())
    assert found(answer)["owed_minor"] == 100_000
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_language_of_answers_is_that_of_the_call(office: Office) -> None:
    erp = Program(office.app, made(office))
    answer = erp("GET", "/clients/import/nobody/standing", Accept_Language="uk")
    assert answer.headers["Content-Language"] == "uk"
    assert refused(answer, 404)["detail"] == "Такого клієнта немає."


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (tokens.TokenInput("", ("clients.view",)), "required"),
        (tokens.TokenInput("x" * 201, ("clients.view",)), "too_long"),
        (tokens.TokenInput("till", ()), "no_permission"),
        (tokens.TokenInput("till", ("users.manage",)), "unknown_permission"),
        (tokens.TokenInput("till", ("discount.manual",)), "no_limit"),
        (tokens.TokenInput("till", ("discount.manual",), discount_limit_bp=10_001), "too_large"),
        (tokens.TokenInput("till", ("clients.view",), expires_at=NOW), "in_the_past"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(office: Office, given: tokens.TokenInput, code: str) -> None:
    with office.work() as unit, pytest.raises(Refused) as refusal:
        tokens.add(unit, given)
    assert refusal.value.codes == (code,)


def test_commands_refuse_what_cannot_be(office: Office) -> None:
    shell = Shell(office.deployment.folder)
    assert "There is no branch" in shell.refused("token", "add", "Till", *MAY_VIEW, "--branch", "nowhere")
    assert "Tokens know no permission" in shell.refused("token", "add", "Till", "--may", "everything")
    assert "more than 100" in shell.refused("token", "add", "Till", *MAY_VIEW, "--discount-limit", "101")
    assert shell.said("token", "list") == ""
