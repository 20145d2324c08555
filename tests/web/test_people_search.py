"""What is found by a few signs: ends of phones, parts of names, the wrong keyboard layout."""

from __future__ import annotations

import pytest

from loyalty_core.errors import Refused
from loyalty_web import phones
from loyalty_web.erp.people_search import wanted
from tests.web.office import Office


def found(office: Office, text: str) -> list[str]:
    with office.reading() as unit:
        people = office.app.extensions["loyalty"].ports.people
        return [each.name for each in people.find(unit, text, 10)]


OLENA, IVAN = "Олена Ковальчук", "Іван Бондар"


@pytest.mark.parametrize(
    "text",
    [
        "4567",
        "123-45-67",
        "067 123 45 67",
        "+38 (067) 123-45-67",
        "380671234567",
        "8067 1234567",
        "044 123 45 67",
        "Ковальчук",
        "коваль оле",
        "КОВАЛЬ",
        "Rjdfkmxer",
        "jktyf rjdf",
        "Коваль 4567",
        "4567 rjdf",
    ],
)
def test_olena_is_found_by(office: Office, text: str) -> None:
    assert found(office, text) == [OLENA]


@pytest.mark.parametrize("text", ["Іван", "Ыван", "sdfy", "2233", "бондар", "50 111 22 33"])
def test_ivan_is_found_by(office: Office, text: str) -> None:
    assert found(office, text) == [IVAN]


@pytest.mark.parametrize(
    "text", ["", " ", "45", "%", "_", "/", "9999", "Коваль 2233", "<b>", "x" * 500, "\x00", "٤٥٦٧"]
)
def test_nobody_is_found_by(office: Office, text: str) -> None:
    assert found(office, text) == []


def test_what_is_typed_in_the_right_layout_has_one_more_reading_at_most_per_layout() -> None:
    assert wanted("Rjdfkm").readings == (("rjdfkm",), ("коваль",))
    assert wanted("45").impossible
    assert wanted("Коваль 4567").phone_end == "4567"


@pytest.mark.parametrize("text", ["067 123 45 67", "+380671234567", "(067) 123-45-67"])
def test_a_phone_is_kept_as_digits_with_the_code_of_its_country(text: str) -> None:
    assert phones.read(text, "UA") == "380671234567"


def test_a_phone_of_another_country_keeps_its_own_code() -> None:
    assert phones.read("+48 22 123 45 67", "UA") == "48221234567"


def test_a_number_meant_for_another_country_is_not_taken_for_one_of_ours() -> None:
    with pytest.raises(Refused):
        phones.read("067 123 45 67", "US")


@pytest.mark.parametrize(
    "text", ["", "123", "abc", "067123456789012345", "٠٦٧١٢٣٤٥٦٧", "067 123 45 67 ext 8", "+" * 50]
)
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        phones.read(text, "UA")
    assert refused.value.codes == ("not_a_phone",)


def test_digits_are_shown_as_people_read_them() -> None:
    assert phones.shown("380671234567") == "+380 67 123 4567"
    assert phones.shown("123") == "123"
    assert phones.region_of("Europe/Kyiv") == "UA"
