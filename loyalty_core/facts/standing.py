"""Standing: what a client has in a scope, and where each element comes from (SEMANTICS 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Element(StrEnum):
    """The elements of a standing; only `category` has items (one per label)."""

    DISCOUNT = "discount"
    CLASS = "class"
    CATEGORY = "category"


class Origin(StrEnum):
    """Who gave an element: a rule, a person, or a plugin's decision about one visit."""

    RULE = "rule"
    MANUAL = "manual"
    PLUGIN = "plugin"


@dataclass(frozen=True, slots=True)
class Given:
    """A value of one element and its cause.

    The value of a discount is in basis points, of a class its rank, of a category 1.
    `version_id` and `rule` name the rule; `cause` the plugin of a decision.
    """

    value: int
    origin: Origin
    version_id: int | None = None
    rule: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rules and manual values say about one element of a client today; `given` absent: nothing.

    `next_on` is the first later day on which that may change by the calendar alone; absent: never.
    """

    given: Given | None = None
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class ManualValue:
    """A value set by a person, which rules never touch until it ends or is returned to automatic.

    `until` is its last day. With `lapses` it also ends by inactivity, counted from the later of the day it was
    granted on and the last visit.
    """

    value: int
    granted_on: date
    granted_at: datetime
    actor: str
    reason: str
    until: date | None = None
    lapses: bool = False
