"""What people typed in several languages reads in the reader's own, else in English, else in any."""

from __future__ import annotations

import pytest

from loyalty_core.i18n import Texts, locale_of
from loyalty_core.messages import Message, Wording, gettext
from loyalty_core.plugging.freezing import NotPlain
from loyalty_core.plugging.stamping import stamped

TEXTS = Texts()
SPRING = Wording({"uk": "Весна", "en": "Spring 20 %"})


@pytest.mark.parametrize(
    ("locale", "text"), [("uk", "Весна"), ("uk_UA", "Весна"), ("en", "Spring 20 %"), ("ru", "Spring 20 %")]
)
def test_the_reader_gets_the_own_language_else_english(locale: str, text: str) -> None:
    assert TEXTS.render(Message("%(name)s", {"name": SPRING}), locale_of(locale)) == text


def test_without_english_the_reader_gets_any() -> None:
    label = gettext("%(name)s, on Mondays", name=Wording({"uk": "Весна"}))
    assert TEXTS.render(label, locale_of("ru")) == "Весна, on Mondays"
    assert str(label) == "Весна, on Mondays"


def test_a_regional_wording_is_preferred_to_that_of_the_language() -> None:
    wording = Wording({"en": "Color", "en_GB": "Colour"})
    assert TEXTS.render(Message("%(name)s", {"name": wording}), locale_of("en-GB")) == "Colour"


def test_a_wording_is_copied_when_it_is_stamped() -> None:
    given = {"en": "Spring"}
    copy = stamped(Message("%(name)s", {"name": Wording(given)}), "salon")
    given["en"] = "Autumn"
    assert copy.params["name"] == Wording({"en": "Spring"})
    assert copy.domain == "salon"


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"en": ""},
        {"en": 5},
        {5: "Spring"},
        {"en": "x" * 1001},
        {"en": "a\0"},
        {str(number): "x" for number in range(51)},
    ],
)
def test_a_wording_that_cannot_be_shown_does_not_hold(texts: dict[str, str]) -> None:
    with pytest.raises(NotPlain):
        stamped(Message("%(name)s", {"name": Wording(texts)}), "salon")
