"""Amounts, percentages, quantities and days as people type them (UI 3, *Money, percent, dates*).

Lenient where there is one reading: blanks and apostrophes between thousands, a comma or a point before decimals, names
of months in any of our languages. What has two readings is refused with a question, and so is anything but the digits
0 to 9. Every function raises `Refused` with one problem without a path.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import get_month_names
from babel.numbers import get_decimal_symbol, get_group_symbol

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.money import FULL_PERCENT, MAX_MINOR, MILLI, Currency, Money
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

GROUPING = re.compile("[\\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'’ʼ]")
LONGEST = 40
PERCENT_DIGITS = 2
QUANTITY_DIGITS = 3
LONGEST_QUANTITY = 6
"""A quantity with more digits is a code that the scanner put into the wrong field."""

MONTH_LANGUAGES = ("en", "uk", "ru")
LETTERS_OF_A_MONTH = 3
MINUTES_OF_A_DAY = 24 * 60
OLDEST_YEAR = 1900
LAST_YEAR = 2999


def minor(text: str, currency: Currency, locale: Locale) -> int:
    """Return a typed amount in minor units. Codes: `required`, `bad_digits`, `not_money`, `ambiguous`, `too_large`."""
    wrong = _("Write an amount such as %(example)s.", example=Money(1_250 * 10**currency.digits, currency))
    found = _decimal(_plain(text, wrong), currency.digits, locale, wrong)
    if found is None:
        whole = int(re.sub("[.,]", "", _plain(text, wrong)))
        guess = Money(min(whole * 10**currency.digits, MAX_MINOR), currency)
        asked = _("Did you mean %(guess)s? Write it without a point or comma between thousands.", guess=guess)
        raise _refused("ambiguous", asked)
    if found > MAX_MINOR:
        raise _refused("too_large", _("Write a smaller amount."))
    return found


def percent_bp(text: str, locale: Locale, most_bp: int = FULL_PERCENT) -> int:
    """Return a typed percentage in basis points. Codes: `required`, `bad_digits`, `not_percent`."""
    wrong = _("Enter a percent from 0 to %(most)s.", most=most_bp // 100)
    found = _decimal(_plain(text.strip().removesuffix("%"), wrong), PERCENT_DIGITS, locale, wrong)
    if found is None or found > most_bp:
        raise _refused("not_percent", wrong)
    return found


def quantity_milli(text: str) -> int:
    """Return a typed quantity in thousandths. Codes: `required`, `bad_digits`, `not_quantity`, `looks_like_scan`."""
    wrong = _("Enter a quantity above 0, with at most three decimals.")
    plain = _plain(text, wrong)
    whole, _mark, part = plain.replace(",", ".").partition(".")
    if len(whole) > LONGEST_QUANTITY:
        raise _refused("looks_like_scan", _("This looks like a scan: put it into the scan field."))
    if not re.fullmatch("[0-9]*", whole) or not re.fullmatch(f"[0-9]{{0,{QUANTITY_DIGITS}}}", part) or not whole + part:
        raise _refused("not_quantity", wrong)
    found = int(whole or "0") * MILLI + int(part.ljust(QUANTITY_DIGITS, "0"))
    if found == 0:
        raise _refused("not_quantity", wrong)
    return found


def whole(text: str, least: int, most: int) -> int:
    """Return a typed whole number. Codes: `required`, `bad_digits`, `not_whole`."""
    wrong = _("Enter a whole number from %(least)s to %(most)s.", least=least, most=most)
    plain = _plain(text, wrong)
    if not re.fullmatch("[0-9]+", plain) or not least <= int(plain) <= most:
        raise _refused("not_whole", wrong)
    return int(plain)


def minute_of_day(text: str) -> int:
    """Return a typed time of day in minutes: `9`, `09:30`, `18.00`, `24:00`.

    Codes: `required`, `bad_digits`, `not_time`.
    """
    found = re.fullmatch(r"([0-9]{1,2})(?:[:.]([0-5][0-9]))?", _kept(text))
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found else MINUTES_OF_A_DAY + 1
    if minutes > MINUTES_OF_A_DAY:
        raise _refused("not_time", _("Write a time from 00:00 to 24:00, such as 09:30."))
    return minutes


def exact(text: str) -> Decimal:
    """Return a typed number with decimals. Codes: `required`, `bad_digits`, `not_number`."""
    wrong = _("Write a number such as 12.5.")
    plain = _plain(text, wrong).replace(",", ".")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", plain):
        raise _refused("not_number", wrong)
    return Decimal(plain)


def day(text: str, today: date, *, past: bool = False) -> date:
    """Return a typed day: `2026-03-14`, `14.03.1990`, `14/3/90`, `14 Mar`, `14 березня 1990`; the day comes first.

    Without a year it is the next such day, or with `past` (a birthday) the last one. Codes: `required`, `bad_digits`,
    `not_day`.
    """
    wrong = _("Write a day such as 14.03.2026 or 14 March.")
    parts = [each for each in re.split(r"[\s./,-]+", _kept(text).casefold()) if each]
    try:
        return _in_calendar(parts, today, past=past)
    except ValueError:
        raise _refused("not_day", wrong) from None


def _refused(code: str, message: Message) -> Refused:
    return Refused(Problem(code, message))


def _kept(text: str) -> str:
    """Return what was typed; refuse nothing at all, and digits of other scripts."""
    if not text.strip():
        raise _refused("required", _("A value is needed here."))
    if any(sign.isdigit() and not sign.isascii() for sign in text):
        raise _refused("bad_digits", _("Write the digits 0 to 9."))
    return text.strip()[: LONGEST + 1]


def _plain(text: str, wrong: Message) -> str:
    """Return a number without what separates thousands by eye; refuse signs, exponents, letters."""
    plain = GROUPING.sub("", _kept(text))
    if len(plain) > LONGEST or not re.fullmatch("[0-9.,]+", plain):
        raise _refused("not_number", wrong)
    return plain


def _decimal(plain: str, digits: int, locale: Locale, wrong: Message) -> int | None:
    """Return a number in units of 10^-digits; None where it has two readings."""
    marks = re.findall("[.,]", plain)
    head, last, tail = plain.rpartition(marks[-1]) if marks else (plain, "", "")
    if len(set(marks)) == 2 and marks.count(last) == 1:
        return _joined(_ungrouped(head, wrong), tail, digits, wrong)
    if len(marks) > 1:
        return _joined(_ungrouped(plain, wrong), "", digits, wrong)
    if not marks or 1 <= len(tail) <= digits:
        return _joined(head, tail, digits, wrong) if not marks or last_is_decimal(last, tail, locale) else None
    if len(tail) == 3 and 1 <= len(head) <= 3:
        return int(head + tail) * 10**digits if last == get_group_symbol(locale) or digits == 0 else None
    raise _refused("not_number", wrong)


def last_is_decimal(mark: str, tail: str, locale: Locale) -> bool:
    """Whether one mark before these digits is a decimal one: with three digits only where the locale says so."""
    return len(tail) != 3 or mark == get_decimal_symbol(locale)


def _ungrouped(text: str, wrong: Message) -> str:
    """Return a whole number whose thousands are separated by one kind of mark."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})*|[0-9]{1,3}(,[0-9]{3})*|[0-9]+", text):
        raise _refused("not_number", wrong)
    return re.sub("[.,]", "", text)


