"""What holds for every page: permission, headers, tokens, languages, failures in words."""

from __future__ import annotations

import re

import pytest
from flask import Response, abort
from sqlalchemy import literal_column, select
from werkzeug.routing import Rule

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_web import requests
from loyalty_web.permissions import PERMISSIONS, SIGNED_IN, needs
from loyalty_web.rendering import render
from loyalty_web.slots import Fragment, Slot
from tests.web.office import HTMX, Office, words

UNNEEDED = {"loyalty.static"}
"""Routes without a permission: files that everybody may see."""


def pages_of(office: Office) -> list[Rule]:
    """Return the routes of pages; those of the API know no sessions, and have tests of their own."""
    return [rule for rule in office.app.url_map.iter_rules() if not rule.rule.startswith("/api/")]


def test_every_route_says_what_it_needs(office: Office) -> None:
    silent = {
        rule.endpoint
        for rule in office.app.url_map.iter_rules()
        if rule.endpoint not in UNNEEDED and not hasattr(office.app.view_functions[rule.endpoint], "needs")
    }
    assert silent == set()


def test_what_is_open_to_everybody_is_a_short_list(office: Office) -> None:
    views = office.app.view_functions
    open_to_all = {
        rule.endpoint for rule in pages_of(office) if getattr(views[rule.endpoint], "needs", "") == "everybody"
    }
    assert open_to_all == {"signing_in.sign_in", "signing_in.signed_in", "health.alive", "health.ready"}


def test_every_route_that_changes_something_wants_a_token(office: Office) -> None:
    client = office.as_("administrator")
    for rule in pages_of(office):
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            answer = client.open(_path(rule), method=method)
            assert answer.status_code == 400, rule
            assert "was open for too long" in words(answer.text)


def _path(rule: Rule) -> str:
    """Return an address that a route answers, every part of it 1."""
    return re.sub(r"<[^>]+>", "1", rule.rule)


def test_a_stranger_sees_no_page(office: Office) -> None:
    for rule in pages_of(office):
        view = office.app.view_functions[rule.endpoint]
        if getattr(view, "needs", "everybody") == "everybody" or "GET" not in (rule.methods or set()):
            continue
        answer = office.app.test_client().get(_path(rule))
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule


@pytest.mark.parametrize("permission", [*PERMISSIONS, SIGNED_IN])
def test_a_permission_that_is_missing_is_told_with_403(office: Office, permission: str) -> None:
    @office.app.get("/tried")
    @needs(permission)
    def tried() -> str:
        return "inside"

    for login in ("cashier", "administrator", "integrator"):
        answer = office.as_(login).get("/tried")
        if answer.status_code == 200:
            assert answer.text == "inside"
        else:
            assert answer.status_code == 403
            assert "This is not open to you" in words(answer.text)
    assert office.as_("administrator").get("/tried").status_code == 200


def test_the_headers_let_a_browser_load_only_what_is_ours(office: Office) -> None:
    for path in ("/", "/sign-in", "/nothing-here", "/healthz"):
        headers = office.as_("manager").get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert {"HX-Request", "HX-Request-Type"} <= set(headers["Vary"].replace(" ", "").split(","))
        assert headers["Cache-Control"] == "no-store"


def test_static_files_may_be_kept_as_their_address_changes_with_them(office: Office) -> None:
    page = office.as_("manager").get("/").text
    for address in re.findall(r'(?:href|src)="(/static/[^"#]+)"', page):
        with office.app.test_client().get(address.replace("&amp;", "&")) as answer:
            assert answer.status_code == 200, address
            assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "method", "status", "told"),
    [
        ("/nothing-here", "GET", 404, "There is no such page"),
        ("/account", "GET", 405, "This cannot be done this way"),
        ("/large", "POST", 413, "This is too large"),
        ("/mine", "GET", 403, "This is not open to you"),
        ("/no", "GET", 422, "Give it back first."),
    ],
)
def test_failures_are_told_in_words_as_a_page_and_as_a_line(
    office: Office, path: str, method: str, status: int, told: str
) -> None:
    _break_some(office)
    client = office.as_("manager")
    data = {"csrf_token": office.token, "x": "x" * 2_000_000} if method == "POST" else None
    page = client.open(path, method=method, data=data)
    assert page.status_code == status
    assert told in words(page.text)
    assert "<nav" in page.text, "the menu is still there"
    line = client.open(path, method=method, data=data, headers=HTMX)
    assert line.status_code == status
    assert line.headers["HX-Retarget"] == "#problem"
    assert told in words(line.text)
    assert "<html" not in line.text


