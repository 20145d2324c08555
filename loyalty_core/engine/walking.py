"""Offers that take off a line one after the other: in the order of lanes, never below the floor.

Amounts are in the line's own basis. Source: SEMANTICS 1 and 6; ARBITRATION.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from loyalty_core.decisions.offers import AloneOnItsLines, Requirement
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.settling import Kind, Move

Place = int
"""The rank of an offer among the candidates: higher priority, then older, first."""


class Taken(NamedTuple):
    """What one offer took off one line: it left `after` of `before`."""

    place: Place
    lane: str
    move: Move
    before: int
    after: int


Chain = tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """An offer that takes all its lines or none. `alone` is its form that meets no other lane on them."""

    place: Place
    lane: str
    moves: Mapping[int, Move]
    saves_minor: int
    requirement: Requirement | None = None
    spreads: bool = False
    alone: bool = False

    def forms(self) -> tuple[Whole, ...]:
        """Return what competes: with a requirement on the outcome, it with the others, and alone on its lines."""
        match self.requirement:
            case None:
                return (self,)
            case AloneOnItsLines():
                return (replace(self, alone=True),)
        return (self, replace(self, alone=True))


class Walk:
    """How offers take off a line one after the other: in the order of lanes, never below the floor.

    `from_list` are lanes whose percentages are of the list amount.
    """

    def __init__(self, columns: Columns, lanes: Sequence[str], from_list: frozenset[str]) -> None:
        self._columns = columns
        self._number = {lane: number for number, lane in enumerate(lanes)}
        self._from_list = from_list

    def after(self, line: int, lane: str, move: Move, left_minor: int) -> int:
        """Return what a move leaves of what is left of a line."""
        kind, value = move
        columns = self._columns
        if kind == Kind.PERCENT:
            base = columns.listed[line] if lane in self._from_list else left_minor
            value = left_minor - columns.percent(line, base, value)
        elif kind == Kind.AMOUNT:
            value = left_minor - value
        return max(columns.floors[line], min(value, left_minor))

    def along(self, line: int, takers: Iterable[Taken]) -> Chain:
        """Return the steps of some offers on a line, anew: those without effect fall away."""
        left = self._columns.listed[line]
        chain = []
        for taken in sorted(takers, key=lambda each: self._number[each.lane]):
            after = self.after(line, taken.lane, taken.move, left)
            if after < left:
                chain.append(Taken(taken.place, taken.lane, taken.move, left, after))
                left = after
        return tuple(chain)

    def left_by_others(self, chains: Sequence[Chain], held: Sequence[Whole], lane: str) -> int:
        """Return what other lanes leave of the invoice, with tax, stored value left out (SEMANTICS 6 and 12).

        What is held counts even where a lane before it left it nothing to take off.
        """
        columns = self._columns
        left = 0
        for line in columns.places(columns.ordinary):
            takers = {taken.place: taken for taken in chains[line]}
            for whole in held:
                if line in whole.moves:
                    takers[whole.place] = Taken(whole.place, whole.lane, whole.moves[line], 0, 0)
            chain = self.along(line, [taken for taken in takers.values() if taken.lane != lane])
            left += columns.with_tax(line, chain[-1].after if chain else columns.listed[line])
        return left

    def rounded_by_invoice(self, chains: Sequence[Chain]) -> tuple[Chain, ...]:
        """Return the steps anew with each percentage rounded once over its lines (SEMANTICS 1, *level*)."""
        columns = self._columns
        left = list(columns.listed)
        found: list[list[Taken]] = [[] for _line in left]
        together: dict[tuple[int, Place], dict[int, Taken]] = {}
        for line, chain in enumerate(chains):
            for taken in chain:
                together.setdefault((self._number[taken.lane], taken.place), {})[line] = taken
        for _key, on_lines in sorted(together.items()):
            lines, takers = list(on_lines), list(on_lines.values())
            moves = [taken.move for taken in takers]
            if moves[0][0] == Kind.PERCENT:
                amounts = columns.listed if takers[0].lane in self._from_list else left
                offs = columns.percents(lines, [amounts[line] for line in lines], moves[0][1])
                moves = [(Kind.AMOUNT, off) for off in offs]
            for line, taken, move in zip(lines, takers, moves, strict=True):
                after = self.after(line, taken.lane, move, left[line])
                if after < left[line]:
                    found[line].append(Taken(taken.place, taken.lane, taken.move, left[line], after))
                    left[line] = after
        return tuple(map(tuple, found))
