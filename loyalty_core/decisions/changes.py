"""What a plugin decides about a client that data cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loyalty_core.facts.standing import Element
from loyalty_core.facts.totals import Totals
from loyalty_core.messages import Message


@dataclass(frozen=True, slots=True)
class Subject:
    """One client in one scope before one visit or sale: what `propose_changes` judges.

    `id` tells the subjects of one call apart; `visit_id` is absent for a sale without a visit.
    `given` is the personal discount, in basis points, that rules and manual values give; absent: none.
    """

    id: int
    client_id: int
    scope_id: int
    branch_id: int
    visit_id: int | None
    on: date
    totals: Totals
    given: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """Another value for one element of a subject's standing, for this visit alone; `value` absent takes it away."""

    subject_id: int
    element: Element
    value: int | None
    reason: Message
