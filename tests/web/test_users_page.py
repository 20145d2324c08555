"""A list and a form as every page has them, tried on the page of users."""

from __future__ import annotations

import re

import pytest

from loyalty_web.erp import users
from loyalty_web.erp.tables import User
from loyalty_web.forms.form import Form, FormSchema, nested
from tests.web.office import Office, words

NEW = {
    "name": "Ольга",
    "login": "olha",
    "password": "a long enough one",
    "role": "cashier",
    "branch": "podil",
    "locale": "uk",
}


def many(office: Office, number: int) -> None:
    """Make so many users more; their password is nobody's."""
    with office.work() as unit:
        rows = [
            {
                "id": unit.ids.next(),
                "login": f"user{index:03d}",
                "name": f"Somebody {index:03d}",
                "password_hash": "",
                "locale": "en",
                "theme": "auto",
                "shortcuts": True,
                "active": True,
                "failed_attempts": 0,
                "locked_until": None,
            }
            for index in range(number)
        ]
        unit.insert(User, rows)


def names(html: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]+)</th>', html)


def test_a_list_is_filtered_sorted_and_paged_by_its_address(office: Office) -> None:
    many(office, 120)
    client = office.as_("administrator")
    assert names(client.get("/admin/users?q=somebody").text) == [f"Somebody {index:03d}" for index in range(50)]
    last = client.get("/admin/users?q=somebody&sort=-name&page=3").text
    assert names(last) == [f"Somebody {index:03d}" for index in range(19, -1, -1)]
    assert "101 to 120 of 120" in words(last)
    assert names(client.get("/admin/users?page=99&q=somebody").text) == names(
        client.get("/admin/users?page=3&q=somebody").text
    )
    for nonsense in ("page=x", "page=-1", "page=0", "sort=password_hash", "sort=;", "page=٣", "page=99999999999"):
        assert client.get(f"/admin/users?{nonsense}").status_code == 200


def test_links_of_a_list_carry_the_whole_query(office: Office) -> None:
    many(office, 120)
    page = office.as_("administrator").get("/admin/users?q=somebody&sort=-login&page=2").text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/admin/users\?[^"]+)"', page)]
    paging = [link for link in links if "page=" in link]
    assert len(paging) == 2
    assert all("q=somebody" in link and "sort=-login" in link for link in paging)
    sorting = [link for link in links if "page=" not in link]
    assert {link.partition("sort=")[2] for link in sorting} == {"name", "login"}
    assert all("q=somebody" in link for link in sorting)
    assert 'aria-sort="descending"' in page


def test_htmx_gets_the_list_alone_and_its_count_is_said(office: Office) -> None:
    part = office.as_("administrator").part("/admin/users", q="manager")
    assert part.text.lstrip().startswith('<section class="ly-panel" id="list"')
    assert names(part.text) == ["Manager Koval"]
    assert "1 user" in part.text.partition('id="said"')[2]


def test_signs_of_a_pattern_stand_for_themselves(office: Office) -> None:
    client = office.as_("administrator")
    for text in ("%", "_", "/", "%a%"):
        assert "Nobody is called like that" in client.shown("/admin/users", q=text)


def test_a_form_that_is_right_does_its_work_and_says_so(office: Office) -> None:
    client = office.as_("administrator")
    assert client.send("/admin/users/new", **NEW).location == "/admin/users"
    page = client.shown("/admin/users")
    assert "olha may sign in." in page
    assert "Cashier · Salon on Podil" in page


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "", "A value is needed here."),
        ("name", "x" * 201, "Write at most 200 characters."),
        ("password", "short", "Give a password of 10 to 500 characters"),
        ("login", "manager", "this one is taken"),
        ("role", "boss", "Choose one of the list."),
        ("branch", "moon", "Choose one of the list."),
        ("locale", "", "A value is needed here."),
    ],
)
def test_a_mistake_stands_on_top_and_at_its_field_and_all_that_was_typed_stays(
    office: Office, field: str, typed: str, told: str
) -> None:
    client = office.as_("administrator")
    answer = client.send("/admin/users/new", **{**NEW, field: typed})
    assert answer.status_code == 422
    assert "<title>Error: New user" in answer.text
    assert "There is 1 mistake" in words(answer.text)
    assert words(answer.text).count(told) == 2
    assert f": {told}" in words(answer.text), "in the summary the field is named"
    assert f'href="#f-{field}"' in answer.text
    assert f'id="f-{field}-wrong"' in answer.text
    marked = re.search(rf'id="f-{field}"[^>]*>', answer.text)
    assert marked is not None
    assert 'aria-invalid="true"' in marked[0]
    assert f"f-{field}-wrong" in marked[0]
    if field != "name":
        assert 'value="Ольга"' in answer.text
    with office.reading() as unit:
        assert "olha" not in {each.login for each in users.all_users(unit)}


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '" onfocus="x', "=1+1", "\u202eabc", "x" * 10_000, "'; --"]
)
def test_what_is_typed_comes_back_as_text(office: Office, text: str) -> None:
    answer = office.as_("administrator").send("/admin/users/new", **{**NEW, "role": "", "name": text})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert '" onfocus="x' not in answer.text


def test_whoever_manages_one_branch_makes_no_users(office: Office) -> None:
    with office.work() as unit:
        given = (users.RoleInput("administrator", office.branch("podil")),)
        users.add(unit, users.UserInput("local", "Local", "a long enough one", given))
    client = office.as_("local")
    assert client.get("/admin/users").status_code == 403
    assert client.send("/admin/users/new", **NEW).status_code == 403


def test_rows_of_a_form_are_read_in_their_order() -> None:
    texts = {"name": "n", "rules.1.metric": "b", "rules.0.metric": "a", "rules.0.percent": "5", "rules.x.y": "?"}
    assert nested(texts) == {
        "name": "n",
        "rules": [{"metric": "a", "percent": "5"}, {"metric": "b"}],
        "rules.x.y": "?",
    }
    assert "rules" not in nested({"rules.999999.metric": "far too many"})
    endless = f"rules.{'9' * 5_000}.metric"
    unread = {endless: "a number that Python refuses to read"}
    assert nested(unread) == unread
    assert Form(FormSchema(), {endless: ""}).rows("rules") == []
