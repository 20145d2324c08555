"""Amounts, percentages, quantities and days as people type them: lenient, unless there are two readings."""

from __future__ import annotations

from datetime import date

import pytest
from babel import Locale

from loyalty_core.errors import Refused
from loyalty_core.facts.money import MAX_MINOR, Currency
from loyalty_web.forms import typed

UAH, JPY, KWD = Currency("UAH"), Currency("JPY", 0), Currency("KWD", 3)
EN, UK, RU = Locale("en"), Locale("uk"), Locale("ru")
TODAY = date(2026, 11, 22)


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    (problem,) = refused.value.problems
    assert problem.path == ()
    return problem.code


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("0", 0),
        ("1250", 125_000),
        ("12,5", 1_250),
        ("12.50", 1_250),
        (" 1 234,50 ", 123_450),
        ("1\N{NO-BREAK SPACE}234,50", 123_450),
        ("1\N{NARROW NO-BREAK SPACE}234", 123_400),
        ("1'234.50", 123_450),
        ("1’234", 123_400),
        ("1.234,56", 123_456),
        ("1,234.56", 123_456),
        ("1,234,567", 123_456_700),
        ("1.234.567,8", 123_456_780),
        (",5", 50),
        (".05", 5),
        ("007", 700),
    ],
)
@pytest.mark.parametrize("locale", [EN, UK, RU], ids=str)
def test_an_amount_with_one_reading_is_read(text: str, minor: int, locale: Locale) -> None:
    assert typed.minor(text, UAH, locale) == minor


def test_three_digits_after_one_mark_are_read_by_the_locale_or_asked_about() -> None:
    assert typed.minor("1,234", UAH, EN) == 123_400
    for text, locale in (("1.234", EN), ("1.234", UK), ("1,234", UK), ("1,234", RU)):
        with pytest.raises(Refused) as refused:
            typed.minor(text, UAH, locale)
        assert code_of(refused) == "ambiguous"
        assert refused.value.problems[0].message.params["guess"].minor == 123_400  # type: ignore[attr-defined]


def test_currencies_with_other_decimals_have_their_own_readings() -> None:
    assert typed.minor("1.234", JPY, EN) == 1_234
    assert typed.minor("1.234", KWD, EN) == 1_234
    assert typed.minor("1.5", KWD, EN) == 1_500
    with pytest.raises(Refused):
        typed.minor("1.5", JPY, EN)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "required"),
        ("   ", "required"),
        ("-5", "not_number"),
        ("+5", "not_number"),
        ("1e3", "not_number"),
        ("1_000", "not_number"),
        ("five", "not_number"),
        ("٥", "bad_digits"),
        ("１２", "bad_digits"),
        ("1²", "bad_digits"),
        ("1.2.3", "not_number"),
        ("1,23,456", "not_number"),
        ("12.3456", "not_number"),
        ("1,234.567", "not_number"),
        (".", "not_number"),
        ("0" * 50, "not_number"),
        ("<b>5</b>", "not_number"),
        ("=1+1", "not_number"),
        (str(MAX_MINOR), "too_large"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        typed.minor(text, UAH, UK)
    assert code_of(refused) == code


@pytest.mark.parametrize(
    ("text", "bp"), [("5", 500), ("5 %", 500), ("7,5", 750), ("7.25%", 725), ("100", 10_000), ("0", 0)]
)
def test_a_percentage_has_at_most_two_decimals(text: str, bp: int) -> None:
    assert typed.percent_bp(text, UK) == bp


@pytest.mark.parametrize("text", ["100.01", "104", "-1", "5%%", "1.234", "five", "5,", "NaN"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        typed.percent_bp(text, UK)


@pytest.mark.parametrize(
    ("text", "milli"), [("1", 1_000), ("0,5", 500), ("1.234", 1_234), (",001", 1), ("999999", 999_999_000)]
)
def test_a_quantity_is_read_in_thousandths(text: str, milli: int) -> None:
    assert typed.quantity_milli(text) == milli


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "not_quantity"),
        ("0.0005", "not_quantity"),
        ("-1", "not_number"),
        ("1.2.3", "not_quantity"),
        (".", "not_quantity"),
        ("4820000000000", "looks_like_scan"),
        ("1000000000", "looks_like_scan"),
        ("", "required"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        typed.quantity_milli(text)
    assert code_of(refused) == code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-14", date(2026, 3, 14)),
        ("14.03.2026", date(2026, 3, 14)),
        ("14/3/26", date(2026, 3, 14)),
        ("14 March 2026", date(2026, 3, 14)),
        ("14 бер 2026", date(2026, 3, 14)),
        ("14 березня 2026", date(2026, 3, 14)),
        ("14 марта 2026", date(2026, 3, 14)),
        ("1 мая 2026", date(2026, 5, 1)),
        ("30 лист. 2026", date(2026, 11, 30)),
        ("14 бер", date(2027, 3, 14)),
        ("22.11", TODAY),
        ("21.11", date(2027, 11, 21)),
        ("29 лют", date(2028, 2, 29)),
    ],
)
def test_a_day_is_read_with_the_day_first_and_without_a_year_is_the_next_one(text: str, day: date) -> None:
    assert typed.day(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("14.3.90", date(1990, 3, 14)),
        ("14.3.26", date(2026, 3, 14)),
        ("14.3.27", date(1927, 3, 14)),
        ("23.11", date(2025, 11, 23)),
        ("22.11", TODAY),
    ],
)
def test_a_birthday_lies_in_the_past(text: str, day: date) -> None:
    assert typed.day(text, TODAY, past=True) == day


@pytest.mark.parametrize(
    "text",
    ["31.02.2026", "29.02.2026", "2026", "tomorrow", "14 ма", "3/14/2026", "1.1.1", "1.1.99999", "0.1.2026", "--"],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        typed.day(text, TODAY)
    assert code_of(refused) == "not_day"


def test_digits_of_other_scripts_are_refused_in_days_too() -> None:
    with pytest.raises(Refused) as refused:
        typed.day("١٤.٠٣.٢٠٢٦", TODAY)
    assert code_of(refused) == "bad_digits"
