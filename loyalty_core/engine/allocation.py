"""Shares of an amount that add up exactly: over lines, and over the parts of one line.

Source: SEMANTICS 1 (largest remainder) and 6 (*Refunds*). Whole numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence

from loyalty_core.facts.money import round_ratio

Key = tuple[str, ...]
"""What settles a tie: the item code, then the caller's key of the line. Never the line's position."""


def split(amount_minor: int, weights: Sequence[int], keys: Sequence[Key]) -> list[int]:
    """Split an amount in proportion to `weights` by largest remainder, in minor units.

    Ties go to the larger weight, then to the smaller key (SEMANTICS 1), so the order of the lines changes nothing.
    Keys are distinct, the amount and the weights not negative; a positive amount needs a positive weight.
    """
    assert len(weights) == len(keys) == len(set(keys)), "every line needs a key of its own"
    assert min((amount_minor, *weights)) >= 0, "a reversal splits the positive amount"
    whole = sum(weights)
    if amount_minor == 0:
        return [0] * len(weights)
    assert whole > 0, "there is no line to carry the amount"
    shares = [amount_minor * weight // whole for weight in weights]
    remainders = [amount_minor * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], -weights[i], keys[i]))
    for i in by_remainder[: amount_minor - sum(shares)]:
        shares[i] += 1
    return shares


def split_within(amount_minor: int, weights: Sequence[int], room: Sequence[int], keys: Sequence[Key]) -> list[int]:
    """Split like `split`, but give no line more than its `room`: what does not fit is spread over the others.

    A line that would overflow is filled, and the rest is split anew over the others (SEMANTICS 1). When only lines
    without weight have room left, they share in proportion to it. An amount beyond all room is a mistake of ours.
    """
    assert min(room, default=0) >= 0, "a line cannot be overfull"
    assert amount_minor <= sum(room), "the amount does not fit on the lines"
    shares = [0] * len(room)
    open_lines, rest = list(range(len(room))), amount_minor
    while open_lines:
        basis = weights if any(weights[i] for i in open_lines) else room
        parts = split(rest, [basis[i] for i in open_lines], [keys[i] for i in open_lines])
        shares_now = dict(zip(open_lines, parts, strict=True))
        full = [i for i in open_lines if shares_now[i] > room[i]]
        for i in full or open_lines:
            shares[i] = min(shares_now[i], room[i])
        if not full:
            break
        rest -= sum(room[i] for i in full)
        open_lines = [i for i in open_lines if i not in full]
    assert sum(shares) == amount_minor, "shares must add up"
    return shares


def part_of(amount_minor: int, quantity: int, whole: int, already_quantity: int) -> int:
    """Return the share of `amount_minor` that falls on the next `quantity` out of `whole`.

    It is the difference of two running totals, so parts taken one by one add up to the amount (SEMANTICS 6,
    *Refunds*). `already_quantity` was taken before; all three are in one unit, such as thousandths.
    """
    assert 0 <= already_quantity <= already_quantity + quantity <= whole, "more than the whole"
    before = round_ratio(amount_minor * already_quantity, whole)
    return round_ratio(amount_minor * (already_quantity + quantity), whole) - before
