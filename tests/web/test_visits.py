"""The visits of a day: marks and buttons, what they change, a new visit, Today's tiles."""

from __future__ import annotations

from datetime import date

import pytest

from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import plugins, visits_shown
from tests.web.office import Office, words
from tests.web.salon_days import book, by_hand, client_id, landed

KEY = "b" * 32


def a_visit(office: Office, **changed: str) -> dict[str, str]:
    given = {"key": KEY, "client": str(client_id(office)), "branch": "podil", "day": "2026-04-02", "time": "14:30"}
    return {**given, "status": "waiting", "do": "save", **changed}


def status_of(office: Office, visit_id: int) -> VisitStatus:
    with office.reading() as unit:
        found = visits_shown.one(unit, visit_id)
        assert found is not None
        return found.status


def test_a_day_lists_its_visits_by_time_with_the_discount_that_will_price_them(office: Office) -> None:
    book(office, "a", "1001", hour=16)
    book(office, "b", "1002", hour=9, status=VisitStatus.CONFIRMED)
    shown = office.as_("cashier").shown("/visits")
    assert "2 visits · Salon on Podil" in shown
    assert shown.index("09:00 Іван Бондар") < shown.index("16:00 Олена Ковальчук")
    assert "Waiting discount 5%" in shown
    assert "Arrived Олена Ковальчук" in shown


def test_a_day_with_invoices_shows_them(office: Office) -> None:
    shown = office.as_("cashier").shown("/visits", day="2026-03-02")
    assert "№ i1 · UAH 625.00 · Paid" in shown


def test_pressing_arrived_says_what_it_changed(office: Office) -> None:
    visit_id, cashier = book(office), office.as_("cashier")
    answer = cashier.send(f"/visits/{visit_id}", status="arrived", revision="1")
    assert (answer.status_code, answer.location) == (303, f"/visits?branch=podil&day=2026-04-01#visit-{visit_id}")
    assert "Іван Бондар: Arrived. From the next visit: 3%." in landed(cashier, answer)
    back = cashier.send(f"/visits/{visit_id}", status="waiting", revision="2")
    assert "Іван Бондар: Waiting. From the next visit: no discount." in landed(cashier, back)


def test_htmx_gets_the_list_with_what_was_said_and_the_focus_on_the_same_visit(office: Office) -> None:
    visit_id, cashier = book(office), office.as_("cashier")
    answer = cashier.send(f"/visits/{visit_id}", htmx=True, status="arrived", revision="1")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert '<section class="ly-panel" id="list"' in answer.text
    assert answer.text.count("autofocus") == 1
    assert "From the next visit: 3%." in answer.text.partition('id="said"')[2]


def test_a_visit_that_somebody_else_changed_is_not_changed_over_them(office: Office) -> None:
    visit_id, cashier = book(office), office.as_("cashier")
    book(office, status=VisitStatus.CANCELLED)
    answer = cashier.send(f"/visits/{visit_id}", status="arrived", revision="1")
    assert "Meanwhile somebody else changed this visit" in landed(cashier, answer)
    assert status_of(office, visit_id) is VisitStatus.CANCELLED


def test_the_same_button_pressed_twice_changes_nothing_more(office: Office) -> None:
    visit_id, cashier = book(office), office.as_("cashier")
    for _ in range(2):
        assert cashier.send(f"/visits/{visit_id}", status="arrived", revision="1").status_code == 303
    assert status_of(office, visit_id) is VisitStatus.ARRIVED


def test_visits_of_other_branches_are_not_there_for_whoever_works_in_one(office: Office) -> None:
    visit_id, bound = book(office, branch="lviv"), office.as_("podil")
    assert bound.get("/visits?branch=lviv").status_code == 404
    assert bound.send(f"/visits/{visit_id}", status="arrived", revision="1").status_code == 404
    assert bound.send("/visits/new", **a_visit(office, branch="lviv")).status_code == 422
    assert office.as_("accountant").get("/visits").status_code == 403
    assert office.as_("cashier").send("/visits/1", status="arrived").status_code == 404
    assert office.as_("cashier").send(f"/visits/{visit_id}", status="flown").status_code == 400


@pytest.mark.parametrize("day", ["nonsense", "", "2026-13-45"])
def test_a_day_that_is_none_is_today(office: Office, day: str) -> None:
    book(office)
    assert "Іван Бондар" in office.as_("cashier").shown("/visits", day=day)


