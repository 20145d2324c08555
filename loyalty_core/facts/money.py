"""Money in whole minor units, percentages in basis points, and the one rounding function.

Source: SEMANTICS 1 ("Money is whole minor units …").
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_MINOR = 10**15
"""The largest amount accepted anywhere, in minor units: far above any sale, far below 63 bits."""

MILLI = 1000
"""Quantities are whole thousandths."""

FULL_PERCENT = 10_000
"""100 % in basis points."""


class Rounding(StrEnum):
    """How a fraction of a minor unit is rounded; a network may choose, half-up by default."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency with the number of decimals of its minor unit (0, 2 or 3)."""

    code: str
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, in minor units."""

    minor: int
    currency: Currency

    def __str__(self) -> str:
        """Return a plain figure with a point, for logs: `1234.50 UAH`."""
        return f"{minor_to_text(self.minor, self.currency.digits)} {self.currency.code}"


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage in basis points: 5 % is 500."""

    bp: int

    def __str__(self) -> str:
        """Return a plain figure without needless zeros: `5 %`, `7.5 %`."""
        text = minor_to_text(self.bp, 2)
        return f"{text.rstrip('0').rstrip('.')} %"


def minor_to_text(minor: int, digits: int) -> str:
    """Return minor units as decimal text with exactly `digits` decimals."""
    if digits == 0:
        return str(minor)
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{digits}d}"


def round_ratio(numerator: int, denominator: int, mode: Rounding = Rounding.HALF_UP) -> int:
    """Return `numerator / denominator` rounded to a whole number: every rounding of money passes here.

    "Half-up", "up" and "down" are by size, away from or towards zero, so that a reversal has the same digits.
    """
    assert denominator > 0, "a ratio needs a positive denominator"
    size, rest = divmod(abs(numerator), denominator)
    twice = 2 * rest
    if mode is Rounding.HALF_UP:
        size += twice >= denominator
    elif mode is Rounding.HALF_EVEN:
        size += twice > denominator or (twice == denominator and size % 2 == 1)
    elif mode is Rounding.UP:
        size += rest > 0
    return size if numerator >= 0 else -size


def percent_of(amount_minor: int, percent_bp: int, mode: Rounding = Rounding.HALF_UP) -> int:
    """Return `percent_bp` basis points of an amount, rounded once to the minor unit."""
    return round_ratio(amount_minor * percent_bp, FULL_PERCENT, mode)


def list_amount(quantity_milli: int, unit_price_minor: int, mode: Rounding = Rounding.HALF_UP) -> int:
    """Return quantity × unit price in minor units (SEMANTICS 1, *line*)."""
    return round_ratio(quantity_milli * unit_price_minor, MILLI, mode)
