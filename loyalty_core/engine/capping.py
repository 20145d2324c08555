"""After arbitration: spread what did not fit, cut to the policy's caps, take the manual discount off what is left.

Source: SEMANTICS 1, 6 (*Cap and allocate*) and 12 (*More on money*). Caps and shares are with tax, steps in the basis
of their line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loyalty_core.engine.allocation import split
from loyalty_core.engine.arbitration import Combination
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.settling import Kind
from loyalty_core.engine.walking import Whole
from loyalty_core.facts.combination import CombinationPolicy
from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.facts.money import percent_of

MANUAL = -1
"""The place of the manual discount, which is no candidate."""


@dataclass(slots=True)
class Cut:
    """What an offer took off a line, as it stands while caps and the manual discount are applied."""

    place: int
    before: int
    after: int


class Caps:
    """The caps of a policy on one invoice: each limits what certain lines save altogether, with tax."""

    def __init__(self, policy: CombinationPolicy, columns: Columns) -> None:
        limits = []
        for category, cap_bp in policy.category_caps_bp:
            lines = tuple(n for n, line in enumerate(columns.lines) if category in line.categories)
            limits.append((lines, cap_bp))
        limits.sort()
        limits.sort(key=lambda limit: len(limit[0]))
        if policy.invoice_cap_bp is not None:
            limits.append((tuple(range(len(columns.lines))), policy.invoice_cap_bp))
        self._keys = columns.keys
        self._limits = [
            (lines, percent_of(sum(columns.totals[line] for line in lines), cap_bp)) for lines, cap_bp in limits
        ]

    def total(self, saved: Sequence[int]) -> int:
        """Return what lines save altogether under the caps."""
        return sum(self.cut(saved)) if self._limits else sum(saved)

    def cut(self, saved: Sequence[int]) -> list[int]:
        """Return what lines may save: cut in proportion by largest remainder, the smallest group of lines first."""
        cut = list(saved)
        for lines, limit in self._limits:
            if sum(cut[line] for line in lines) > limit:
                parts = split(limit, [cut[line] for line in lines], [self._keys[line] for line in lines])
                for line, part in zip(lines, parts, strict=True):
                    cut[line] = part
        return cut


class Cuts:
    """The steps of each line while they are brought to an end."""

    def __init__(self, columns: Columns, combination: Combination) -> None:
        self._columns = columns
        self.steps = [[Cut(taken.place, taken.before, taken.after) for taken in chain] for chain in combination.chains]

    def left(self, line: int) -> int:
        """Return what is left of a line."""
        return self.steps[line][-1].after if self.steps[line] else self._columns.listed[line]

    def take(self, place: int, line: int, amount_minor: int) -> None:
        """Take an amount off what is left of a line, which must have room for it."""
        if amount_minor:
            left = self.left(line)
            assert 0 < amount_minor <= left - self._columns.floors[line], "the line has no room for it"
            self.steps[line].append(Cut(place, left, left - amount_minor))

    def spread(self, wholes: Iterable[Whole]) -> None:
        """Spread what did not fit on a line of a whole offer over its others: it only ever helps the client."""
        for whole in sorted(wholes, key=lambda each: each.place):
            if whole.spreads:
                self._spread(whole)

    def _spread(self, whole: Whole) -> None:
        columns = self._columns
        missing = 0
        for line, (kind, value) in whole.moves.items():
            assert kind == Kind.AMOUNT, "only shares are spread"
            taken = sum(cut.before - cut.after for cut in self.steps[line] if cut.place == whole.place)
            missing += columns.with_tax(line, value) - columns.with_tax(line, taken)
        lines = tuple(whole.moves)
        for line, share in zip(lines, columns.shares(missing, lines, list(map(self.left, lines))), strict=True):
            self.take(whole.place, line, share)

    def cap(self, caps: Caps) -> None:
        """Cut what lines save to the caps of the policy: on a line from the last lane backwards."""
        saved = [self._columns.saved(line, self.left(line)) for line in range(len(self.steps))]
        for line, allowed in enumerate(caps.cut(saved)):
            if allowed < saved[line]:
                self._give_back(line, allowed)

    def _give_back(self, line: int, allowed_minor: int) -> None:
        """Raise what is left of a line until it saves no more than allowed; a step given back wholly is gone."""
        columns = self._columns
        left = columns.listed[line] - columns.lines[line].in_own_basis(allowed_minor)
        while columns.saved(line, left) > allowed_minor:
            left += 1
        steps = self.steps[line]
        while steps and steps[-1].before <= left:
            steps.pop()
        if steps:
            steps[-1].after = max(left, steps[-1].after)

    def by_hand(self, manual: ManualDiscount) -> tuple[int, ...]:
        """Take the manual discount off what is left, never below a floor; return the lines it may lie on."""
        columns = self._columns
        lines = tuple(
            place
            for place in columns.places(columns.discountable & columns.above_zero & columns.ordinary)
            if manual.lines is None or columns.lines[place].key in manual.lines
        )
        left = [self.left(line) for line in lines]
        if manual.amount_minor is not None:
            offs = columns.shares(manual.amount_minor, lines, left)
        else:
            asked = columns.percents(lines, left, manual.percent_bp or 0)
            offs = [min(off, rest - columns.floors[line]) for line, rest, off in zip(lines, left, asked, strict=True)]
        for line, off in zip(lines, offs, strict=True):
            self.take(MANUAL, line, off)
        return lines