def test_days_lead_to_the_day_before_and_after(office: Office) -> None:
    page = office.as_("cashier").get("/visits?branch=podil").text
    assert "/visits?branch=podil&amp;day=2026-03-31" in page
    assert "/visits?branch=podil&amp;day=2026-04-02" in page
    assert "No visits on this day" in words(page)


def test_a_visit_is_made_once_however_often_the_page_is_sent(office: Office) -> None:
    cashier = office.as_("cashier")
    answers = [cashier.send("/visits/new", **a_visit(office)) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    shown = landed(cashier, answers[0])
    assert "1 visit · Salon on Podil" in shown
    assert "14:30 Олена Ковальчук" in shown


def test_finding_a_client_books_nothing_and_keeps_what_was_typed(office: Office) -> None:
    cashier = office.as_("cashier")
    answer = cashier.send("/visits/new", **a_visit(office, client="", q="Rjdfkm", time="25:99", do="find"))
    assert answer.status_code == 200
    assert "Choose one Олена Ковальчук" in words(answer.text)
    assert 'value="25:99"' in answer.text
    part = cashier.send("/visits/new", htmx=True, **a_visit(office, client="", q="Rjdfkm", do="find"))
    assert part.text.lstrip().startswith('<fieldset class="ly-pickers" id="found"')
    assert "No visits on this day" in cashier.shown("/visits", day="2026-04-02")


def test_a_visit_begun_at_a_client_has_that_client(office: Office) -> None:
    shown = office.as_("cashier").shown("/visits/new", client=client_id(office))
    assert "Олена Ковальчук" in shown
    assert "Choose another" in shown


@pytest.mark.parametrize(
    ("field", "typed", "said", "at"),
    [
        ("client", "", "Find the client, then choose one of those found.", "q"),
        ("client", "12", "There is no such client.", "q"),
        ("client", "9" * 30, "Find the client, then choose one of those found.", "q"),
        ("day", "", "A value is needed here.", "day"),
        ("day", "2026-02-30", "Write a day such as", "day"),
        ("time", "25:00", "Write the time as 14:30.", "time"),
        ("time", "", "A value is needed here.", "time"),
        ("branch", "nowhere", "Choose one of the list.", "branch"),
        ("status", "no_show", "Choose one of the list.", "status"),
    ],
)
def test_what_cannot_be_booked_is_said_at_its_field(office: Office, field: str, typed: str, said: str, at: str) -> None:
    answer = office.as_("manager").send("/visits/new", **a_visit(office, **{field: typed}))
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert at == "branch" or f'id="f-{at}-wrong"' in answer.text


def test_today_has_the_field_the_visits_and_what_a_manager_needs(office: Office) -> None:
    book(office)
    shown = office.as_("cashier").shown("/")
    assert "Visits today Salon on Podil" in shown
    assert "15:00 Іван Бондар" in shown
    assert "Given this week" not in shown
    assert "Visits today" not in office.as_("accountant").shown("/")


def test_a_button_on_today_leads_back_to_today(office: Office) -> None:
    visit_id, cashier = book(office), office.as_("cashier")
    answer = cashier.send(f"/visits/{visit_id}", status="arrived", revision="1", **{"from": "today"})
    assert answer.location == f"/#visit-{visit_id}"
    part = cashier.send(f"/visits/{visit_id}", htmx=True, status="waiting", revision="2", **{"from": "today"})
    assert 'id="visits-today"' in part.text


def test_a_manager_sees_whose_discount_ends_and_what_is_suspended(office: Office) -> None:
    by_hand(office, "1002", 1_000, until=date(2026, 4, 5))
    with office.work() as unit:
        plugins.suspend(unit, "discount_rules", "it answered nonsense")
    shown = office.as_("manager").shown("/")
    assert "Discounts ending 1 client within a week Іван Бондар 10% to 5 Apr 2026" in shown
    assert "Plugin discount_rules is suspended" in shown
    assert "it answered nonsense" in shown


def test_what_was_given_stands_beside_the_week_before(office: Office) -> None:
    office.clock.set(office.clock.now().replace(day=4, month=3))
    shown = office.as_("manager").shown("/")
    assert "Given this week since Monday, 2 Mar 2026 UAH 65.00" in shown
    assert "5.04% of UAH 1,290.00 at list prices" in shown
