"""Charts as plain numbers for SVG attributes: whole units, no styles (UI 4, *Charts*)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loyalty_web.wording import Reader

HEIGHT, STEP, BAR = 80, 27, 19
"""The tallest bar, the distance between bars, the width of one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One bar: where it stands, how tall it is, what it is called and says."""

    x: int
    y: int
    height: int
    label: str
    day: date
    minor: int
    unfinished: bool

    @property
    def middle(self) -> int:
        """Return where the label stands."""
        return self.x + BAR // 2


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of amounts: its bars, and the largest."""

    bars: tuple[Column, ...]
    highest: Column

    @property
    def width(self) -> int:
        """Return the width of the whole."""
        return STEP * len(self.bars)


def columns(amounts: Sequence[tuple[date, int]], reader: Reader, *, weekdays: bool = False) -> Columns:
    """Return a bar for each amount; the last one is of a period that is not over yet. There is at least one."""
    most = max(1, *(amount for _day, amount in amounts))
    bars = []
    for number, (day, amount) in enumerate(amounts):
        height = max(0, amount) * HEIGHT // most
        label = reader.weekday(day) if weekdays else reader.month(day)
        bars.append(
            Column(number * STEP + 4, HEIGHT + 10 - height, height, label, day, amount, number == len(amounts) - 1)
        )
    return Columns(tuple(bars), max(bars, key=lambda bar: bar.minor))
