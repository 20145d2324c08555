"""Texts, amounts and days as the person at the screen reads them (UI 3, *Money, percent, dates*)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent

from loyalty_core.facts.money import MILLI, Currency, Money
from loyalty_core.i18n import NO_BREAK_SPACE, Texts, money_text
from loyalty_core.messages import CORE_DOMAIN, Message

MINUS = "\N{MINUS SIGN}"
DAY_PATTERNS = {"en": "d MMM y"}
"""How a day is written in short, where not `dd.MM.y`: never the American way, which has two readings."""


@dataclass(frozen=True)
class Reader:
    """Somebody who reads: a locale, a currency, and the texts of this installation."""

    texts: Texts
    locale: Locale
    currency: Currency
    zone: ZoneInfo

    def say(self, message: Message) -> str:
        """Return a message as text."""
        return self.texts.render(message, self.locale)

    def text(self, msgid: str, domain: str = CORE_DOMAIN, /, **params: Any) -> str:
        """Return the text of a template."""
        return self.say(Message(msgid, MappingProxyType(params), domain))

    def plural(self, one: str, many: str, count: int, domain: str = CORE_DOMAIN, /, **params: Any) -> str:
        """Return a text of a template in the form that `count` asks for."""
        values = MappingProxyType({"count": count, **params})
        return self.say(Message(one, values, domain, plural=many, count="count"))

    def money(self, minor: int) -> str:
        """Return an amount with its currency, for running text."""
        return _minus(money_text(Money(minor, self.currency), self.locale))

    def amount(self, minor: int) -> str:
        """Return an amount without its currency, for tables whose heading names it, and for fields."""
        digits = self.currency.digits
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _minus(format_decimal(Decimal(minor).scaleb(-digits), pattern, locale=self.locale))

    def percent(self, bp: int) -> str:
        """Return basis points as a percentage."""
        exact = Decimal(bp).scaleb(-4).normalize()
        return _minus(format_percent(exact, locale=self.locale, decimal_quantization=False))

    def points(self, bp: int) -> str:
        """Return basis points as a percentage without the sign, for fields that show it beside them."""
        return _minus(format_decimal(Decimal(bp).scaleb(-2).normalize(), "0.##", locale=self.locale))

    def quantity(self, milli: int) -> str:
        """Return thousandths as a quantity."""
        return _minus(
            format_decimal(Decimal(milli).scaleb(-3) if milli % MILLI else milli // MILLI, locale=self.locale)
        )

    def number(self, value: int) -> str:
        """Return a count."""
        return _minus(format_decimal(value, locale=self.locale))

    def day(self, day: date) -> str:
        """Return a calendar day in short: `19.11.2026`, `19 Nov 2026`."""
        return str(format_date(day, DAY_PATTERNS.get(self.locale.language, "dd.MM.y"), locale=self.locale))

    def long_day(self, day: date) -> str:
        """Return a calendar day in words, with its weekday."""
        return str(format_date(day, "full", locale=self.locale))

    def last_day(self, ends_before: date) -> str:
        """Return the last day of a period that ends before `ends_before`: people are shown inclusive ends."""
        return self.day(ends_before - timedelta(days=1))

    def clock_time(self, instant: datetime, zone: ZoneInfo | None = None) -> str:
        """Return the time of day of an instant, in a branch's zone."""
        return str(format_time(instant, "HH:mm", tzinfo=zone or self.zone, locale=self.locale))

    def moment(self, instant: datetime, zone: ZoneInfo | None = None) -> str:
        """Return an instant as day and time in a branch's zone; the network's without one.

        The zone is named where it is not the reader's own.
        """
        zone = zone or self.zone
        local = instant.astimezone(zone)
        named = "" if zone.key == self.zone.key else NO_BREAK_SPACE + zone.key.rpartition("/")[2].replace("_", " ")
        return f"{self.day(local.date())}, {self.clock_time(instant, zone)}{named}"

    def month(self, day: date) -> str:
        """Return the month of a day, in short."""
        return str(format_skeleton("MMM", day, locale=self.locale))

    def long_month(self, day: date) -> str:
        """Return the month of a day in words, with its year."""
        return str(format_skeleton("yMMMM", day, locale=self.locale))

    def day_of_year(self, day: date) -> str:
        """Return a day without its year: `14 March`, as birthdays are said."""
        return str(format_date(day, "d MMMM", locale=self.locale))

    def weekday(self, day: date) -> str:
        """Return the weekday of a day, in short."""
        return str(format_date(day, "EEE", locale=self.locale))


def _minus(text: str) -> str:
    """Write a minus as a minus: a hyphen is too short to be seen."""
    return text.replace("-", MINUS)
