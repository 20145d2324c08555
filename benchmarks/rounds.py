"""Alternating rounds: each side in turn, so that a machine that slows down or speeds up does so for all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from time import perf_counter

Side = Callable[[int], float]
"""Runs one side's round of that number and returns the seconds that count."""


class Stopwatch:
    """Counts the seconds for which it runs; what is not to be measured is done while it is paused."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time spent inside."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds += perf_counter() - start

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take off the time spent inside, while it runs."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds -= perf_counter() - start


class Outcome:
    """The seconds of each side, round by round."""

    def __init__(self, seconds: Mapping[str, list[float]]) -> None:
        self.seconds = seconds

    def median(self, side: str) -> float:
        """Return the median of one side's rounds, in seconds."""
        return median(self.seconds[side])

    def best(self, side: str) -> float:
        """Return the shortest of one side's rounds, in seconds: the one that other programs disturbed least."""
        return min(self.seconds[side])

    def ratio(self, side: str, other: str) -> float:
        """Return how much longer `side` takes than `other`: the median of the ratios, each within one round."""
        return median(one / two for one, two in zip(self.seconds[side], self.seconds[other], strict=True))


def alternate(rounds: int, sides: Mapping[str, Side]) -> Outcome:
    """Run each side once per round, starting with another one each time; a first round warms up and does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            taken = sides[name](number)
            if number:
                seconds[name].append(taken)
    return Outcome(seconds)
