"""A client's totals in a scope (SEMANTICS 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of a client's counted facts in one scope, amounts in minor units.

    `visited_on` is the local day of the latest counted visit, `bought_on` of the latest counted goods sale without
    a visit, `first_day` the day of the first of either.
    """

    visits: int = 0
    no_shows: int = 0
    invoiced_minor: int = 0
    listed_minor: int = 0
    paid_minor: int = 0
    first_day: date | None = None
    visited_on: date | None = None
    bought_on: date | None = None

    @property
    def last_day(self) -> date | None:
        """Return *last visit*: of visits, and only without any of goods sales."""
        return self.visited_on or self.bought_on


@dataclass(frozen=True, slots=True)
class Reset:
    """Sums of everything before the end of the latest inactivity gap of more than `gap_days` days.

    "Since the reset" is the totals less these sums (SEMANTICS 4).
    """

    gap_days: int
    ended_on: date
    visits: int = 0
    no_shows: int = 0
    invoiced_minor: int = 0
    listed_minor: int = 0
    paid_minor: int = 0
