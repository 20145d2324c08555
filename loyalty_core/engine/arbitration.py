"""The search for the combination that saves the client most: exact, and the same in whatever order offers come.

Settled offers are nondecreasing functions of what is left of a line, so for any fixed set of whole offers the best of
the others is found line by line; only the sets are searched, best bound first. Source: SEMANTICS 6; ARBITRATION,
whose *Guarantees* say why this is exact. Amounts of a line are in its own basis, savings with tax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from typing import NamedTuple

from loyalty_core.decisions.offers import AloneOnItsLines, LeftAtLeast
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.lanes import Group
from loyalty_core.engine.matching import Mask
from loyalty_core.engine.settling import Kind, Move
from loyalty_core.engine.walking import Chain, Place, Taken, Walk, Whole

MOST_STEPS = 5_000
"""Steps after which the search gives up and proves its gap: some tenths of a second."""

MOST_TIES = 20
"""Steps spent on combinations that save as much, looking for fewer offers, higher priority or greater age."""

Held = int
"""Whole offers as a set of bits."""


class Reached(NamedTuple):
    """The best that can be left of a line: what it saves, and how."""

    saved_minor: int
    chain: Chain


@dataclass(frozen=True, slots=True)
class Combination:
    """What offers do together: what was taken off each line in turn, and the whole offers among them."""

    saved_minor: int
    chains: tuple[Chain, ...]
    held: tuple[Whole, ...] = ()

    @property
    def order(self) -> tuple[int, int, list[Place]]:
        """Return what combinations are compared by: savings, then fewer offers, then ranks (SEMANTICS 6)."""
        places = sorted({taken.place for chain in self.chains for taken in chain})
        return (-self.saved_minor, len(places), places)


@dataclass(frozen=True, slots=True)
class Found:
    """The best combination, what a better one could still save at most, and the steps it took."""

    best: Combination
    gap_minor: int
    steps: int


class ByLine:
    """The offers that are judged line by line, thinned to those that can win: a few per line and lane.

    An offer stays only if it takes more than every offer of a better rank does by the same kind of move.
    """

    def __init__(self) -> None:
        self.moves: dict[tuple[int, str], list[tuple[Place, Move]]] = {}
        self._best: dict[tuple[int, str, int], int] = {}
        self._percents: dict[tuple[Mask, str], int] = {}

    def add_percent(self, place: Place, lane: str, mask: Mask, lines: Iterable[int], percent_bp: int) -> None:
        """Add a percentage on the lines of a set; offers come in the order of their rank."""
        if percent_bp > self._percents.get((mask, lane), 0):
            self._percents[mask, lane] = percent_bp
            for line in lines:
                self.add(place, lane, line, (Kind.PERCENT, percent_bp))

    def add(self, place: Place, lane: str, line: int, move: Move) -> None:
        """Add a move on one line; offers come in the order of their rank."""
        kind, value = move
        worth = -value if kind == Kind.CEILING else value
        key = (line, lane, kind)
        best = self._best.get(key)
        if best is None or worth > best:
            self._best[key] = worth
            self.moves.setdefault((line, lane), []).append((place, move))


class Search:
    """One search over the whole offers; `total` sums what lines save, under the caps of the policy."""

    def __init__(
        self,
        columns: Columns,
        walk: Walk,
        groups: Sequence[Group],
        by_line: ByLine,
        wholes: Sequence[Whole],
        total: Callable[[Sequence[int]], int],
    ) -> None:
        self._columns = columns
        self._groups = groups
        self._by_line = by_line.moves
        self._walk = walk
        self._total = total
        self._wholes = [form for whole in worth_holding(wholes) for form in whole.forms()]
        self._first = self._bits(lambda each: not each.alone or isinstance(each.requirement, AloneOnItsLines))
        self._touching = [self._bits(partial(_touches, line)) for line in range(len(columns.lines))]
        self._known_apart: dict[int, Held] = {}
        self._known: dict[tuple[int, Held, Held], Reached] = {}

    def best(self, most_steps: int = MOST_STEPS) -> Found:
        """Return the best combination, and the proof of how good it is."""
        best = self._combination(0)
        assert best is not None, "nothing held requires nothing"
        if not self._wholes:
            return Found(best, 0, 0)
        steps = ties = serial = 0
        heap = [(-self._bound(0, self._first), serial, 0, self._first)]
        while heap and -heap[0][0] >= best.saved_minor and ties <= MOST_TIES:
            if steps == most_steps:
                return Found(best, -heap[0][0] - best.saved_minor, steps)
            bound, _, held, free = heappop(heap)
            steps += 1
            ties += -bound == best.saved_minor
            reached = self._reach(held, free)
            used = self._used(reached) & free
            trial = self._combination(held | self._together(used))
            if trial is not None and trial.order < best.order:
                best = trial
            if trial is not None and trial.saved_minor == -bound:
                branches = self._ties(held, free & ~used) if len(trial.order[-1]) > 1 else ()
            else:
                branches = self._branches(held, free, self._pick(used, free, reached)) if free else ()
            for next_held, next_free in branches:
                bound = -self._bound(next_held, next_free)
                if -bound >= best.saved_minor:
                    serial += 1
                    heappush(heap, (bound, serial, next_held, next_free))
        return Found(best, 0, steps)

    def _branches(self, held: Held, free: Held, pick: int) -> Iterable[tuple[Held, Held]]:
        """Yield what follows when an offer is held in each of its forms, and when it is left out."""
        forms = self._bits(partial(_same_offer, self._wholes[pick]))
        for form, _whole in self._each(forms):
            if not self._apart(form) & held:
                yield held | 1 << form, free & ~self._apart(form)
        yield held, free & ~forms

    def _ties(self, held: Held, free: Held) -> Iterable[tuple[Held, Held]]:
        """Yield what follows when one more offer is held: it may save as much with fewer."""
        for pick, _whole in self._each(free):
            *holding, (_held, free) = self._branches(held, free, pick)
            yield from holding

    def _pick(self, used: Held, free: Held, reached: Sequence[Reached]) -> int:
        """Choose the offer to decide on: the largest of those that got some of their lines only."""
        lines: dict[Place, int] = {}
        for each in reached:
            for taken in each.chain:
                lines[taken.place] = lines.get(taken.place, 0) + 1

        def worth(found: tuple[int, Whole]) -> tuple[bool, int, Place]:
            whole = found[1]
            settled = lines.get(whole.place) == len(whole.moves) and whole.requirement is None
            return (settled, -whole.saves_minor, whole.place)

        return min(self._each(used or free), key=worth)[0]

    def _together(self, used: Held) -> Held:
        """Return those that may be held together, taken by the size of what they save."""
        together = 0
        for bit, _whole in sorted(self._each(used), key=lambda found: (-found[1].saves_minor, found[1].place)):
            if not self._apart(bit) & together:
                together |= 1 << bit
        return together

    def _combination(self, held: Held) -> Combination | None:
        """Return what comes of holding these and no other whole offers, if their requirements are met."""
        reached = self._reach(held, 0)
        chains = tuple(each.chain for each in reached)
        wholes = tuple(whole for _bit, whole in self._each(held))
        for whole in wholes:
            if isinstance(whole.requirement, LeftAtLeast):
                left = self._walk.left_by_others(chains, wholes, whole.lane)
                if left < whole.requirement.amount_minor:
                    return None
        return Combination(self._total([each.saved_minor for each in reached]), chains, wholes)

    def _bound(self, held: Held, free: Held) -> int:
        return self._total([each.saved_minor for each in self._reach(held, free)])

    def _used(self, reached: Iterable[Reached]) -> Held:
        places = {taken.place for each in reached for taken in each.chain}
        return self._bits(lambda whole: whole.place in places)

    def _reach(self, held: Held, free: Held) -> list[Reached]:
        """Return the best of each line when some are held, and others may be used as if by line."""
        known = self._known
        found = []
        for line, touching in enumerate(self._touching):
            key = (line, held & touching, free & touching)
            reached = known.get(key)
            if reached is None:
                reached = known[key] = self._best_of_line(*key)
            found.append(reached)
        return found

    def _best_of_line(self, line: int, held: Held, free: Held) -> Reached:
        holders = {whole.lane: whole for _bit, whole in self._each(held)}
        groups: Iterable[Group] = [group for group in self._groups if holders.keys() <= set(group)]
        if any(whole.alone for whole in holders.values()):
            groups = [tuple(holders)]
        assert len(holders) == held.bit_count(), "a lane holds one whole offer on a line"
        assert groups, "what may not meet is held together"
        ways = [self._chain(line, group, holders, free) for group in groups]
        least = min(ways, key=lambda chain: (self._left(line, chain), len(chain), [taken.place for taken in chain]))
        return Reached(self._columns.saved(line, self._left(line, least)), least)

    def _left(self, line: int, chain: Chain) -> int:
        return chain[-1].after if chain else self._columns.listed[line]

    def _chain(self, line: int, group: Group, holders: Mapping[str, Whole], free: Held) -> Chain:
        """Return what the lanes of a group take off a line, each by what leaves least, or by what is held."""
        left = self._columns.listed[line]
        chain: list[Taken] = []
        for lane in group:
            best: Taken | None = None
            for place, move in self._moves(line, lane, holders.get(lane), free):
                after = self._walk.after(line, lane, move, left)
                if after < left and (best is None or (after, place) < (best.after, best.place)):
                    best = Taken(place, lane, move, left, after)
            if best is not None:
                chain.append(best)
                left = best.after
        return self._without_needless(line, chain, holders)

    def _moves(self, line: int, lane: str, holder: Whole | None, free: Held) -> Iterable[tuple[Place, Move]]:
        if holder is not None:
            return [(holder.place, holder.moves[line])]
        by_line = self._by_line.get((line, lane), [])
        if not free:
            return by_line
        return by_line + [(it.place, it.moves[line]) for _bit, it in self._each(free) if it.lane == lane]

    def _without_needless(self, line: int, chain: Sequence[Taken], holders: Mapping[str, Whole]) -> Chain:
        """Leave out offers, those of the worst rank first, that what comes after them makes up for."""
        kept = tuple(chain)
        if len(kept) < 2:
            return kept
        for taken in sorted(chain, reverse=True):
            fewer = self._walk.along(line, [each for each in kept if each.place != taken.place])
            if taken.lane not in holders and self._left(line, fewer) == self._left(line, kept):
                kept = fewer
        return kept

    def _apart(self, bit: int) -> Held:
        """Return what may not be held together with an offer: worked out for the few that come into question."""
        if bit not in self._known_apart:
            self._known_apart[bit] = self._bits(partial(self._conflict, self._wholes[bit]))
        return self._known_apart[bit]

    def _conflict(self, one: Whole, other: Whole) -> bool:
        """Whether two forms may not be held together: forms of one offer, or those that meet on a line and may not."""
        if one.place == other.place:
            return True
        if one.moves.keys().isdisjoint(other.moves):
            return False
        meeting = one.lane != other.lane and any(one.lane in group and other.lane in group for group in self._groups)
        return one.alone or other.alone or not meeting

    def _bits(self, chosen: Callable[[Whole], bool]) -> Held:
        return sum(1 << bit for bit, whole in enumerate(self._wholes) if chosen(whole))

    def _each(self, held: Held) -> Iterator[tuple[int, Whole]]:
        while held:
            bit = (held & -held).bit_length() - 1
            held &= held - 1
            yield bit, self._wholes[bit]


def _same_offer(one: Whole, other: Whole) -> bool:
    return one.place == other.place


def _touches(line: int, whole: Whole) -> bool:
    return line in whole.moves


def worth_holding(wholes: Sequence[Whole]) -> list[Whole]:
    """Leave out a whole offer if another in its lane has the same lines and is nowhere worse.

    Offers come in the order of their rank. All stay where something is required of what others leave: taking less may
    then be worth more. So do moves other than amounts.
    """
    if any(isinstance(whole.requirement, LeftAtLeast) for whole in wholes):
        return list(wholes)
    alike: dict[tuple[str, frozenset[int]], list[Whole]] = {}
    for whole in wholes:
        rivals = alike.setdefault((whole.lane, frozenset(whole.moves)), [])
        if not any(_is_nowhere_worse(it, whole) for it in rivals):
            rivals[:] = [*(it for it in rivals if not _is_nowhere_worse(whole, it)), whole]
    return sorted((whole for rivals in alike.values() for whole in rivals), key=lambda whole: whole.place)


def _is_nowhere_worse(one: Whole, other: Whole) -> bool:
    """Whether one of two offers on the same lines takes as much of each; only amounts can be compared so."""
    if _is_tested(one) or _is_tested(other):
        return False
    return all(move[1] >= other.moves[line][1] for line, move in one.moves.items())


def _is_tested(whole: Whole) -> bool:
    return whole.requirement is not None or any(kind != Kind.AMOUNT for kind, _value in whole.moves.values())
