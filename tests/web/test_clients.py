"""The list of clients, adding and changing one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Audit
from loyalty_web.erp.importing.persons import known_persons
from tests.web.office import Office, words
from tests.web.salon_days import client_id

OLENA, IVAN = "Олена Ковальчук", "Іван Бондар"
KEY = "a" * 32
A_PERSON = {"key": KEY, "name": "Марія Гнатюк", "phones": "050 765 43 21", "emails": "", "birthday": "", "locale": ""}


def names(html: str) -> list[str]:
    return re.findall(r'class="ly-row-link"[^>]*>([^<]+)<', html)


def test_the_list_shows_discount_with_its_origin_totals_and_last_visit_of_the_branch_of_work(office: Office) -> None:
    shown = office.as_("cashier").shown("/clients")
    assert "2 clients" in shown
    assert f"{OLENA} +380 67 123 4567 5% to 1 May 2026 10 18,625.00 2 Mar 2026" in shown


def test_a_part_of_it_is_what_htmx_gets_with_the_count_said_aloud(office: Office) -> None:
    part = office.as_("cashier").part("/clients", q="Rjdfkm")
    assert "<html" not in part.text
    assert names(part.text) == [OLENA]
    assert '<p id="said" hx-swap-oob="innerHTML">1 client' in part.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"discount": "any"}, [OLENA]),
        ({"discount": "none"}, [IVAN]),
        ({"discount": "by_hand"}, []),
        ({"discount": "ending"}, []),
        ({"since": "2026-03-01"}, [OLENA]),
        ({"since": "2026-03-03"}, []),
        ({"before": "2026-03-02"}, [OLENA]),
        ({"since": "nonsense"}, [IVAN, OLENA]),
        ({"discount": "nonsense", "sort": "nonsense", "page": "-1"}, [IVAN, OLENA]),
        ({"sort": "-name"}, [OLENA, IVAN]),
        ({"sort": "-discount"}, [OLENA, IVAN]),
        ({"sort": "discount"}, [OLENA, IVAN]),
        ({"sort": "-last"}, [OLENA, IVAN]),
        ({"sort": "visits"}, [IVAN, OLENA]),
        ({"q": "4567", "discount": "any"}, [OLENA]),
        ({"branch": "lviv", "discount": "any"}, []),
    ],
)
def test_filters_and_sorting_live_in_the_address(office: Office, query: dict[str, str], expected: list[str]) -> None:
    assert names(office.as_("manager").get("/clients", query_string=query).text) == expected


def test_a_day_that_is_none_is_said_and_left_out(office: Office) -> None:
    assert "Write a day such as" in office.as_("manager").shown("/clients", since="32.13.2026")


def test_an_empty_list_says_what_to_do(office: Office) -> None:
    shown = office.as_("cashier").shown("/clients", q="Гнатюк")
    assert "Nobody is found for “Гнатюк”" in shown
    assert "Show all clients Add a client" in shown
    assert "Nobody has all that the filters ask for." in office.as_("cashier").shown("/clients", discount="by_hand")


def test_whoever_works_in_one_branch_gets_the_figures_of_that_one(office: Office) -> None:
    bound = office.as_("podil")
    assert "18,625.00" in bound.shown("/clients", branch="lviv")
    assert 'name="branch"' not in bound.get("/clients").text.partition('id="list"')[0].partition("ly-filters")[2]


def test_a_client_is_added_once_however_often_the_page_is_sent(office: Office) -> None:
    cashier = office.as_("cashier")
    answers = [cashier.send("/clients/new", **A_PERSON) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    shown = cashier.shown(answers[0].location)
    assert "Марія Гнатюк" in shown
    assert "+380 50 765 4321" in shown
    assert "3 clients" in cashier.shown("/clients")


def test_a_phone_that_somebody_has_is_asked_about_and_may_be_shared(office: Office) -> None:
    cashier = office.as_("cashier")
    asked = cashier.send("/clients/new", **A_PERSON | {"phones": "+380671234567"})
    assert asked.status_code == 422
    assert f"Somebody with this phone is there already: {OLENA}" in words(asked.text)
    again = cashier.send("/clients/new", **A_PERSON | {"phones": "+380671234567", "do": "anyway"})
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "A value is needed here."),
        ("name", "я" * 201, "Write at most 200 characters."),
        ("phones", "12", "Write the phone with its country's code"),
        ("phones", "0507654321\nabc", "Line 2: Write the phone"),
        ("phones", "\n".join(f"05076543{n:02d}" for n in range(11)), "Write at most 10, one a line."),
        ("emails", "olena", "Write the address as name@example.org."),
        ("emails", "a@b.c\nx y@z.u", "Line 2: Write the address"),
        ("birthday", "30.02.1990", "Write a day such as"),
        ("birthday", "1.1.2090", "A birthday lies in the past."),
        ("locale", "tlh", "Choose one of the list."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
    office: Office, field: str, typed: str, said: str
) -> None:
    answer = office.as_("cashier").send("/clients/new", **A_PERSON | {field: typed})
    assert answer.status_code == 422
    assert words(answer.text).count(said) == 2, "once at the field, once on top"
    assert f'id="f-{field}-wrong"' in answer.text
    assert A_PERSON["name"] in answer.text or field == "name"
    assert "<title>Error: " in answer.text
    assert "2 clients" in office.as_("cashier").shown("/clients")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '=HYPERLINK("http://x")', "\u202eabc", "Мар'яна"])
def test_any_name_is_shown_as_it_is(office: Office, name: str) -> None:
    cashier = office.as_("cashier")
    answer = cashier.send("/clients/new", **A_PERSON | {"name": name})
    assert answer.status_code == 303
    page = cashier.get(answer.location).text
    assert "<script>alert" not in page
    plain = "".join(sign for sign in name if sign.isprintable())
    assert plain in words(page) or "&lt;script&gt;" in page


def person(office: Office, id_: int) -> Any:
    with office.reading() as unit:
        return known_persons(unit, [id_])[id_]


def test_a_person_is_changed_and_only_the_names_of_what_changed_are_recorded(office: Office) -> None:
    id_, cashier = client_id(office), office.as_("cashier")
    page = cashier.get(f"/clients/{id_}/edit").text
    assert "+380 67 123 4567" in page
    sent = {"name": OLENA, "phones": "+380671234567", "emails": "new@example.org", "birthday": "28.02.1990"}
    assert cashier.send(f"/clients/{id_}/edit", **sent, locale="uk").status_code == 303
    kept = person(office, id_)
    assert (kept.phones, kept.emails, kept.locale) == (("380671234567",), ("new@example.org",), "uk")
    with office.reading() as unit:
        rows = unit.execute(
            select(Audit.before, Audit.after).where(Audit.network_id == THIS_NETWORK, Audit.action == "person.changed")
        ).all()
    assert [tuple(row) for row in rows] == [(None, '{"fields":["phones","emails"]}')]


def test_who_may_not_change_clients_sees_no_way_to_it(office: Office) -> None:
    id_, marketer = client_id(office), office.as_("marketer")
    assert marketer.get("/clients").status_code == 200
    assert "New client" not in marketer.shown("/clients")
    assert marketer.get("/clients/new").status_code == 403
    assert marketer.get(f"/clients/{id_}/edit").status_code == 403


@pytest.mark.parametrize("id_", ["1", "99999999999999999999999", "0"])
def test_an_unknown_client_is_not_there(office: Office, id_: str) -> None:
    cashier = office.as_("cashier")
    assert cashier.get(f"/clients/{id_}").status_code == 404
    assert cashier.get(f"/clients/{id_}/edit").status_code == 404
    assert cashier.send(f"/clients/{id_}/recalculate").status_code == 404


def test_one_field_leads_to_the_client_or_shows_what_it_may_be(office: Office) -> None:
    cashier = office.as_("cashier")
    answer = cashier.get("/search", query_string={"q": "Rjdfkm"})
    assert answer.location == f"/clients/{client_id(office)}"
    assert "Nothing found for “Гнатюк”" in cashier.shown("/search", q="Гнатюк")
    assert "Haircut" in cashier.shown("/search", q="cut")
    assert "Type what you look for" in cashier.shown("/search")
