"""An offer on an invoice, settled once at list price (SEMANTICS 6, *Arbitrate*; ARBITRATION).

On each of its lines a settled offer is a move: so many percent off, an amount off, or a ceiling. None of them ever
leaves more where less was left before, which is what makes the best combination computable line by line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from loyalty_core.decisions.offers import AmountOff, BundlePrice, FixedPrice, Offer, PercentOff, UnitsOff
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.matching import Mask
from loyalty_core.facts.money import FULL_PERCENT, MILLI, list_amount, round_ratio
from loyalty_core.facts.quote import Cause, Why


class Kind(IntEnum):
    """What a move does: takes a percentage off, takes an amount off, or lowers to a ceiling."""

    PERCENT = 0
    AMOUNT = 1
    CEILING = 2


Move = tuple[int, int]
"""A kind, and basis points or minor units in the line's own basis."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What an offer does on each of its lines, and what it saves alone, with tax.

    `whole` says that it takes all its lines or none; `spreads` that what does not fit on a line goes to the others;
    `capped` what its own cap cut.
    """

    moves: Mapping[int, Move]
    saves_minor: int
    whole: bool
    spreads: bool = False
    capped: Why | None = None


def settle(offer: Offer, mask: Mask, columns: Columns) -> Settled | Why:
    """Settle an offer on the lines it may take something off; or say why it takes off nothing."""
    places = columns.places(mask & columns.above_zero)
    moves = _moves(offer, mask, places, columns)
    if isinstance(moves, Why):
        return moves
    saves = _saves(moves, columns)
    capped = None
    if offer.cap_minor is not None and saves > offer.cap_minor:
        capped = Why(Cause.CAP, offer.cap_minor, saves)
        moves = _amounts(offer.cap_minor, places, columns)
        saves = _saves(moves, columns)
    if saves <= 0:
        at_floor = any(columns.floors[place] for place in places)
        return Why(Cause.FLOOR if at_floor else Cause.NOTHING_LEFT)
    shared = capped is not None or isinstance(offer.benefit, AmountOff | BundlePrice)
    tied = shared or isinstance(offer.benefit, UnitsOff)
    whole = offer.requirement is not None or (tied and len(moves) > 1)
    return Settled(moves, saves, whole, shared, capped)


def _moves(offer: Offer, mask: Mask, places: Sequence[int], columns: Columns) -> dict[int, Move] | Why:
    match offer.benefit:
        case PercentOff() as benefit:
            return dict.fromkeys(places, (Kind.PERCENT, benefit.bp))
        case FixedPrice(price_minor):
            return {place: (Kind.CEILING, _ceiling(price_minor, place, columns)) for place in places}
        case AmountOff(amount_minor):
            return _amounts(amount_minor, places, columns)
        case BundlePrice(price_minor):
            missing = _missing(offer, mask, columns)
            listed = sum(columns.totals[place] for place in places)
            return missing or _amounts(max(0, listed - price_minor), places, columns)
        case UnitsOff() as benefit:
            return _units_off(benefit, places, columns)


def _ceiling(price_minor: int, place: int, columns: Columns) -> int:
    price = list_amount(columns.lines[place].quantity_milli, price_minor, columns.mode)
    return max(price, columns.floors[place])


def _amounts(amount_minor: int, places: Sequence[int], columns: Columns) -> dict[int, Move]:
    shares = columns.shares(amount_minor, places, [columns.listed[place] for place in places])
    return {place: (Kind.AMOUNT, share) for place, share in zip(places, shares, strict=True)}


def _missing(offer: Offer, mask: Mask, columns: Columns) -> Why | None:
    """Return why a bundle is not whole: an item it names is not on the invoice."""
    named = offer.covers.items
    there = named.intersection(columns.lines[place].item for place in columns.places(mask))
    return Why(Cause.TOO_FEW_UNITS, len(there), len(named)) if len(there) < len(named) else None


def _units_off(benefit: UnitsOff, places: Sequence[int], columns: Columns) -> dict[int, Move] | Why:
    """Reduce the cheapest units, by what a unit costs with tax; ties go as in shares, by item and key."""
    units = {place: columns.lines[place].quantity_milli // MILLI for place in places}
    counted = [place for place in places if units[place]]
    there = sum(units.values())
    rest = there // benefit.of * benefit.units
    if not rest:
        return Why(Cause.TOO_FEW_UNITS, there, benefit.of)
    moves = {}
    for place in sorted(counted, key=lambda place: (_unit_price(place, columns), place)):
        taken = min(rest, units[place])
        rest -= taken
        whole = columns.lines[place].quantity_milli * FULL_PERCENT
        off = round_ratio(columns.listed[place] * taken * MILLI * benefit.bp, whole, columns.mode)
        moves[place] = (Kind.AMOUNT.value, min(off, columns.listed[place] - columns.floors[place]))
    return moves


def _unit_price(place: int, columns: Columns) -> Fraction:
    return Fraction(columns.totals[place], columns.lines[place].quantity_milli)


def _saves(moves: Mapping[int, Move], columns: Columns) -> int:
    """Return what moves save alone at list price, with tax and never below a floor; all percentages are the same."""
    places = tuple(moves)
    percents = [place for place in places if moves[place][0] == Kind.PERCENT]
    if percents:
        amounts = [columns.listed[place] for place in percents]
        offs = columns.percents(percents, amounts, moves[percents[0]][1])
        left = dict(zip(percents, map(int.__sub__, amounts, offs), strict=True))
    else:
        left = {
            place: min(value, columns.listed[place]) if kind == Kind.CEILING else columns.listed[place] - value
            for place, (kind, value) in moves.items()
        }
    return sum(columns.saved(place, max(rest, columns.floors[place])) for place, rest in left.items())
