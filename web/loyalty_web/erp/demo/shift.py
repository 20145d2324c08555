"""Dates of the real sales are moved by whole weeks, so that the last of them lies in the week before today.

What is moved is the wall time at the till, not the instant: local days then move by whole weeks whatever daylight
saving does, and no figure depends on the day of the run.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from loyalty_core.ports import Clock

TIME_ZONE = "America/New_York"
"""The zone of the network and of every branch."""

ZONE = ZoneInfo(TIME_ZONE)


def local_today(clock: Clock) -> date:
    """Return the day it is at the tills."""
    return clock.now().astimezone(ZONE).date()


def weeks_to_move(last_day: date, today: date) -> int:
    """Return the most weeks that leave `last_day` before `today`: it comes to lie 1 to 7 days back.

    Both are local days. A `today` before the sales themselves gives a negative number.
    """
    return ((today - last_day).days - 1) // 7


def wall_time(second: int) -> datetime:
    """Return what the clock at the till showed, without a zone, at `second` (Unix time).

    In the hour that a clock shows twice, sales are ordered by what it showed: their true order is not kept, because
    it could not be kept on any other date.
    """
    return datetime.fromtimestamp(second, ZONE).replace(tzinfo=None, fold=0)


def moved(wall: datetime, weeks: int) -> datetime:
    """Return the instant, in UTC, at which the clock at the till shows `wall` moved by `weeks`.

    A time shown twice is its first showing; one that the clock jumps over is the first instant after the jump. So a
    later wall time never becomes an earlier instant; equal instants keep the order in which they are saved.
    """
    local = (wall + timedelta(weeks=weeks)).replace(tzinfo=ZONE)
    instant = local.astimezone(UTC)
    skipped = instant.astimezone(ZONE).replace(tzinfo=None) != local.replace(tzinfo=None)
    return _end_of_jump(local) if skipped else instant


def _end_of_jump(skipped: datetime) -> datetime:
    """Return the first instant after the jump that leaves out the wall time `skipped`."""
    after = skipped.replace(fold=1).utcoffset()
    # In a jump fold=1 reads the time by the clock after it, which lies before the jump, and fold=0 the reverse.
    early, late = int(skipped.replace(fold=1).timestamp()), int(skipped.timestamp())
    seconds = range(early, late)
    steps = bisect_left(seconds, True, key=lambda second: datetime.fromtimestamp(second, ZONE).utcoffset() == after)
    return datetime.fromtimestamp(early + steps, UTC)