def _break_some(office: Office) -> None:
    @office.app.get("/mine")
    @needs(SIGNED_IN)
    def mine() -> str:
        abort(403)

    @office.app.get("/no")
    @needs(SIGNED_IN)
    def no() -> str:
        raise Refused(Problem("taken", _("Give it back first.")))

    @office.app.post("/large")
    @needs(SIGNED_IN)
    def large() -> str:
        return "taken"


def test_a_mistake_of_ours_saves_nothing_and_has_a_code_that_is_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    @office.app.get("/broken")
    @needs(SIGNED_IN)
    def broken() -> str:
        raise RuntimeError("phone 380671234567 was not expected")

    office.app.testing = False
    page = office.as_("manager").get("/broken")
    assert page.status_code == 500
    code = page.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}", code)
    assert f"Nothing was saved. Code {code}" in words(page.text)
    assert "380671234567" not in page.text
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(("locale", "lang"), [("en", "en"), ("uk", "uk"), ("ru", "ru")])
def test_a_page_is_in_the_language_of_its_reader(office: Office, locale: str, lang: str) -> None:
    office.set("manager", locale=locale)
    assert f'<html lang="{lang}"' in office.as_("manager").get("/").text


def test_a_stranger_reads_the_language_of_the_browser(office: Office) -> None:
    for asked, lang in (("uk", "uk"), ("ru-RU,ru;q=0.9", "ru"), ("de", "en"), ("", "en")):
        page = office.app.test_client().get("/sign-in", headers={"Accept-Language": asked})
        assert f'<html lang="{lang}"' in page.text, asked


def test_language_theme_and_shortcuts_are_set_by_a_form(office: Office) -> None:
    client = office.as_("manager")
    for name, value, shown in (
        ("locale", "uk", '<html lang="uk"'),
        ("theme", "dark", 'data-bs-theme="dark"'),
        ("shortcuts", "off", 'data-ly-shortcuts="off"'),
    ):
        assert client.send("/account", next="/", **{name: value}).location == "/"
        assert shown in client.get("/").text
    for name, value in (("locale", "xx"), ("theme", "pink"), ("shortcuts", "maybe")):
        assert client.send("/account", **{name: value}).status_code == 400


def test_the_working_branch_is_chosen_among_ones_own(office: Office) -> None:
    client = office.as_("manager", branch=None)
    assert client.send("/place", branch="lviv").location == "/"
    assert "Lviv" in client.shown("/")
    assert office.as_("podil", branch=None).send("/place", branch="lviv").status_code == 404
    assert client.send("/place", branch="nowhere").status_code == 404


def test_somebody_of_one_branch_works_there_without_choosing(office: Office) -> None:
    assert "Podil" in office.as_("podil", branch=None).shown("/")


def test_a_boosted_link_and_the_back_button_get_the_page_and_htmx_a_part(office: Office) -> None:
    @office.app.get("/part")
    @needs(SIGNED_IN)
    def shown() -> Response:
        requests.say("41 clients")
        return render("loyalty/today.html", "tiles", tiles=[])

    client = office.as_("manager")
    assert "<html" not in client.part("/part").text
    assert 'id="said" hx-swap-oob="innerHTML">41 clients' in client.part("/part").text
    for headers in (
        {},
        {"HX-Request": "true", "HX-Boosted": "true", "HX-Request-Type": "full"},
        {"HX-Request": "true", "HX-Request-Type": "full"},
        {"HX-History-Restore-Request": "true", "HX-Request-Type": "full"},
    ):
        assert "<html" in client.get("/part", headers=headers).text


def test_a_tile_that_fails_is_one_line_and_the_page_goes_on(office: Office) -> None:
    def broken() -> None:
        with requests.reading() as unit:
            unit.execute(select(literal_column("nothing_of_that_name")))

    extension = office.app.extensions["loyalty"]
    extension.slots = [
        Slot("today", broken, order=1),
        Slot("today", lambda: Fragment("loyalty/nothing.html"), order=2),
        Slot("today", lambda: Fragment("loyalty/said.html", {"said": ["still here"]}), order=3),
    ]
    office.app.testing = False
    page = office.as_("manager").shown("/")
    assert page.count("A part of this page could not be shown.") == 2
    assert "still here" in page
