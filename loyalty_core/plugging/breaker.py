"""Plugins that are not asked for a while, or not until a person has looked at them (RELIABILITY, *Failing plugins*)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from loyalty_core.plugging.outcomes import Failure


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures within how many seconds are too many, and how long the plugin then rests."""

    failures: int = 5
    within: float = 60.0
    rest: float = 30.0


@dataclass(slots=True)
class _Record:
    """What is remembered of one plugin: when it failed lately, and until when it rests."""

    failed: deque[float] = field(default_factory=deque)
    rests_until: float | None = None
    on_trial: bool = False


class Breakers:
    """One breaker per plugin of this process; `clock` is monotonic, in seconds.

    Too many failures open it: the plugin is not asked while it rests. Then one call is let through as a trial; if that
    works, all is forgotten, else the plugin rests again. An offence is no matter of time: it stays in `offences`, by
    plugin, until it is lifted.
    """

    def __init__(self, clock: Callable[[], float], patience: Patience | None = None) -> None:
        self.offences: dict[str, Failure] = {}
        self._clock = clock
        self._patience = patience or Patience()
        self._records: dict[str, _Record] = {}
        self._lock = Lock()

    @property
    def suspended(self) -> set[str]:
        """Return the plugins that are not asked at this moment, because they rest or offended."""
        now = self._clock()
        with self._lock:
            resting = {name for name, each in self._records.items() if each.rests_until and now < each.rests_until}
            return resting | self.offences.keys()

    def allows(self, plugin: str) -> bool:
        """Whether a plugin may be asked now; whoever is told so reports by `worked` or `failed` what came of it."""
        with self._lock:
            record = self._records.get(plugin)
            if record is None or record.rests_until is None:
                return True
            now = self._clock()
            if now < record.rests_until:
                return False
            # A trial that nobody reports on, because its caller was interrupted, is made again after another rest.
            record.on_trial, record.rests_until = True, now + self._patience.rest
            return True

    def worked(self, plugin: str) -> None:
        """Note that a call worked: a trial that did closes the breaker."""
        with self._lock:
            record = self._records.get(plugin)
            if record is not None and record.on_trial:
                del self._records[plugin]

    def failed(self, plugin: str) -> None:
        """Note that a call failed; one too many, or a failed trial, opens the breaker."""
        now = self._clock()
        with self._lock:
            record = self._records.setdefault(plugin, _Record())
            record.failed.append(now)
            while record.failed[0] <= now - self._patience.within:
                record.failed.popleft()
            if record.on_trial or len(record.failed) >= self._patience.failures:
                record.rests_until = now + self._patience.rest
                record.on_trial = False

    def offended(self, failure: Failure) -> None:
        """Note an offence; the first one of a plugin is kept."""
        self.offences.setdefault(failure.plugin, failure)

    def lift(self, plugin: str) -> None:
        """Ask a plugin again: a person has looked at it."""
        self.offences.pop(plugin, None)
        with self._lock:
            self._records.pop(plugin, None)
