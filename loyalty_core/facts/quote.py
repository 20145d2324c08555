"""What pricing an invoice comes to: what is left of each line, and what became of every offer (SEMANTICS 6).

Everything here is stored in the decision record, so it consists of codes, references and whole numbers; texts are
made when somebody reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from loyalty_core.messages import Message


class Fate(StrEnum):
    """What became of an offer that was considered."""

    APPLIED = "applied"
    LOST = "lost"
    NOT_MET = "not_met"
    EXCLUDED = "excluded"
    TAKEN_OFF = "taken_off"
    FAILED = "failed"


class Cause(StrEnum):
    """Why an offer was not applied, or not in full; numbers in `Why` are what there is and what it asks for."""

    BEFORE_START = "before_start"
    AFTER_END = "after_end"
    WEEKDAY = "weekday"
    HOUR = "hour"
    BRANCH = "branch"
    LISTED = "listed"
    NO_CLIENT = "no_client"
    VISIT_NUMBER = "visit_number"
    CATEGORY = "category"
    CLASS = "class"
    NOTHING_LEFT = "nothing_left"
    NOT_DISCOUNTABLE = "not_discountable"
    LEFT = "left"
    OTHER_LANE = "other_lane"
    TOO_FEW_UNITS = "too_few_units"
    CAP = "cap"
    FLOOR = "floor"
    RIVAL = "rival"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True)
class Why:
    """A cause with its figures; `note` is a person's words.

    Figures are minor units with tax for money, ordinals for days, minutes of the day for hours, else a count or a
    rank.
    """

    cause: Cause
    have: int | None = None
    needs: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one offer took off one line: from `before_minor` to `after_minor`, in the line's own basis."""

    reference: str
    lane: str
    before_minor: int
    after_minor: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its steps in the order they were taken, each from where the one before it stopped.

    `listed_minor` and `left_minor` are in the line's own basis; `listed_total_minor`, `owed_minor` and `tax_minor`,
    the tax within what is owed, are with tax.
    """

    key: str
    listed_minor: int
    left_minor: int
    listed_total_minor: int
    owed_minor: int
    tax_minor: int
    steps: tuple[Step, ...] = ()

    @property
    def off_minor(self) -> int:
        """Return what came off, with tax."""
        return self.listed_total_minor - self.owed_minor


@dataclass(frozen=True, slots=True)
class Considered:
    """What became of one offer. `saves_minor` is what it took off, or would have taken off alone, with tax.

    `lines` are the keys of lines it was applied to; `lost_on` those where `rival` was better. `label` may be left
    out where the version says it.
    """

    reference: str
    version_id: int | None
    lane: str
    label: Message = field(hash=False)
    fate: Fate
    saves_minor: int = 0
    lines: tuple[str, ...] = ()
    lost_on: tuple[str, ...] = ()
    rival: str = ""
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """The whole answer of the engine. `near` are references of offers that almost applied, the nearest first.

    `gap_minor` is what a better combination could still save, proven: 0 unless the search met its bound of `steps`.
    """

    lines: tuple[PricedLine, ...]
    considered: tuple[Considered, ...]
    near: tuple[str, ...] = ()
    gap_minor: int = 0
    steps: int = 0

    @property
    def listed_minor(self) -> int:
        """Return the list amounts of all lines, with tax."""
        return sum(line.listed_total_minor for line in self.lines)

    @property
    def owed_minor(self) -> int:
        """Return what all lines cost now, with tax."""
        return sum(line.owed_minor for line in self.lines)
