"""The strict parsers: what they take, what they refuse and why, and that nothing else ever comes out of them."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty_core.errors import Refused
from loyalty_core.facts import parsing
from loyalty_core.facts.money import MAX_MINOR, Currency, minor_to_text

USD, JPY, KWD = Currency("USD", 2), Currency("JPY", 0), Currency("KWD", 3)
KYIV = ZoneInfo("Europe/Kyiv")


def code_of(parse, *args, **kwargs):
    """Return the code with which a parser refuses."""
    with pytest.raises(Refused) as caught:
        parse(*args, **kwargs)
    (problem,) = caught.value.problems
    assert problem.path == ()
    assert str(problem.message)
    return problem.code


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("0", USD, 0),
        ("12", USD, 1200),
        ("12.5", USD, 1250),
        ("12.50", USD, 1250),
        ("007.05", USD, 705),
        ("500", JPY, 500),
        ("1.234", KWD, 1234),
        ("0.001", KWD, 1),
        ("10000000000000.00", USD, MAX_MINOR),
    ],
)
def test_an_amount_becomes_minor_units_of_its_currency(text, currency, minor):
    assert parsing.money(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("", USD, "required"),
        ("-5", USD, "negative"),
        ("-5.00", USD, "negative"),
        ("−5", USD, "negative"),
        ("+5", USD, "not_a_number"),
        ("abc", USD, "not_a_number"),
        ("-", USD, "not_a_number"),
        ("1e3", USD, "not_a_number"),
        ("1_000", USD, "not_a_number"),
        ("1 000", USD, "not_a_number"),
        ("1,000.00", USD, "not_a_number"),
        ("12,50", USD, "not_a_number"),
        (" 12", USD, "not_a_number"),
        ("12\n", USD, "not_a_number"),
        ("12.", USD, "not_a_number"),
        (".5", USD, "not_a_number"),
        ("1.2.3", USD, "not_a_number"),
        ("NaN", USD, "not_a_number"),
        ("Infinity", USD, "not_a_number"),
        ("0x10", USD, "not_a_number"),
        ("=1+1", USD, "not_a_number"),
        ("١٢", USD, "not_ascii_digits"),
        ("1²", USD, "not_ascii_digits"),
        ("१२.५०", USD, "not_ascii_digits"),
        ("1.005", USD, "too_precise"),
        ("0.5", JPY, "too_precise"),
        ("5.0", JPY, "too_precise"),
        ("0.0001", KWD, "too_precise"),
        ("10000000000000.01", USD, "too_large"),
        ("9" * 5000, USD, "too_large"),
        ("0" * 100 + "1", USD, None),
    ],
)
def test_an_amount_that_is_not_one_is_refused_with_its_own_code(text, currency, code):
    if code is None:
        assert parsing.money(text, currency) == 100
    else:
        assert code_of(parsing.money, text, currency) == code


def test_a_decimal_comma_is_taken_only_where_it_is_the_separator():
    assert parsing.money("12,50", USD, ",") == 1250
    assert code_of(parsing.money, "12.50", USD, ",") == "not_a_number"
    assert code_of(parsing.money, "1.234,50", USD, ",") == "not_a_number"


def test_a_quantity_is_thousandths_above_zero():
    assert parsing.quantity("1") == 1000
    assert parsing.quantity("0.125") == 125
    assert parsing.quantity("1,5", ",") == 1500
    assert parsing.quantity("1000000") == parsing.MAX_QUANTITY_MILLI
    assert code_of(parsing.quantity, "0") == "not_positive"
    assert code_of(parsing.quantity, "0.000") == "not_positive"
    assert code_of(parsing.quantity, "0.0001") == "too_precise"
    assert code_of(parsing.quantity, "1000000.001") == "too_large"
    assert code_of(parsing.quantity, "-1") == "negative"


def test_a_percentage_is_basis_points_up_to_a_hundred():
    assert parsing.percent("7.5") == 750
    assert parsing.percent("100") == 10_000
    assert code_of(parsing.percent, "100.01") == "over_100_percent"
    assert code_of(parsing.percent, "5.555") == "too_precise"
    assert code_of(parsing.percent, "5 %") == "not_a_number"
    assert code_of(parsing.percent, "-1") == "negative"


def test_a_count_is_whole_and_bounded():
    assert parsing.whole("0") == 0
    assert parsing.whole("1000000000") == parsing.MAX_WHOLE
    assert code_of(parsing.whole, "1000000001") == "too_large"
    assert code_of(parsing.whole, "11", 10) == "too_large"
    assert code_of(parsing.whole, "1.0") == "too_precise"
    assert code_of(parsing.whole, "True") == "not_a_number"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "required"),
        ("2026-02-30", "no_such_date"),
        ("2025-02-29", "no_such_date"),
        ("2026-13-01", "no_such_date"),
        ("0000-01-01", "no_such_date"),
        ("1899-12-31", "date_out_of_range"),
        ("2200-01-01", "date_out_of_range"),
        ("2026-2-3", "not_a_date"),
        ("20260203", "not_a_date"),
        ("2026-W05-4", "not_a_date"),
        ("03.02.2026", "not_a_date"),
        ("2026-02-03T10:00", "not_a_date"),
        ("٢٠٢٦-٠٢-٠٣", "not_a_date"),
        ("2026-02-03\n", "not_a_date"),
    ],
)
def test_a_date_that_does_not_exist_or_is_written_otherwise_is_refused(text, code):
    assert code_of(parsing.day, text) == code


def test_a_date_is_read_in_the_form_that_is_asked_for():
    ukrainian = re.compile(r"(?P<d>[0-9]{2})\.(?P<m>[0-9]{2})\.(?P<Y>[0-9]{4})")
    assert parsing.day("2024-02-29") == date(2024, 2, 29)
    assert parsing.day("29.02.2024", ukrainian) == date(2024, 2, 29)
    assert code_of(parsing.day, "2024-02-29", ukrainian) == "not_a_date"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-10T10:00", "2026-01-10T08:00:00+00:00"),
        ("2026-07-10 10:00:30", "2026-07-10T07:00:30+00:00"),
        ("2026-07-10T10:00:30.25", "2026-07-10T07:00:30.250000+00:00"),
        ("2026-07-10T10:00:00Z", "2026-07-10T10:00:00+00:00"),
        ("2026-07-10T10:00:00-05:30", "2026-07-10T15:30:00+00:00"),
        ("2026-07-10T10:00+0300", "2026-07-10T07:00:00+00:00"),
    ],
)
def test_an_instant_has_an_offset_or_is_local_time_of_the_branch(text, utc):
    assert parsing.instant(text, KYIV).isoformat() == utc


def test_a_local_time_that_the_clocks_skip_means_the_first_instant_after_the_gap():
    first = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert parsing.instant("2026-03-29T03:00", KYIV) == first
    assert parsing.instant("2026-03-29T03:30:59.5", KYIV) == first
    assert parsing.instant("2026-03-29T04:00", KYIV) == first
    samoa = ZoneInfo("Pacific/Apia")
    assert parsing.instant("2011-12-30T12:00", samoa) == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)


def test_a_local_time_that_the_clocks_show_twice_means_the_first():
    assert parsing.instant("2026-10-25T03:30", KYIV) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "required"),
        ("2026-01-10", "not_a_moment"),
        ("2026-01-10T10", "not_a_moment"),
        ("2026-01-10T10:00 ", "not_a_moment"),
        ("2026-01-10T24:00", "no_such_time"),
        ("2026-01-10T23:60", "no_such_time"),
        ("2026-01-10T23:59:60", "no_such_time"),
        ("2026-01-10T10:00+24:00", "no_such_time"),
        ("2026-01-10T10:00+02:75", "no_such_time"),
        ("2026-02-30T10:00", "no_such_date"),
    ],
)
def test_an_instant_that_does_not_exist_is_refused(text, code):
    assert code_of(parsing.instant, text, KYIV) == code


def test_an_external_id_is_kept_in_one_form_and_shows_all_that_it_is():
    assert parsing.external_id("cafe\u0301") == "café"
    assert parsing.external_id("=A 1") == "=A 1"
    assert parsing.external_id("x" * 100) == "x" * 100
    assert code_of(parsing.external_id, "") == "required"
    assert code_of(parsing.external_id, "x" * 101) == "too_long"
    assert code_of(parsing.external_id, " 7") == "blank_at_end"
    assert code_of(parsing.external_id, "7 ") == "blank_at_end"
    assert code_of(parsing.external_id, "a\tb") == "control_characters"
    assert code_of(parsing.external_id, "a\u200bb") == "control_characters"
    assert code_of(parsing.external_id, "a\0") == "control_characters"


def test_a_name_may_have_any_letters_but_no_line_breaks():
    assert parsing.name("  Олена Ковальчук ") == "Олена Ковальчук"
    assert parsing.name("می\u200cخواهم") == "می\u200cخواهم"
    assert parsing.name("=HYPERLINK(1)") == "=HYPERLINK(1)"
    assert code_of(parsing.name, "  ") == "required"
    assert code_of(parsing.name, "a\nb") == "control_characters"
    assert code_of(parsing.name, "a\ud800") == "control_characters"
    assert code_of(parsing.name, "x" * 201) == "too_long"


def test_words_and_time_zones_come_from_closed_lists():
    assert parsing.one_of("arrived", ("arrived", "no_show")) == "arrived"
    assert code_of(parsing.one_of, "Arrived", ("arrived",)) == "unknown_word"
    assert code_of(parsing.one_of, "", ("arrived",)) == "required"
    assert parsing.time_zone("America/New_York") == "America/New_York"
    for text in ("", "Kyiv", "../etc/passwd", "/etc/passwd", "America", "\0"):
        assert code_of(parsing.time_zone, text) == "unknown_time_zone"


def test_a_message_shows_the_text_shortened_and_without_control_characters():
    with pytest.raises(Refused) as caught:
        parsing.money("9\x1b[31m" + "x" * 10_000, USD)
    shown = str(caught.value.problems[0].message)
    assert "\x1b" not in shown
    assert len(shown) < 120


anything = st.text() | st.text("0123456789.,-+eE_ \u0660\u00b2:TZ", max_size=40) | st.from_regex(parsing.ISO_MOMENT)

PARSERS = (
    lambda text: parsing.money(text, USD),
    lambda text: parsing.money(text, JPY),
    lambda text: parsing.money(text, KWD, ","),
    parsing.quantity,
    parsing.percent,
    parsing.whole,
    parsing.day,
    lambda text: parsing.instant(text, KYIV),
    parsing.external_id,
    parsing.name,
    parsing.time_zone,
    lambda text: parsing.one_of(text, ("a", "b")),
)


@given(anything)
@example("0" * 10_000)
@example("\ud800")
def test_no_parser_ever_raises_anything_but_its_refusal(text):
    for parse in PARSERS:
        with suppress(Refused):
            parse(text)


@given(st.text("0123456789.,-+ _e\u0661", max_size=25))
def test_whatever_is_taken_as_an_amount_is_its_exact_decimal_value(text):
    try:
        minor = parsing.money(text, KWD)
    except Refused:
        return
    assert re.fullmatch(r"[0-9]+(\.[0-9]{1,3})?", text)
    whole, _, part = text.partition(".")
    assert minor == int(whole + part.ljust(3, "0"))


@given(st.integers(0, MAX_MINOR), st.sampled_from((USD, JPY, KWD)))
def test_an_amount_written_out_reads_back(minor, currency):
    assert parsing.money(minor_to_text(minor, currency.digits), currency) == minor


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_date_written_out_reads_back(value):
    assert parsing.day(value.isoformat()) == value


@given(
    st.datetimes(datetime(1900, 1, 3), datetime(2199, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(("Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")),
)
def test_an_instant_written_out_with_its_offset_reads_back(value, zone):
    local = value.astimezone(ZoneInfo(zone))
    if local.utcoffset() % timedelta(minutes=1):
        return  # offsets of long ago have seconds, which ISO text of this form cannot carry
    assert parsing.instant(local.isoformat(), KYIV) == value


@given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), st.sampled_from(("Europe/Kyiv", "America/Havana")))  # noqa: DTZ001
def test_a_local_time_reads_as_itself_or_as_the_first_after_a_gap(value, name):
    zone = ZoneInfo(name)
    read = parsing.in_zone(value, zone).astimezone(zone).replace(tzinfo=None)
    assert read == value or value < read <= value + timedelta(hours=2)


@given(st.text(min_size=1, max_size=100))
def test_an_external_id_once_read_reads_as_itself(text):
    try:
        once = parsing.external_id(text)
    except Refused:
        return
    assert once == unicodedata.normalize("NFC", text)
    assert parsing.external_id(once) == once
