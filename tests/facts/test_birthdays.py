"""How far away the nearest birthday is (SEMANTICS 12)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loyalty_core.api import days_from_birthday


@pytest.mark.parametrize(
    ("birthday", "day", "days"),
    [
        (date(1990, 3, 14), date(2026, 3, 14), 0),
        (date(1990, 3, 14), date(2026, 3, 11), 3),
        (date(1990, 3, 14), date(2026, 3, 17), 3),
        (date(1990, 12, 30), date(2026, 1, 2), 3),
        (date(1990, 1, 2), date(2026, 12, 30), 3),
        (date(2000, 2, 29), date(2026, 2, 28), 0),
        (date(2000, 2, 29), date(2026, 3, 1), 1),
        (date(2000, 2, 29), date(2028, 2, 29), 0),
        (date(2000, 2, 29), date(2028, 2, 28), 1),
        (date(1990, 1, 1), date(1, 1, 1), 0),
        (date(1990, 12, 31), date(9999, 12, 31), 0),
    ],
)
def test_it_is_counted_to_the_nearest_anniversary_either_side(birthday: date, day: date, days: int) -> None:
    assert days_from_birthday(birthday, day) == days


@pytest.mark.parametrize("birthday", [date(2000, 2, 29), date(1999, 1, 1), date(1987, 7, 2)])
def test_every_year_has_one_birthday_and_it_is_never_far(birthday: date) -> None:
    for year in range(2023, 2029):
        days = [date(year, 1, 1) + timedelta(number) for number in range(365)]
        found = [days_from_birthday(birthday, day) for day in days]
        assert found.count(0) == 1
        assert max(found) <= 183
