"""The contest of all offers on one invoice: by line, whole, and exclusive ones against the rest (SEMANTICS 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_core.decisions.offers import LeftAtLeast
from loyalty_core.engine.arbitration import MOST_STEPS, ByLine, Combination, Found, Search
from loyalty_core.engine.capping import Caps
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.contending import Contender
from loyalty_core.engine.lanes import groups_of, in_order
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.engine.walking import Place, Taken, Walk, Whole
from loyalty_core.facts.combination import CombinationPolicy


class Contest:
    """Contenders under a policy; those that are out take no part."""

    def __init__(self, contenders: Sequence[Contender], columns: Columns, policy: CombinationPolicy) -> None:
        self._columns = columns
        self._policy = policy
        self._by_line = ByLine()
        self._wholes: list[Whole] = []
        self._exclusive: list[tuple[Place, Contender]] = []
        self._present: set[str] = set()
        self.caps = Caps(policy, columns)
        lanes = in_order(policy, {contender.offer.lane for contender in contenders})
        self.walk = Walk(columns, lanes, policy.from_list)
        for place, contender in enumerate(contenders):
            if contender.fate is None:
                self._enter(place, contender)

    def best(self, most_steps: int = MOST_STEPS) -> Found:
        """Return the best of all permitted combinations, each exclusive offer alone among them."""
        groups = groups_of(self._policy, frozenset(self._present))
        search = Search(self._columns, self.walk, groups, self._by_line, self._wholes, self.caps.total)
        found = search.best(most_steps)
        best = min([found.best, *self._alone()], key=lambda combination: combination.order)
        gap = max(0, found.best.saved_minor + found.gap_minor - best.saved_minor)
        if self._columns.level is RoundingLevel.INVOICE:
            best = Combination(best.saved_minor, self.walk.rounded_by_invoice(best.chains), best.held)
        return Found(best, gap, found.steps)

    def _enter(self, place: Place, contender: Contender) -> None:
        lane, settled = contender.offer.lane, contender.settled
        if contender.exclusive:
            self._exclusive.append((place, contender))
            return
        self._present.add(lane)
        if settled is None:
            lines = self._columns.places(contender.mask)
            self._by_line.add_percent(place, lane, contender.mask, lines, contender.percent_bp)
        elif settled.whole:
            requirement = contender.offer.requirement
            whole = Whole(place, lane, settled.moves, settled.saves_minor, requirement, settled.spreads)
            self._wholes.append(whole)
        else:
            for line, move in settled.moves.items():
                self._by_line.add(place, lane, line, move)

    def _alone(self) -> Iterator[Combination]:
        """Yield what each exclusive offer comes to alone on the invoice."""
        columns = self._columns
        listed = sum(columns.totals[line] for line in columns.places(columns.ordinary))
        for place, contender in self._exclusive:
            requirement, settled = contender.offer.requirement, contender.settled
            assert settled is not None, "exclusive offers are settled"
            if isinstance(requirement, LeftAtLeast) and listed < requirement.amount_minor:
                continue
            takers = {line: [Taken(place, contender.offer.lane, move, 0, 0)] for line, move in settled.moves.items()}
            chains = tuple(self.walk.along(line, takers.get(line, ())) for line in range(len(columns.lines)))
            saved = [columns.saved(line, chain[-1].after) if chain else 0 for line, chain in enumerate(chains)]
            yield Combination(self.caps.total(saved), chains)
