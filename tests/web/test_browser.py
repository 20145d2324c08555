"""The frame of every page in a real browser: looks, keyboard, no script, what is typed is kept."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="the extra e2e is not installed")

from playwright.sync_api import expect

from tests.web.browser import Windows, each_look, has_focus, look, some_looks
from tests.web.office import PASSWORD, Office


@each_look
def test_today_and_its_menu_have_no_findings(signed_in: Windows, locale: str, theme: str, width: int) -> None:
    page = signed_in("manager", "/", locale=locale, theme=theme, width=width)
    assert page.locator("html").get_attribute("lang") == locale
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    look(page)
    page.locator(".ly-more > summary" if width < 900 else "summary.ly-avatar").click()
    look(page)


@each_look
def test_signing_in_has_no_findings_before_and_after_a_mistake(
    signed_in: Windows, locale: str, theme: str, width: int
) -> None:
    page = signed_in(None, "/sign-in", locale=locale, width=width)
    if theme == "dark":
        page.emulate_media(color_scheme="dark")
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    look(page)
    page.fill("#login", "manager")
    page.fill("#password", "not this one")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert has_focus(page) == "wrong"
    assert page.input_value("#login") == "manager"
    look(page)


def test_somebody_signs_in_by_keyboard_alone(signed_in: Windows) -> None:
    page = signed_in(None, "/")
    assert has_focus(page) == "login"
    page.keyboard.type("cashier")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Today')")


def test_signing_in_language_and_theme_work_without_script(signed_in: Windows) -> None:
    page = signed_in(None, "/", scripts=False)
    page.fill("#login", "manager")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.click("summary.ly-avatar")
    page.click(".ly-hide-s button[name=locale][value=uk]")
    assert page.locator("html").get_attribute("lang") == "uk"
    page.click("summary.ly-avatar")
    page.click(".ly-hide-s button[name=theme][value=dark]")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_list_of_keys_opens_by_its_key_and_closes_by_escape(signed_in: Windows) -> None:
    page = signed_in("cashier")
    page.keyboard.press("?")
    page.wait_for_selector("#shortcuts[open]")
    look(page)
    page.keyboard.press("Escape")
    assert not page.locator("#shortcuts").evaluate("dialog => dialog.open")


def test_single_keys_do_nothing_where_shortcuts_are_off_or_somebody_types(signed_in: Windows, office: Office) -> None:
    office.set("cashier", shortcuts=False)
    page = signed_in("cashier")
    page.keyboard.press("?")
    assert not page.locator("#shortcuts").evaluate("dialog => dialog.open")


def test_keys_are_found_by_their_place_on_a_cyrillic_keyboard(signed_in: Windows) -> None:
    page = signed_in("cashier")
    pressed = "{key: ',', code: 'Slash', shiftKey: true, bubbles: true}"
    page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {pressed}))")
    page.wait_for_selector("#shortcuts[open]")


def test_escape_closes_a_menu_and_gives_the_focus_back(signed_in: Windows) -> None:
    page = signed_in("manager")
    page.click("summary.ly-avatar")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator("details.ly-menu[open]").count() == 0
    assert "ly-avatar" in page.evaluate("document.activeElement.className")


def test_the_menu_of_a_phone_leads_to_what_does_not_fit(signed_in: Windows) -> None:
    page = signed_in("cashier", width=390)
    assert not page.locator(".ly-side").is_visible()
    page.click(".ly-more > summary")
    assert page.locator(".ly-more .ly-menu-box a").first.is_visible()


def test_a_list_is_searched_while_typing_and_back_brings_the_old_one(signed_in: Windows) -> None:
    page = signed_in("administrator", "/admin/users")
    look(page)
    assert page.locator("tbody tr").count() == 7
    page.fill("#filter-q", "cash")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert has_focus(page) == "filter-q"
    assert page.url.endswith("/admin/users?q=cash")
    assert page.inner_text("#said").strip() == "1 user"
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(7)


@some_looks("user form")
def test_a_form_with_a_mistake_leads_to_it(signed_in: Windows, locale: str, theme: str, width: int) -> None:
    page = signed_in("administrator", "/admin/users/new", locale=locale, theme=theme, width=width)
    look(page)
    page.fill("#f-name", "Olha")
    page.click("#user button[type=submit]")
    page.wait_for_selector("#h-errors")
    assert has_focus(page) == "div"
    look(page)
    page.click(".ly-errs a[href='#f-login']")
    assert has_focus(page) == "f-login"
    assert page.input_value("#f-name") == "Olha"


def test_what_was_typed_comes_back_after_signing_in_again(signed_in: Windows) -> None:
    page = signed_in("administrator", "/admin/users/new")
    page.fill("#f-name", "Olha")
    page.select_option("#f-role", "manager")
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/admin/users', {target: '#user', swap: 'innerHTML'})")
    page.click("[data-ly-sign-in]")
    page.fill("#login", "administrator")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#f-name")).to_have_value("Olha")
    expect(page.locator("#f-role")).to_have_value("manager")


def test_the_first_key_leads_past_the_menu(signed_in: Windows) -> None:
    page = signed_in("manager", "/admin/nothing-here")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "ly-skip"
    page.keyboard.press("Enter")
    assert has_focus(page) == "main"


def test_a_failure_is_one_line_and_the_page_stays(signed_in: Windows) -> None:
    page = signed_in("administrator", "/admin/users/new")
    page.fill("#f-name", "Olha")
    page.evaluate("htmx.ajax('GET', '/nothing-here', {target: '#user', swap: 'outerHTML'})")
    page.wait_for_selector("#problem [role=alert]")
    assert "There is no such page" in page.inner_text("#problem")
    assert page.input_value("#f-name") == "Olha"
    look(page)
