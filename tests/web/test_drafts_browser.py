"""The till in a real browser: by keyboard alone, without script, on a phone, while somebody types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api", reason="the extra e2e is not installed")

from playwright.sync_api import expect

from tests.web.browser import Windows, each_look, has_focus, look, some_looks
from tests.web.office import Office
from tests.web.story import COLOURING, HAIRCUT, PHONE, SHAMPOO, Story, draft, told

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

TO_PAY = "#quote .ly-amt"
TALL = 3_000


@pytest.fixture
def office(story_template: tuple[Path, Story], tmp_path: Path) -> Iterator[Office]:
    """The host's application on a salon in which the story was told."""
    yield from told(story_template, tmp_path)


def shows(page: Page, amount: str) -> None:
    page.wait_for_selector(f"{TO_PAY}:has-text('{amount}')")


def scan(page: Page, *texts: str) -> None:
    """Type as a scanner does: fast, with Enter, into whatever has the focus."""
    for text in texts:
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.keyboard.type(text)
            page.keyboard.press("Enter")
        expect(page.locator("#scan")).to_have_value("")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something has the focus."""
    for _step in range(60):
        if has_focus(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")


def test_a_cashier_sells_takes_money_and_gives_back_by_keyboard_alone(signed_in: Windows) -> None:
    page = signed_in("cashier", "/invoices/new")
    assert has_focus(page) == "scan"
    scan(page, PHONE, HAIRCUT, COLOURING, SHAMPOO, SHAMPOO)
    shows(page, "2,797.50")
    assert has_focus(page) == "scan"
    assert "/invoices/drafts/" in page.url, "the address is the draft's: a reload goes on with it"
    page.keyboard.type("consu")
    page.wait_for_selector("#choices [role=option]")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#scan", "aria-activedescendant") == "choice-item-1"
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Consultation")
    tab_to(page, "f-price-4")
    page.keyboard.type("450")
    shows(page, "3,225.00")
    assert has_focus(page) == "f-price-4"
    assert page.input_value("#f-price-4") == "450"
    page.keyboard.press("F4")
    assert has_focus(page) == "f-manual_value"
    page.keyboard.type("10")
    page.keyboard.press("Tab")
    page.keyboard.type("waited long")
    shows(page, "2,902.50")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h1:has-text('Invoice № 1')")
    page.keyboard.press("F8")
    assert has_focus(page) == "f-amount"
    page.keyboard.type("1000")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Part paid")
    page.keyboard.press("F8")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=The invoice is paid.")
    page.get_by_role("link", name="Refund").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Refund')")
    tab_to(page, "f-quantity-3")
    page.keyboard.type("1")
    page.wait_for_selector("#sum button:has-text('Refund UAH')")
    tab_to(page, "f-reason")
    page.keyboard.type("did not like it")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=Part refunded")


@pytest.mark.parametrize("width", [390, 1366])
def test_the_key_held_down_issues_once_and_takes_no_payment(signed_in: Windows, width: int) -> None:
    page = signed_in("cashier", "/invoices/new")
    page.set_viewport_size({"width": width, "height": 844})
    scan(page, HAIRCUT)
    page.keyboard.down("Control")
    page.keyboard.down("Enter")
    page.wait_for_selector("h1:has-text('Invoice № 1')")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    page.wait_for_timeout(400)
    page.keyboard.press("Control+Enter")  # and once more, as impatient people do
    page.wait_for_timeout(400)
    page.reload()
    expect(page.get_by_role("button", name="Take the payment")).to_be_visible()


def test_a_cashier_sells_and_gives_back_without_script(signed_in: Windows) -> None:
    page = signed_in("cashier", "/invoices/new", scripts=False)
    for text in (PHONE, HAIRCUT, COLOURING, SHAMPOO):
        page.fill("#scan", text)
        page.press("#scan", "Enter")
    page.fill("#f-quantity-3", "2")
    page.press("#f-quantity-3", "Enter")
    assert "2,797.50" in page.inner_text(TO_PAY)
    page.fill("#scan", "consu")
    page.press("#scan", "Enter")
    page.click("button[aria-label='Remove: Consultation']")
    page.click("button[aria-label^='Do not apply: Colour']")
    assert "2,957.50" in page.inner_text(TO_PAY)
    page.click("button[aria-label^='Put back: Colour']")
    page.click("#quote button[value=issue]")
    page.wait_for_selector("h1:has-text('Invoice № 1')")
    page.click("text=Take the payment")
    page.wait_for_selector("text=The invoice is paid.")
    page.click("text=Refund…")
    page.click("button[value=all]")
    page.fill("#f-reason", "all of it")
    page.click("button[value=refund]")
    page.wait_for_selector(".ly-head >> text=Refunded")


def test_enter_in_any_field_is_harmless(signed_in: Windows, office: Office, story: Story) -> None:
    page = signed_in("manager", draft(office, story))
    page.click("#manual summary")
    fields = page.locator("#draft input:not([type=hidden]):not([type=radio])").evaluate_all(
        "found => found.map(each => each.id)"
    )
    assert {"scan", "f-quantity-1", "f-price-1", "f-manual_value", "f-reason"} <= set(fields)
    for field in fields:
        page.fill(f"#{field}", "2")
        with page.expect_response(lambda answer: "do=update" in (answer.request.post_data or "")):
            page.press(f"#{field}", "Enter")
    assert "/invoices/drafts/" in page.url
    assert page.locator("#lines input[name^=quantity]").count() == 3


def test_a_slow_stale_answer_never_replaces_a_newer_one(signed_in: Windows, office: Office, story: Story) -> None:
    page = signed_in("cashier", draft(office, story))
    held: list[Route] = []

    def hold(route: Route) -> None:
        if not held and "quantity-1=2" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/invoices/drafts/*", hold)
    page.fill("#f-quantity-1", "2")
    page.wait_for_timeout(400)
    page.fill("#f-quantity-1", "3")
    shows(page, "4,412.50")
    assert held, "the first request was held back"
    page.wait_for_timeout(300)
    assert "4,412.50" in page.inner_text(TO_PAY)
    assert page.input_value("#f-quantity-1") == "3"
    assert has_focus(page) == "f-quantity-1"


def test_what_was_typed_without_a_connection_is_kept_and_told(signed_in: Windows, office: Office, story: Story) -> None:
    page = signed_in("cashier", draft(office, story))
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.fill("#f-quantity-1", "2")
    page.wait_for_selector("#offline:not([hidden])")
    assert "2,797.50" in page.inner_text(TO_PAY), "the last quote stays"
    page.context.set_offline(False)
    page.reload()
    shows(page, "3,605.00")
    assert page.input_value("#f-quantity-1") == "2"
    offline = ("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    signed_in.complaints[:] = [each for each in signed_in.complaints if not any(words in each for words in offline)]


def test_a_misread_stays_selected_so_that_the_next_scan_replaces_it(signed_in: Windows) -> None:
    page = signed_in("cashier", "/invoices/new")
    page.keyboard.type("4820000000000")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing found for “4820000000000”")
    page.keyboard.type("Moisture")
    page.wait_for_selector("#choices >> text=Moisture shampoo")
    page.keyboard.type(" sham")
    assert page.input_value("#scan") == "Moisture sham", "the list that came meanwhile selects nothing again"
    page.fill("#scan", "")
    scan(page, SHAMPOO)
    page.wait_for_selector("#lines >> text=Moisture shampoo")


@each_look
def test_the_builder_has_no_findings_as_it_is_and_after_a_mistake(
    signed_in: Windows, office: Office, story: Story, locale: str, theme: str, width: int
) -> None:
    page = signed_in("cashier", draft(office, story), locale=locale, theme=theme, width=width)
    look(page)
    page.click("#manual summary")
    page.fill("#f-manual_value", "99")
    page.fill("#f-reason", "=1+1")
    page.fill("#f-quantity-1", "0")
    page.locator("button[value=issue]:visible").click()
    page.wait_for_selector("[role=alert]:focus")
    page.set_viewport_size({"width": width, "height": TALL})  # axe takes what a fixed bar covers for too small
    look(page)


@each_look
def test_the_invoice_has_no_findings(
    signed_in: Windows, office: Office, story: Story, locale: str, theme: str, width: int
) -> None:
    page = signed_in("cashier", draft(office, story), locale=locale, theme=theme, width=width)
    page.locator("button[value=issue]:visible").click()
    page.wait_for_selector(".ly-pay")
    look(page)


@some_looks("invoices")
def test_the_pages_around_an_invoice_have_no_findings(
    signed_in: Windows, office: Office, story: Story, locale: str, theme: str, width: int
) -> None:
    page = signed_in("manager", draft(office, story), locale=locale, theme=theme, width=width)
    page.locator("button[value=issue]:visible").click()
    page.wait_for_selector(".ly-pay")
    url = page.url
    page.goto(f"{url}/void")
    look(page)
    page.goto(f"{url}/why")
    look(page)
    page.goto(url)
    page.click(".ly-pay button")
    page.goto(f"{url}/refund")
    page.click("button[value=refund]")
    page.wait_for_selector("[role=alert]")
    look(page)
    page.goto("/invoices")
    look(page)