def _joined(head: str, tail: str, digits: int, wrong: Message) -> int:
    if len(tail) > digits or not (head or tail):
        raise _refused("not_number", wrong)
    return int((head or "0") + tail.ljust(digits, "0"))


def _in_calendar(parts: list[str], today: date, *, past: bool) -> date:
    """Return the day that two or three parts name. Raises `ValueError` for any other."""
    if len(parts) == 3 and len(parts[0]) == 4:
        parts = parts[::-1]
    if len(parts) not in (2, 3):
        raise ValueError
    number, month = int(parts[0]), _month(parts[1])
    if len(parts) == 3:
        return date(_year(parts[2], today, past=past), month, number)
    years = range(today.year, today.year - 9, -1) if past else range(today.year, today.year + 9)
    for year in years:  # nine: 29 February may be eight years away
        found = _day_of(year, month, number)
        if found is not None and (found <= today if past else found >= today):
            return found
    raise ValueError


def _day_of(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _year(text: str, today: date, *, past: bool) -> int:
    year = int(text)
    if len(text) == 2:
        ahead = 0 if past else 20
        year += today.year - today.year % 100
        return year - 100 if year > today.year + ahead else year
    if not OLDEST_YEAR <= year <= LAST_YEAR:
        raise ValueError
    return year


def _month(text: str) -> int:
    if text.isdecimal():
        return int(text)
    found = {month for name, month in _months() if name.startswith(text)}
    if len(text) < LETTERS_OF_A_MONTH or len(found) != 1:
        raise ValueError
    return found.pop()


@cache
def _months() -> tuple[tuple[str, int], ...]:
    return tuple(
        (str(name).casefold().rstrip("."), month)
        for language in MONTH_LANGUAGES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for month, name in get_month_names(width, context, language).items()
    )
