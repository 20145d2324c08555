"""What became of every offer: the decision record, and what almost applied (SEMANTICS 6, *Explain*)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from loyalty_core.decisions.offers import AloneOnItsLines, LeftAtLeast
from loyalty_core.engine.arbitration import Combination
from loyalty_core.engine.capping import MANUAL, Cut
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.contending import Contender
from loyalty_core.engine.matching import Mask
from loyalty_core.engine.walking import Walk
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.facts.quote import Cause, Considered, Fate, Why
from loyalty_core.messages import gettext as _

MANUAL_REFERENCE = "core:manual"

MOST_NEAR = 3
"""How many offers that almost applied are shown."""

_NUMERIC = frozenset({Cause.LISTED, Cause.LEFT, Cause.TOO_FEW_UNITS})
"""Causes that more on the invoice would do away with."""

_HALF = Fraction(1, 2)

Steps = Sequence[Sequence[Cut]]
"""The steps of each line."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one offer took altogether, with tax, and off which lines."""

    saves_minor: int
    lines: Mask


@dataclass(frozen=True, slots=True)
class Rival:
    """Who took most off a set of lines, and what was taken off them altogether, with tax."""

    reference: str
    exclusive: bool
    saves_minor: int


class Record:
    """The record of one arbitration: `combination` won."""

    def __init__(self, columns: Columns, contenders: Sequence[Contender], combination: Combination, walk: Walk) -> None:
        self._columns = columns
        self._contenders = contenders
        self._chains = combination.chains
        self._held = combination.held
        self._walk = walk
        self._taken: dict[int, Share] = {}
        self._uncapped: dict[int, Share] = {}
        self._by_line: list[dict[int, int]] = []
        self._rivals: dict[Mask, Rival | None] = {}
        takers = {taken.place for chain in combination.chains for taken in chain}
        self._exclusive = any(contenders[place].exclusive for place in takers)
        self._unmet: dict[int, tuple[Why, ...]] = {}

    def taken(self, steps: Steps) -> dict[int, Share]:
        """Return what each offer takes in these steps."""
        found: dict[int, Share] = {}
        for line, amounts in enumerate(self._amounts(steps)):
            for place, amount in amounts.items():
                share = found.get(place, Share(0, 0))
                found[place] = Share(share.saves_minor + amount, share.lines | 1 << line)
        return found

    def keep(self, steps: Steps, uncapped: dict[int, Share]) -> None:
        """Keep what is taken in the end, and what would have been without the policy's caps."""
        self._by_line = self._amounts(steps)
        self._taken = self.taken(steps)
        self._uncapped = uncapped

    def _amounts(self, steps: Steps) -> list[dict[int, int]]:
        """Return per line what each offer takes off it, with tax."""
        with_tax = self._columns.with_tax
        found = []
        for line, cuts in enumerate(steps):
            amounts: dict[int, int] = {}
            for cut in cuts:
                amount = with_tax(line, cut.before) - with_tax(line, cut.after)
                amounts[cut.place] = amounts.get(cut.place, 0) + amount
            found.append(amounts)
        return found

    def considered(self) -> list[Considered]:
        """Return what became of each contender, in the order of their rank."""
        return [self._of(place, contender) for place, contender in enumerate(self._contenders)]

    def near(self) -> tuple[str, ...]:
        """Return the references of offers that lack numbers only, and have at least half of them: the nearest first."""
        found = []
        for place, contender in enumerate(self._contenders):
            unmet = self._unmet.get(place, contender.unmet)
            if unmet and all(why.cause in _NUMERIC for why in unmet):
                distance = max(_distance(why) for why in unmet)
                if distance <= _HALF:
                    found.append((distance, place, contender.reference))
        return tuple(reference for _distance, _place, reference in sorted(found)[:MOST_NEAR])

    def by_hand(self, manual: ManualDiscount, lines: Sequence[int], steps: Steps) -> Considered:
        """Return what became of the manual discount, which may lie on `lines`."""
        share = self.taken(steps).get(MANUAL, Share(0, 0))
        why = None
        fate = Fate.APPLIED if share.saves_minor else Fate.NOT_MET
        if not lines:
            fate, why = Fate.EXCLUDED, Why(Cause.NOT_DISCOUNTABLE)
        elif manual.amount_minor is not None and manual.amount_minor - share.saves_minor > len(lines):
            # Turning shares into prices without tax may cost each line a minor unit: that is no floor.
            why = Why(Cause.FLOOR, share.saves_minor, manual.amount_minor)
        elif not share.saves_minor:
            why = Why(Cause.NOTHING_LEFT)
        return Considered(
            reference=MANUAL_REFERENCE,
            version_id=None,
            lane=Lane.MANUAL.value,
            label=_("Manual discount"),
            fate=fate,
            saves_minor=share.saves_minor,
            lines=self._columns.names(share.lines),
            why=why,
        )

    def _of(self, place: int, contender: Contender) -> Considered:
        if contender.fate is not None:
            why = min(contender.unmet, key=lambda why: why.cause in _NUMERIC, default=None)
            return _considered(contender, contender.fate, contender.saves_minor, why)
        share = self._taken.get(place)
        return self._lost(place, contender) if share is None else self._applied(place, contender, share)

    def _applied(self, place: int, contender: Contender, share: Share) -> Considered:
        asked = self._uncapped[place].saves_minor
        why = contender.settled.capped if contender.settled is not None else None
        if share.saves_minor < asked:
            why = Why(Cause.CAP, share.saves_minor, asked)
        rest = contender.mask & ~share.lines
        rival = self._rival(rest) if rest else None
        lost_on = self._columns.names(rest) if rival else ()
        lines = self._columns.names(share.lines)
        return _considered(contender, Fate.APPLIED, share.saves_minor, why, lines, lost_on, rival)

    def _lost(self, place: int, contender: Contender) -> Considered:
        saves = contender.saves_minor
        unmet = self._requirement_unmet(contender)
        if unmet is not None:
            self._unmet[place] = (unmet,)
            return _considered(contender, Fate.NOT_MET, saves, unmet)
        rival = self._rival(contender.mask)
        if place in self._uncapped:
            why = Why(Cause.CAP, 0, self._uncapped[place].saves_minor)
        elif rival is None:
            why = Why(Cause.NOTHING_LEFT)
        else:
            alone = contender.exclusive or rival.exclusive
            why = Why(Cause.EXCLUSIVE if alone else Cause.RIVAL, saves, rival.saves_minor)
        lost_on = self._columns.names(contender.mask)
        return _considered(contender, Fate.LOST, saves, why, (), lost_on, rival)

    def _requirement_unmet(self, contender: Contender) -> Why | None:
        """Return what an offer requires of the outcome and did not get."""
        requirement, lane = contender.offer.requirement, contender.offer.lane
        if isinstance(requirement, LeftAtLeast):
            left = self._walk.left_by_others(self._chains, self._held, lane)
            if left < requirement.amount_minor:
                return Why(Cause.LEFT, left, requirement.amount_minor)
        elif isinstance(requirement, AloneOnItsLines):
            lines = self._columns.places(contender.mask)
            if any(taken.lane != lane for line in lines for taken in self._chains[line]):
                return Why(Cause.OTHER_LANE)
        return None

    def _rival(self, mask: Mask) -> Rival | None:
        """Return who took most off a set of lines; of an exclusive offer, off the whole invoice."""
        if mask in self._rivals:
            return self._rivals[mask]
        amounts: dict[int, int] = {}
        lines = range(len(self._by_line)) if self._exclusive else self._columns.places(mask)
        for line in lines:
            for place, amount in self._by_line[line].items():
                amounts[place] = amounts.get(place, 0) + amount
        found = None
        if amounts:
            first = min(amounts, key=lambda place: (-amounts[place], place))
            contender = self._contenders[first]
            found = Rival(contender.reference, contender.exclusive, sum(amounts.values()))
        self._rivals[mask] = found
        return found


def _considered(
    contender: Contender,
    fate: Fate,
    saves_minor: int,
    why: Why | None,
    lines: tuple[str, ...] = (),
    lost_on: tuple[str, ...] = (),
    rival: Rival | None = None,
) -> Considered:
    offer = contender.offer
    return Considered(
        reference=contender.reference,
        version_id=offer.version_id,
        lane=offer.lane,
        label=offer.label,
        fate=fate,
        saves_minor=saves_minor,
        lines=lines,
        lost_on=lost_on,
        rival=rival.reference if rival else "",
        why=why,
    )


def _distance(why: Why) -> Fraction:
    have, needs = why.have or 0, why.needs or 0
    return Fraction(needs - have, needs)
