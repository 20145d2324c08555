"""Moving the sales to the present: by whole weeks of local days, in the same order, on whatever day it is done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from loyalty_core.ports import FixedClock
from loyalty_web.erp.demo.shift import ZONE, local_today, moved, wall_time, weeks_to_move

LAST_DAY = date(2017, 12, 31)
TWO_YEARS = [date(2026, 1, 1) + timedelta(days=n) for n in range(730)]
MANY_WEEKS = sorted({weeks_to_move(LAST_DAY, today) for today in TWO_YEARS})


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_today_is_the_day_at_the_tills():
    assert local_today(FixedClock(instant("2026-11-21T04:59:59"))) == date(2026, 11, 20)
    assert local_today(FixedClock(instant("2026-11-21T05:00:00"))) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("today", "weeks"),
    [
        (date(2018, 1, 1), 0),
        (date(2018, 1, 7), 0),
        (date(2018, 1, 8), 1),
        (date(2017, 12, 31), -1),
        (date(2017, 12, 25), -1),
        (date(2017, 12, 24), -2),
    ],
)
def test_the_weeks_are_the_most_that_leave_the_last_day_before_today(today, weeks):
    assert weeks_to_move(LAST_DAY, today) == weeks


def test_the_last_day_always_lies_one_to_seven_days_back():
    back = {(today - LAST_DAY).days - 7 * weeks_to_move(LAST_DAY, today) for today in TWO_YEARS}
    assert back == {1, 2, 3, 4, 5, 6, 7}


def test_the_wall_time_is_what_the_clock_showed():
    assert wall_time(int(instant("2017-07-01T04:00:00").timestamp())) == wall("2017-07-01T00:00")
    assert wall_time(int(instant("2018-01-01T04:01:20").timestamp())) == wall("2017-12-31T23:01:20")


def test_an_hour_shown_twice_is_read_as_shown():
    first = wall_time(int(instant("2017-11-05T05:30:00").timestamp()))
    second = wall_time(int(instant("2017-11-05T06:30:00").timestamp()))
    assert first == second == wall("2017-11-05T01:30")
    assert (first.fold, second.fold, second.tzinfo) == (0, 0, None)


@pytest.mark.parametrize(
    ("at", "weeks", "expected"),
    [
        ("2017-01-02T12:00:00", 0, "2017-01-02T17:00:00"),  # winter stays winter
        ("2017-12-31T23:01:20", 463, "2026-11-16T04:01:20"),
        ("2017-03-13T12:00:00", 469, "2026-03-09T16:00:00"),  # summer time then and now
        ("2017-03-06T12:00:00", 470, "2026-03-09T16:00:00"),  # not yet then, but now: noon stays noon
        ("2017-11-05T01:30:00", 469, "2026-11-01T05:30:00"),  # shown twice: the first
        ("2017-11-05T02:00:00", 469, "2026-11-01T07:00:00"),
        ("2017-03-05T01:59:59", 470, "2026-03-08T06:59:59"),
        ("2017-03-05T02:00:00", 470, "2026-03-08T07:00:00"),  # jumped over: the first instant after
        ("2017-03-05T02:30:00", 470, "2026-03-08T07:00:00"),
        ("2017-03-05T02:59:59", 470, "2026-03-08T07:00:00"),
        ("2017-03-05T03:00:00", 470, "2026-03-08T07:00:00"),
        ("2017-03-05T03:00:01", 470, "2026-03-08T07:00:01"),
    ],
)
def test_what_the_clock_shows_is_moved_not_the_instant(at, weeks, expected):
    assert moved(wall(at), weeks) == instant(expected)
    assert moved(wall(at), weeks).tzinfo is UTC


def test_on_any_day_of_two_years_order_and_local_days_are_the_same():
    # Clocks change on Sunday nights, and whole weeks leave a Sunday a Sunday.
    sundays = [datetime(2017, 1, 1) + timedelta(weeks=week) for week in range(53)]  # noqa: DTZ001 - wall times
    nights = [sunday + timedelta(minutes=minute) for sunday in sundays for minute in range(-20, 260, 20)]
    assert len(MANY_WEEKS) == 105
    for weeks in MANY_WEEKS:
        instants = [moved(night, weeks) for night in nights]
        assert all(earlier <= later for earlier, later in pairwise(instants)), weeks
        days = [at.astimezone(ZONE).date() - timedelta(weeks=weeks) for at in instants]
        assert days == [night.date() for night in nights], weeks


def test_only_times_that_the_clock_jumps_over_fall_together():
    seconds = [wall("2017-03-05T01:50") + timedelta(minutes=minute) for minute in range(80)]
    instants = [moved(second, 470) for second in seconds]
    together = [second for second, (one, other) in zip(seconds, pairwise(instants), strict=False) if one == other]
    assert together == [wall("2017-03-05T02:00") + timedelta(minutes=minute) for minute in range(60)]
