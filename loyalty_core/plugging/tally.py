"""How plugins have been doing in this process: how often they were called and failed, how long they took."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from threading import Lock
from typing import Any

from loyalty_core.plugging.outcomes import Failure, Outcome

MOST_KEPT = 1000
"""Calls whose time is remembered, of each plugin: the latest."""


@dataclass(frozen=True, slots=True)
class Health:
    """How one plugin has been doing since the process began; `latest` is its latest failure.

    Times are in seconds, over the latest calls that were made: one that was not made, because the plugin rests or is
    suspended, counts as a failure and takes no time.
    """

    calls: int = 0
    failures: int = 0
    median: float = 0
    slowest: float = 0
    latest: Failure | None = None


@dataclass(slots=True)
class _Counts:
    calls: int = 0
    failures: int = 0
    latest: Failure | None = None
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))


class Tally:
    """Counts calls by plugin; several threads may note at once."""

    def __init__(self) -> None:
        self._counts: dict[str, _Counts] = {}
        self._lock = Lock()

    def note(self, outcome: Outcome[Any]) -> None:
        """Count one call."""
        with self._lock:
            counts = self._counts.setdefault(outcome.plugin, _Counts())
            counts.calls += 1
            if outcome.seconds:
                counts.seconds.append(outcome.seconds)
            if outcome.failure is not None and _is_its_fault(outcome.failure):
                counts.failures += 1
                counts.latest = outcome.failure

    def health(self, plugin: str) -> Health:
        """Return how a plugin has been doing; all zero for one that was not called yet."""
        with self._lock:
            counts = self._counts.get(plugin, _Counts())
            seconds = counts.seconds
            return Health(
                counts.calls,
                counts.failures,
                median(seconds) if seconds else 0,
                max(seconds, default=0),
                counts.latest,
            )


def _is_its_fault(failure: Failure) -> bool:
    """Whether the plugin failed, rather than told a person what is wrong with what was typed."""
    return any(problem.code.startswith("plugin_") for problem in failure.problems)
