"""No text that people see is written into a page: all come from a catalogue, or from what people gave themselves."""

from __future__ import annotations

import pytest
from babel.dates import get_day_names, get_month_names

from tests.web.crawling import Marked, pages_by_links, unmarked, words_of_rows
from tests.web.office import Office

PRODUCT = {"Loyalty"}
LANGUAGES = {"English", "Russian", "Ukrainian", "Русский", "Українська"}
CALENDAR = {
    word
    for width in ("wide", "abbreviated")
    for names in (get_month_names(width, "format", "en"), get_day_names(width, "format", "en"))
    for word in names.values()
}
MONEY = {"UAH"}


@pytest.mark.parametrize("login", ["administrator", "cashier"])
def test_every_word_of_a_page_comes_from_a_catalogue_or_from_the_database(office: Office, login: str) -> None:
    plugins = office.deployment.plugins.loaded
    office.app.extensions["loyalty"].texts = Marked({name: plugin.module for name, plugin in plugins.items()})
    known = words_of_rows(office) | PRODUCT | LANGUAGES | CALENDAR | MONEY | initials(office)
    found = {address: unmarked(html) - known for address, html in pages_by_links(office, office.as_(login))}
    assert len(found) > 1
    assert {address: words for address, words in found.items() if words} == {}


def test_the_page_of_signing_in_has_no_other_words_either(office: Office) -> None:
    office.app.extensions["loyalty"].texts = Marked()
    for answer in (office.stranger().get("/sign-in"), office.stranger().send("/sign-in", login="x", password="y")):
        assert unmarked(answer.text) - PRODUCT == set()


def test_a_word_that_is_written_into_a_page_would_be_noticed() -> None:
    assert unmarked("<p>⟦Known ⟦inner⟧ text⟧ Written <b aria-label='Spoken'>5</b><kbd>Ctrl</kbd></p>") == {
        "Written",
        "Spoken",
    }


def initials(office: Office) -> set[str]:
    """Return the two letters that stand for people."""
    words = sorted(words_of_rows(office))
    return {f"{one[0]}{other[0]}".upper() for one in words for other in words}
