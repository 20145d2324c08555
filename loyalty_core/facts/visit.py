"""A visit: what a client has in one coming to a branch (SEMANTICS 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class VisitStatus(StrEnum):
    """Where a visit stands; only `arrived` and `no_show` are measured."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class VisitInput:
    """A visit as the host sends it; the pair (`source`, `external_id`) says which one it is.

    `starts_at` is timezone-aware; the core stores the local day of the branch's zone.
    """

    source: str
    external_id: str
    branch_id: int
    client_id: int
    status: VisitStatus
    starts_at: datetime
