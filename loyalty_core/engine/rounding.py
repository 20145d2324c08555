"""A percentage off several lines, rounded as the network says (SEMANTICS 1): one function for mode and level."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from loyalty_core.engine.allocation import Key, split
from loyalty_core.facts.money import FULL_PERCENT, MILLI, Rounding, percent_of, round_ratio


class RoundingLevel(StrEnum):
    """What is rounded to the minor unit: each unit of a line, each line (the default), or the invoice."""

    UNIT = "unit"
    LINE = "line"
    INVOICE = "invoice"


def percent_off(
    amounts_minor: Sequence[int],
    quantities_milli: Sequence[int],
    keys: Sequence[Key],
    percent_bp: int,
    mode: Rounding = Rounding.HALF_UP,
    level: RoundingLevel = RoundingLevel.LINE,
) -> list[int]:
    """Return what `percent_bp` basis points take off each line, in minor units.

    By unit, the share of one whole unit is rounded and multiplied, and never more than the line's amount; of a line
    without whole units the line itself is rounded. By invoice, the percentage of the sum is rounded once and split in
    proportion by largest remainder. Lines are tied apart by `keys`, so their order changes nothing.
    """
    if level is RoundingLevel.INVOICE:
        return split(percent_of(sum(amounts_minor), percent_bp, mode), amounts_minor, keys)
    if level is RoundingLevel.LINE and mode is Rounding.HALF_UP:
        # What `round_ratio` says, for many amounts at once: every percentage offer comes here on every quote.
        return [(2 * amount * percent_bp + FULL_PERCENT) // (2 * FULL_PERCENT) for amount in amounts_minor]
    if level is RoundingLevel.LINE:
        return [percent_of(amount, percent_bp, mode) for amount in amounts_minor]
    return [
        _by_unit(amount, quantity, percent_bp, mode)
        for amount, quantity in zip(amounts_minor, quantities_milli, strict=True)
    ]


def _by_unit(amount_minor: int, quantity_milli: int, percent_bp: int, mode: Rounding) -> int:
    if quantity_milli % MILLI:
        return percent_of(amount_minor, percent_bp, mode)
    units = quantity_milli // MILLI
    return min(amount_minor, units * round_ratio(amount_minor * percent_bp, FULL_PERCENT * units, mode))
