"""Clients and visits in a real browser: finding, marking, booking, a discount by hand; every look."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from loyalty_core.facts.visit import VisitStatus
from tests.web.browser import Windows, has_focus, look, some_looks
from tests.web.office import Office
from tests.web.salon_days import book, by_hand, client_id

OLENA, IVAN = "Олена Ковальчук", "Іван Бондар"


def test_a_client_is_found_in_the_wrong_layout_and_the_way_back_keeps_the_search(signed_in: Windows) -> None:
    page = signed_in("cashier", "/clients")
    page.get_by_role("searchbox").press_sequentially("Rjdfkm", delay=20)
    expect(page.locator(".ly-row-link")).to_have_text([OLENA])
    expect(page.locator("#said")).to_contain_text("1 client")
    assert has_focus(page) == "filter-q"
    assert "q=Rjdfkm" in page.url
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".ly-row-link")).to_have_text([OLENA])
    page.get_by_role("link", name=OLENA).click()
    page.get_by_role("link", name="Invoices 1").click()
    expect(page.locator(".ly-ev")).to_have_count(1)
    assert has_focus(page) != "body"
    page.go_back()
    page.go_back()
    expect(page.locator(".ly-row-link")).to_have_text([OLENA])


def test_arrived_is_marked_in_place_and_the_focus_goes_to_what_comes_next(signed_in: Windows, office: Office) -> None:
    visit_id = book(office)
    page = signed_in("cashier", "/visits")
    page.get_by_role("button", name=f"Arrived {IVAN}").press("Enter")
    expect(page.locator("#list .ly-note")).to_contain_text("From the next visit: 3%.")
    expect(page.locator("#said")).to_contain_text("From the next visit: 3%.")
    assert has_focus(page) == f"invoice-{visit_id}"
    page.get_by_role("button", name=f"Take back {IVAN}").click()
    expect(page.locator(".ly-tagb", has_text="Waiting")).to_be_visible()
    assert has_focus(page) == f"v{visit_id}-arrived"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_visit_is_booked_with_and_without_script(signed_in: Windows, scripts: bool) -> None:
    page = signed_in("cashier", "/visits/new", scripts=scripts)
    page.get_by_label("Client").fill("4567")
    if not scripts:
        page.get_by_label("Client").press("Enter")  # the harmless button: it looks, and books nothing
    page.get_by_label(OLENA).check()
    page.get_by_label("Time").fill("9:15")
    page.get_by_role("button", name="Save the visit").click()
    expect(page.locator(".ly-visit")).to_contain_text("09:15")
    expect(page.locator(".ly-visit")).to_contain_text(OLENA)


def test_a_discount_by_hand_that_cannot_be_is_said_and_one_that_can_is_set(signed_in: Windows, office: Office) -> None:
    page = signed_in("manager", f"/clients/{client_id(office)}")
    page.get_by_role("link", name="Set by hand").click()
    page.get_by_label("Discount").fill("120")
    page.get_by_label("Discount").press("Enter")
    expect(page.locator(".ly-errs")).to_be_focused()
    page.get_by_role("link", name="Enter a percent").click()
    assert has_focus(page) == "f-value"
    look(page)
    page.get_by_label("Discount").fill("12,5")
    page.get_by_label("Reason").fill("sister of the owner")
    page.get_by_role("button", name="Set by hand").click()
    expect(page.locator("#standing")).to_contain_text("12.5%")
    page.get_by_role("button", name="Return to automatic").click()
    expect(page.locator("#standing")).to_contain_text("By rule")


PAGES = (
    "/",
    "/clients",
    "/clients?q=nobody",
    "/clients/{id}",
    "/clients/{id}/edit",
    "/clients/{id}/discount/podil",
    "/visits",
    "/visits/new?q=a&client=",
    "/search?q=а",
)


@some_looks("clients", 3)
def test_every_page_is_good_to_look_at(signed_in: Windows, office: Office, locale: str, theme: str, width: int) -> None:
    book(office, "a", "1001", status=VisitStatus.ARRIVED, hour=10)
    book(office, "b", "1002")
    by_hand(office, "1001", 2_000, until=date(2026, 4, 5))
    page = signed_in("administrator", "/", locale=locale, theme=theme, width=width)
    for path in PAGES:
        page.goto(path.format(id=client_id(office)))
        look(page)
