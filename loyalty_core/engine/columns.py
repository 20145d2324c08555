"""The lines of an invoice as columns of whole numbers, as the engine computes with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loyalty_core.engine.allocation import Key, split_within
from loyalty_core.engine.conditions import is_stored_value
from loyalty_core.engine.matching import Mask
from loyalty_core.engine.rounding import RoundingLevel, percent_off
from loyalty_core.facts.money import Rounding, percent_of
from loyalty_core.facts.pricing import Line


class Columns:
    """Lines sorted by item and key, so that position decides nothing; amounts in each line's own basis.

    `totals` are list amounts with tax; `mode` and `level` say how percentages are rounded. Sets of lines:
    `discountable` and `above_zero` are what their names say, `ordinary` leaves out stored value.
    """

    def __init__(self, lines: Iterable[Line], mode: Rounding, level: RoundingLevel) -> None:
        self.lines = sorted(lines, key=lambda line: (line.item, line.key))
        self.mode = mode
        self.level = level
        self.keys: list[Key] = [(line.item, line.key) for line in self.lines]
        self.quantities = [line.quantity_milli for line in self.lines]
        self.listed = [line.listed_minor for line in self.lines]
        self.floors = [line.floor_minor for line in self.lines]
        self.totals = [line.with_tax(line.listed_minor) for line in self.lines]
        self._untaxed = all(line.tax.included or not line.tax.rate_bp for line in self.lines)
        self._plain = self._untaxed and not any(self.floors)
        self.discountable = _mask(line.flags.discountable for line in self.lines)
        self.above_zero = _mask(line.listed_minor > 0 for line in self.lines)
        self.ordinary = _mask(not is_stored_value(line) for line in self.lines)
        self._places: dict[Mask, tuple[int, ...]] = {}
        self._names: dict[Mask, tuple[str, ...]] = {}
        self._bases: dict[Mask, tuple[list[int], list[int], list[Key]]] = {}

    def places(self, mask: Mask) -> tuple[int, ...]:
        """Return the positions of a set of lines."""
        found = self._places.get(mask)
        if found is None:
            found = self._places[mask] = tuple(place for place in range(len(self.lines)) if mask >> place & 1)
        return found

    def names(self, mask: Mask) -> tuple[str, ...]:
        """Return the caller's keys of a set of lines."""
        found = self._names.get(mask)
        if found is None:
            found = self._names[mask] = tuple(self.lines[place].key for place in self.places(mask))
        return found

    def with_tax(self, place: int, amount_minor: int) -> int:
        """Return an amount of a line with its tax."""
        return amount_minor if self._untaxed else self.lines[place].with_tax(amount_minor)

    def saved(self, place: int, left_minor: int) -> int:
        """Return what a line saves, with tax, when so much of it is left in its own basis."""
        return self.totals[place] - self.with_tax(place, left_minor)

    def percent(self, place: int, amount_minor: int, percent_bp: int) -> int:
        """Return what a percentage takes off an amount of one line, rounded there: never by invoice."""
        if self.level is RoundingLevel.UNIT:
            return self.percents([place], [amount_minor], percent_bp)[0]
        return percent_of(amount_minor, percent_bp, self.mode)

    def percents(self, places: Sequence[int], amounts: Sequence[int], percent_bp: int) -> list[int]:
        """Return what a percentage takes off amounts of lines, as the network rounds."""
        quantities = [self.quantities[place] for place in places]
        return percent_off(amounts, quantities, [self.keys[n] for n in places], percent_bp, self.mode, self.level)

    def percent_saves(self, mask: Mask, percent_bp: int) -> int:
        """Return what a percentage saves on a set of lines at list price, with tax and never below a floor."""
        bases = self._bases.get(mask)
        if bases is None:
            places = self.places(mask)
            listed, quantities = [self.listed[place] for place in places], [self.quantities[place] for place in places]
            bases = self._bases[mask] = (listed, quantities, [self.keys[place] for place in places])
        offs = percent_off(*bases, percent_bp, self.mode, self.level)
        if self._plain:
            return sum(offs)
        places = self.places(mask)
        left = [max(self.floors[place], self.listed[place] - off) for place, off in zip(places, offs, strict=True)]
        return sum(map(self.saved, places, left))

    def shares(self, amount_minor: int, places: Sequence[int], left: Sequence[int]) -> list[int]:
        """Return the shares of an amount with tax, in each line's own basis (SEMANTICS 1).

        They are in proportion to the list amounts with tax and never more than what is `left` of a line above its
        floor; what no longer fits is spread over the others, and what fits nowhere is not taken.
        """
        room = [
            self.with_tax(place, rest) - self.with_tax(place, self.floors[place])
            for place, rest in zip(places, left, strict=True)
        ]
        weights = [self.totals[place] for place in places]
        parts = split_within(min(amount_minor, sum(room)), weights, room, [self.keys[place] for place in places])
        return [
            min(self.lines[place].in_own_basis(part), rest - self.floors[place])
            for place, part, rest in zip(places, parts, left, strict=True)
        ]


def _mask(flags: Iterable[bool]) -> Mask:
    return sum(1 << place for place, flag in enumerate(flags) if flag)
