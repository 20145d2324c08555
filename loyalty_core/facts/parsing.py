"""Strict parsers: text from outside into whole numbers, dates, instants and ids.

Each takes one text and returns its value or raises `Refused` with one `Problem`. Nothing is guessed and nothing is
mended: no blanks around a figure, no digits but 0-9, no exponent, no sign where none belongs. What a form of
writing may differ in (the decimal separator, the order of a date) is a parameter. Amounts come back as whole minor
units, quantities as thousandths, percentages as basis points (SEMANTICS 1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import NoReturn
from zoneinfo import ZoneInfo, available_timezones

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.money import FULL_PERCENT, MAX_MINOR, MILLI, Currency
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

MAX_QUANTITY_MILLI = 1_000_000 * MILLI
"""The largest quantity of one line: a million."""

MAX_WHOLE = 1_000_000_000
"""The largest count accepted, if the field names no smaller one: it fits 32 bits."""

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years in which a date of this trade may lie; outside them it is a slip, and instants near the ends overflow."""

ISO_DATE = re.compile(r"(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})")
"""The standard form of a date; any other form has the same group names (those of `strftime`)."""

ISO_MOMENT = re.compile(
    ISO_DATE.pattern + r"[T ](?P<H>[0-9]{2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:\.(?P<f>[0-9]{1,6}))?)?"
    r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
"""The standard form of a date with a time, with or without an offset from UTC."""

_SHOWN = 40
_INVISIBLE_IN_NAMES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def money(text: str, currency: Currency, point: str = ".") -> int:
    """Return an amount of zero or more in minor units of `currency`.

    It may have at most as many decimals as the currency (SEMANTICS 1: 0-, 2- and 3-decimal currencies). Codes of
    refusal: `required`, `not_a_number`, `negative`, `too_precise`, `too_large`.
    """
    return _decimal(text, currency.digits, MAX_MINOR, point)


def quantity(text: str, point: str = ".") -> int:
    """Return a quantity above zero in thousandths; codes as of `money`, and `not_positive`."""
    milli = _decimal(text, 3, MAX_QUANTITY_MILLI, point)
    if milli == 0:
        _refuse("not_positive", _("“%(text)s” must be more than zero.", text=_short(text)))
    return milli


def percent(text: str, point: str = ".") -> int:
    """Return a percentage from 0 to 100 in basis points; codes as of `money`, and `over_100_percent`."""
    bp = _decimal(text, 2, MAX_MINOR, point)
    if bp > FULL_PERCENT:
        _refuse("over_100_percent", _("“%(text)s” is more than 100 percent.", text=_short(text)))
    return bp


def whole(text: str, most: int = MAX_WHOLE) -> int:
    """Return a whole number from 0 to `most`; codes as of `money` (`too_precise`: it has decimals)."""
    return _decimal(text, 0, most, ".")


def _decimal(text: str, digits: int, most: int, point: str) -> int:
    """Return decimal text as a whole number of its `digits`-th decimals."""
    before, found, after = text.partition(point)
    if not (text.isascii() and before.isdigit() and (after.isdigit() if found else True)):
        _refuse_figure(text, point)
    if len(after) > digits:
        _refuse("too_precise", _too_precise(text, digits))
    if len(before) > 18:
        before = before.lstrip("0")[:19] or "0"  # enough to see that it is too large: int() refuses very long texts
    scale: int = 10**digits
    value = int(before) * scale + (int(after.ljust(digits, "0")) if after else 0)
    if value > most:
        _refuse("too_large", _("“%(text)s” is larger than allowed.", text=_short(text)))
    return value


def _refuse_figure(text: str, point: str) -> NoReturn:
    """Say why a text is not a plain figure."""
    if not text:
        _refuse("required", _("Give a value: this may not be empty."))
    before, found, after = text[1:].partition(point)
    if text[0] in "-−" and before.isdecimal() and (after.isdecimal() or not found):
        _refuse("negative", _("“%(text)s” is negative.", text=_short(text)))
    if any(each.isdigit() and not each.isascii() for each in text):
        _refuse("not_ascii_digits", _("“%(text)s” has digits other than 0-9.", text=_short(text)))
    example = f"12{point}50"
    message = _("“%(text)s” is not a plain number such as %(example)s.", text=_short(text), example=example)
    _refuse("not_a_number", message)


def _too_precise(text: str, digits: int) -> Message:
    if digits == 0:
        return _("“%(text)s” must be a whole number.", text=_short(text))
    return _("“%(text)s” has more than %(digits)s decimals.", text=_short(text), digits=digits)


def day(text: str, form: re.Pattern[str] = ISO_DATE) -> date:
    """Return a date that exists.

    `form` has the groups `Y`, `m` and `d`. Codes of refusal: `required`, `not_a_date`, `no_such_date`,
    `date_out_of_range`.
    """
    parts = form.fullmatch(text)
    if parts is None:
        if not text:
            _refuse("required", _("Give a value: this may not be empty."))
        _refuse("not_a_date", _("“%(text)s” is not written as a date should be here.", text=_short(text)))
    return _date(text, parts)


def _date(text: str, parts: re.Match[str]) -> date:
    try:
        value = date(int(parts["Y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        _refuse("no_such_date", _("“%(text)s”: there is no such date.", text=_short(text)))
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        years = {"first": str(FIRST_YEAR), "last": str(LAST_YEAR)}
        message = _("“%(text)s” is outside the years %(first)s to %(last)s.", text=_short(text), **years)
        _refuse("date_out_of_range", message)
    return value


def moment(text: str, form: re.Pattern[str] = ISO_MOMENT) -> datetime:
    """Return a date with a time: aware where the text has an offset, else naive, to be read by `in_zone`.

    `form` has the groups `Y`, `m`, `d`, `H`, `M`, and may have `S`, `f` (decimals of a second) and `z` (offset).
    Codes of refusal: as of `day`, and `not_a_moment`, `no_such_time`.
    """
    parts = form.fullmatch(text)
    if parts is None:
        if not text:
            _refuse("required", _("Give a value: this may not be empty."))
        message = _("“%(text)s” is not written as a date with a time should be here.", text=_short(text))
        _refuse("not_a_moment", message)
    on = _date(text, parts)
    found = parts.groupdict()
    micros = (found.get("f") or "").ljust(6, "0")
    try:
        return datetime(
            on.year,
            on.month,
            on.day,
            int(found["H"]),
            int(found["M"]),
            int(found.get("S") or 0),
            int(micros),
            tzinfo=_offset(found.get("z")),
        )
    except ValueError:
        _refuse("no_such_time", _("“%(text)s”: there is no such time.", text=_short(text)))


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    minutes = int(text[-2:])
    if minutes > 59:
        raise ValueError(text)
    size = timedelta(hours=int(text[1:3]), minutes=minutes)
    return timezone(-size if text[0] == "-" else size)


def instant(text: str, zone: ZoneInfo, form: re.Pattern[str] = ISO_MOMENT) -> datetime:
    """Return an instant in UTC; without an offset the text is local time of `zone`. Codes as of `moment`."""
    return in_zone(moment(text, form), zone)


def in_zone(value: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant in UTC; a naive `value` is local time of `zone`.

    A local time that the clocks skip means the first instant after the gap (SEMANTICS 12); one that they show twice
    means the first of the two.
    """
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    result = value.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if result.astimezone(zone).replace(tzinfo=None) == value:
        return result
    return _end_of_gap(value.replace(tzinfo=zone, fold=1).astimezone(UTC), result, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant between two at which the zone's offset changes; zones change on whole seconds."""
    before = before.replace(microsecond=0)
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def external_id(text: str, longest: int = 100) -> str:
    """Return another system's id: 1 to `longest` visible characters, no blank at either end, in NFC.

    Codes of refusal: `required`, `too_long`, `control_characters`, `blank_at_end`.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text:
        _refuse("required", _("Give a value: this may not be empty."))
    if len(text) > longest:
        _refuse_length(text, longest)
    if not text.isprintable():
        _refuse("control_characters", _("“%(text)s” has invisible characters.", text=_short(text)))
    if text[0] == " " or text[-1] == " ":
        _refuse("blank_at_end", _("“%(text)s” begins or ends with a blank.", text=_short(text)))
    return text


def name(text: str, longest: int = 200) -> str:
    """Return a name for people to read: NFC, without blanks around it; letters of every script are welcome.

    Codes of refusal: `required`, `too_long`, `control_characters`.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        _refuse("required", _("Give a value: this may not be empty."))
    if len(text) > longest:
        _refuse_length(text, longest)
    if not text.isprintable() and any(unicodedata.category(each) in _INVISIBLE_IN_NAMES for each in text):
        _refuse("control_characters", _("“%(text)s” has invisible characters.", text=_short(text)))
    return text


def one_of(text: str, words: Collection[str]) -> str:
    """Return a word of a closed list, written exactly so; codes of refusal: `required`, `unknown_word`."""
    if not text:
        _refuse("required", _("Give a value: this may not be empty."))
    if text not in words:
        known = ", ".join(words)
        _refuse("unknown_word", _("“%(text)s” is not one of: %(known)s.", text=_short(text), known=known))
    return text


def time_zone(text: str) -> str:
    """Return the name of a time zone that exists, such as `Europe/Kyiv`; code of refusal: `unknown_time_zone`."""
    if text not in _time_zones():
        _refuse("unknown_time_zone", _("“%(text)s” is not a time zone such as Europe/Kyiv.", text=_short(text)))
    return text


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _short(text: str) -> str:
    """Return what of a text a message can show: no control characters, not too long."""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[: _SHOWN + 1])
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _refuse_length(text: str, longest: int) -> NoReturn:
    _refuse("too_long", _("“%(text)s” is longer than %(longest)s characters.", text=_short(text), longest=longest))


def _refuse(code: str, message: Message) -> NoReturn:
    raise Refused(Problem(code, message))
