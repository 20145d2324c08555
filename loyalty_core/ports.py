"""What a host must provide. Each port but the clock takes a sequence of ids and answers for all at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time in the product."""

    def now(self) -> datetime:
        """Return the present instant, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock: the one place where the product reads it."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is set: for the demo's "as of" and for tests."""

    def __init__(self, instant: datetime) -> None:
        self.set(instant)

    def now(self) -> datetime:
        """Return the instant that was set."""
        return self._instant

    def set(self, instant: datetime) -> None:
        """Move the clock to `instant`, which must be timezone-aware."""
        if instant.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._instant = instant.astimezone(UTC)
