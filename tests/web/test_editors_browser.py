"""The programme editor, promotions, items and plugins in a browser: journeys, looks, with and without script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from loyalty_core.services import offers, programmes
from tests.web.browser import LOOKS, has_focus, look
from tests.web.office import Office

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PROGRAMME = "/branches/podil/programme/discount_rules"
PATHS = {
    "programme": PROGRAMME,
    "programme-settings": "/branches/podil/programme/settings",
    "promotions": "/promotions",
    "promotion-new": "/promotions/new",
    "items": "/items",
    "item-new": "/items/new",
    "plugins": "/admin/plugins",
    "plugin": "/admin/plugins/discount_rules",
}


def rules(office: Office) -> Any:
    with office.reading() as unit:
        scope = unit.configuration.own_scopes[office.branch("podil")]
        return programmes.in_force(unit, scope)[0]["parts"]["discount_rules"]["rules"]


def promotions(office: Office) -> list[Any]:
    with office.reading() as unit:
        return list(offers.of_plugin(unit, "promotions").values())


EACH = [(name, *LOOKS[(number * 5 + half) % len(LOOKS)]) for number, name in enumerate(PATHS) for half in (0, 7)]
"""Two looks of each page; all twelve come up among them."""


@pytest.mark.parametrize(("name", "locale", "theme", "width"), EACH)
def test_each_page_is_in_order(signed_in, name: str, locale: str, theme: str, width: int) -> None:
    look(signed_in("administrator", PATHS[name], locale=locale, theme=theme, width=width))


def test_rules_are_added_deleted_and_saved_by_keyboard(signed_in, office: Office) -> None:
    page = signed_in("manager", PROGRAMME)
    page.locator("#rules-add").press("Enter")
    expect(page.locator("#rule-2")).to_be_visible()
    assert has_focus(page) == "f-rules-2-metric"
    page.locator("#f-rules-2-metric").select_option("visits")
    expect(page.locator("#rule-2 .ly-suf")).to_have_count(1)
    assert has_focus(page) == "f-rules-2-metric"
    page.locator("#f-rules-2-threshold").fill("9")
    page.locator("#f-rules-2-percent_bp").fill("104")
    page.locator("#f-rules-2-percent_bp").press("Enter")
    expect(page.locator("#f-rules-2-percent_bp")).to_have_value("104")
    assert len(rules(office)) == 2, "Enter saves nothing"
    page.locator("#rules-back-0").press("Enter")
    expect(page.get_by_text("goes when saved")).to_be_visible()
    assert has_focus(page) == "rules-back-0"
    expect(page.locator(".ly-unsaved-mark")).to_be_visible()
    look(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.get_by_role("link", name="Enter a percent").click()
    assert has_focus(page) == "f-rules-1-percent_bp"
    page.keyboard.press("Control+a")
    page.keyboard.type("4")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved for Salon on Podil as version 2.")).to_be_visible()
    assert [(rule["metric"], rule["threshold"], rule["percent_bp"]) for rule in rules(office)] == [
        ("visits", 1, 300),
        ("visits", 9, 400),
    ]


def test_rules_are_edited_without_script(signed_in, office: Office) -> None:
    page = signed_in("manager", PROGRAMME, scripts=False)
    page.locator("#rules-add").click()
    page.locator("#f-rules-2-threshold").fill("90 000")
    page.locator("#f-rules-2-percent_bp").fill("10")
    page.locator("#rules-back-0").click()
    expect(page.locator("#f-rules-1-threshold")).to_have_value("90 000")
    page.get_by_role("button", name="Save for Salon on Podil").click()
    expect(page.get_by_text("as version 2.")).to_be_visible()
    assert [rule["threshold"] for rule in rules(office)] == [9_000_000, 1]


def test_a_promotion_is_made_tried_and_started(signed_in, office: Office) -> None:
    page = signed_in("marketer", "/promotions/new")
    page.get_by_label("English").first.fill("Colour")
    page.get_by_label("Percent off").fill("15")
    page.get_by_label("Hair / Colouring").check()
    expect(page.locator("#sentence")).to_contain_text("15% off “Colouring”")
    expect(page.locator("#seen-now")).to_contain_text("Applied: saves")
    assert has_focus(page) != "body"
    page.get_by_label("Item", exact=False).first.focus()
    page.locator("#find-items").fill("cut")
    page.locator("#find-items-go").click()
    page.get_by_label("Haircut").check()
    expect(page.locator("#sentence")).to_contain_text("“Haircut”, “Colouring”")
    look(page)
    page.locator("#f-percent_bp").press("Enter")
    expect(page.locator("#f-percent_bp")).to_have_value("15")
    assert promotions(office) == []
    page.get_by_role("button", name="Save and start").click()
    expect(page.get_by_text("The promotion is made.")).to_be_visible()
    assert promotions(office)[0]["items"] == ["cut"]
    look(page)


def test_an_item_is_found_and_changed(signed_in, office: Office) -> None:
    page = signed_in("manager", "/items", width=390)
    page.get_by_label("Name or code").type("SHAM")
    expect(page.get_by_role("link", name="Haircut")).to_have_count(0)
    expect(page.locator("#said")).to_contain_text("1 item")
    page.get_by_role("link", name="Shampoo").click()
    page.get_by_label("Never below").fill("300")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.get_by_label("Why").fill("excluded by law")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile("Saved."))).to_be_visible()


def test_a_plugin_is_switched_off_and_on(signed_in) -> None:
    page = signed_in("administrator", "/admin/plugins")
    page.get_by_role("link", name="Promotions").last.click()
    page.get_by_role("button", name="Switch off Promotions").click()
    expect(page.get_by_text("is off. Its data is kept.")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Switch on Promotions").click()
    expect(page.get_by_text("is on.")).to_be_visible()
