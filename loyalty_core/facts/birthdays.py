"""Birthdays and how far away they are (SEMANTICS 12, *Dates and zones*)."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date


def days_from_birthday(birthday: date, day: date) -> int:
    """Return how many days lie between `day` and the nearest anniversary of `birthday`, before it or after it.

    29 February falls on 28 February in years that have none (SEMANTICS 12).
    """
    years = range(max(day.year - 1, MINYEAR), min(day.year + 1, MAXYEAR) + 1)
    return min(abs((_anniversary(birthday, year) - day).days) for year in years)


def _anniversary(birthday: date, year: int) -> date:
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
