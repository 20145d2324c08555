"""Who makes an invoice out, and what they may (SEMANTICS 6, *Staff may*)."""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_core.facts.money import FULL_PERCENT


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff: the largest manual discount in basis points, and whether offers may be taken off.

    `client_id` is the client record of the same person: nobody gives a discount by hand to themselves.
    """

    manual_limit_bp: int = 0
    may_take_off: bool = False
    client_id: int | None = None


ANYBODY = Staff()
"""Somebody who may make out invoices and nothing more."""

UNLIMITED = Staff(manual_limit_bp=FULL_PERCENT, may_take_off=True)
"""A host that holds its staff to limits by itself."""
