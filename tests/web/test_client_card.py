"""The client card: standing with its causes, by hand and back, figures, history; who sees what."""

from __future__ import annotations

from datetime import date

import pytest

from loyalty_core.facts.visit import VisitStatus
from tests.web.office import Office, words
from tests.web.salon_days import book, by_hand, client_id, landed

A_DISCOUNT = {"value": "20", "reason": "sister of the owner", "until": ""}


def card(office: Office, client: str = "1001") -> str:
    return f"/clients/{client_id(office, client)}"


def test_the_discount_stands_with_its_rule_its_end_and_what_comes_then(office: Office) -> None:
    shown = office.as_("cashier").shown(card(office))
    assert "Personal discount 5% By rule: Sold from UAH 5,000.00: 5%. Since" in shown
    assert "Lasts to May 1, 2026 if there is no visit, then 0%." in shown
    assert "Programme “Regular customers”, version 1" in shown


def test_a_client_without_a_discount_is_told_why_and_what_is_missing(office: Office) -> None:
    shown = office.as_("cashier").shown(card(office, "1002"))
    assert "Personal discount 0% No rule is met yet." in shown
    assert "To 3% 1 more visit" in shown


def test_figures_say_on_which_basis(office: Office) -> None:
    shown = office.as_("cashier").shown(card(office))
    assert "Sold 18,625.00 after discounts Paid 18,625.00 money received, UAH Visits 10 1 no-show" in shown
    assert "Average visit 1,862.50 sold / visits Last visit 2 Mar 2026 30 days ago" in shown
    assert "client since December 2025" in shown


def test_history_tells_visits_invoices_standing_and_what_was_brought_in(office: Office) -> None:
    shown = office.as_("manager").shown(card(office))
    assert "Invoice № i1 · Paid" in shown
    assert "UAH 625.00 discount −UAH 25.00 · Salon on Podil" in shown
    assert "Visit · Arrived 10:00 Salon on Podil" in shown
    assert "Earlier history brought in UAH 18,000.00 9 visits · sold UAH 18,000.00 after discounts" in shown
    assert "Personal discount: 0% → 5%" in shown


def test_a_chip_narrows_the_history_down_and_htmx_gets_that_part_alone(office: Office) -> None:
    part = office.as_("manager").part(card(office), show="invoice")
    assert "<html" not in part.text
    assert "№ i1" in part.text
    assert "Visit ·" not in words(part.text)
    assert "1 entry" in part.text


def test_whoever_works_in_one_branch_sees_no_visits_of_another_but_every_standing(office: Office) -> None:
    by_hand(office, "1001", 700, branch="lviv")
    bound = office.as_("podil").shown(card(office))
    assert "Salon in Lviv 20" not in bound
    assert "Visit · Confirmed" not in bound
    assert "7% Salon in Lviv" in bound
    everywhere = office.as_("manager").shown(card(office))
    assert "Visit · Confirmed" in everywhere
    front = office.as_("podil").shown(card(office), branch="lviv")
    assert "Personal discount 7% By hand: Manager Koval" in front
    assert "Average visit" not in front, "totals of another branch are not theirs"


def test_a_marketer_sees_no_invoices(office: Office) -> None:
    assert "№ i1" not in office.as_("marketer").shown(card(office))


def test_the_discount_is_set_by_hand_with_a_reason_and_returned_to_automatic(office: Office) -> None:
    manager, url = office.as_("manager"), card(office)
    assert "Now: 5%." in manager.shown(f"{url}/discount/podil")
    answer = manager.send(f"{url}/discount/podil", **A_DISCOUNT)
    assert (answer.status_code, answer.location) == (303, f"{url}?branch=podil")
    shown = landed(manager, answer)
    assert "Personal discount in Salon on Podil: 20%, set by hand." in shown
    assert "By hand: Manager Koval, April 1, 2026, “sister of the owner”" in shown
    assert "Return to automatic Will become 5% by rule." in shown
    assert "Personal discount set by hand: 20% Manager Koval · “sister of the owner”" in shown
    back = manager.send(f"{url}/discount/podil/automatic")
    assert "The rules decide again in Salon on Podil: 5%." in landed(manager, back)
    twice = manager.send(f"{url}/discount/podil/automatic")
    assert "The rules decide here already." in landed(manager, twice)


def test_a_value_until_a_day_says_what_comes_then(office: Office) -> None:
    by_hand(office, "1001", 2_000, until=date(2026, 4, 9))
    shown = office.as_("manager").shown(card(office))
    assert "Lasts to April 9, 2026, then 5% by rule." in shown
    assert "Discount 20%. Lasts to April 9, 2026" in shown, "the line to say aloud"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("value", "", "A value is needed here."),
        ("value", "101", "Enter a percent from 0 to 100."),
        ("value", "-5", "Enter a percent from 0 to 100."),
        ("value", "5,555", "Enter a percent from 0 to 100."),
        ("value", "٥", "Write the digits 0 to 9."),
        ("reason", "", "A value is needed here."),
        ("reason", "я" * 1001, "Write at most 1,000 characters."),
        ("until", "2026-03-31", "The last day lies in the past."),
        ("until", "soon", "Write a day such as"),
    ],
)
def test_what_cannot_be_set_is_said_at_its_field(office: Office, field: str, typed: str, said: str) -> None:
    manager, url = office.as_("manager"), f"{card(office)}/discount/podil"
    answer = manager.send(url, **A_DISCOUNT | {field: typed})
    assert answer.status_code == 422
    assert words(answer.text).count(said) == 2
    assert f'id="f-{field}-wrong"' in answer.text
    assert "By rule" in manager.shown(card(office))


@pytest.mark.parametrize("role", ["cashier", "marketer", "accountant"])
def test_who_may_not_set_a_discount_has_no_way_to_it(office: Office, role: str) -> None:
    visitor, url = office.as_(role), card(office)
    assert "Set by hand" not in visitor.shown(url)
    assert visitor.get(f"{url}/discount/podil").status_code == 403
    assert visitor.send(f"{url}/discount/podil/automatic").status_code == 403


def test_a_branch_that_is_not_there_is_not_found(office: Office) -> None:
    manager, url = office.as_("manager"), card(office)
    assert manager.get(f"{url}/discount/nowhere").status_code == 404
    assert "Salon on Podil" in manager.shown(url, branch="nowhere")


def test_recalculating_says_what_came_of_it(office: Office) -> None:
    cashier = office.as_("cashier")
    answer = cashier.send(f"{card(office)}/recalculate", branch="podil")
    assert "Recalculated: nothing had to change." in landed(cashier, answer)
    assert office.as_("accountant").send(f"{card(office)}/recalculate").status_code == 403


def test_a_reason_is_text_and_nothing_else(office: Office) -> None:
    manager = office.as_("manager")
    manager.send(f"{card(office)}/discount/podil", **A_DISCOUNT | {"reason": "<img src=x onerror=alert(1)>"})
    page = manager.get(card(office)).text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_visit_that_is_saved_shows_in_the_history(office: Office) -> None:
    book(office, client="1002", status=VisitStatus.ARRIVED)
    shown = office.as_("manager").shown(card(office, "1002"))
    assert "Visit · Arrived 15:00" in shown
    assert "Personal discount: 0% → 3% after a visit" in shown


def test_a_change_whose_cause_has_no_words_is_told_without_a_loose_dot(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty_web.client_words.BECAUSE", {})
    assert "Personal discount: 0% → 5% Salon on Podil" in office.as_("manager").shown(card(office))
