"""The index of offers: which of thousands can lie on an invoice, and on which of its lines.

It is built once per configuration version. What cannot match costs nothing: offers are found from the items,
categories and kinds of the invoice's lines; those of other branches, and of other times of the year, are left out.
Source: SEMANTICS 2, 6 and 8; ARBITRATION, *Speed*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from loyalty_core.decisions.offers import AtBranches, Covers, During, Offer, OfferCondition, PercentOff
from loyalty_core.engine.conditions import is_stored_value
from loyalty_core.facts.pricing import Line

NEIGHBOURING = timedelta(7)
"""What ended or starts within a week is still considered and explained: people ask about it."""

_MOST_VIEWS = 256

Order = tuple[int, bool, datetime, str]

Mask = int
"""Lines as a set of bits, by their position."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An offer with what is worked out once: its place among all, its name, and its percentage if that is all it is.

    `order` puts the higher priority first, then the older, then the smaller reference (SEMANTICS 6); an offer without
    a date is younger than any with one; `rank` is its place in that order in the index. `percent_bp` is 0 for what
    has to be settled: other benefits, an own cap, a requirement.
    """

    offer: Offer
    conditions: tuple[OfferCondition, ...]
    order: Order
    reference: str
    percent_bp: int
    rank: int = 0


Candidate = tuple[Entry, Mask]
"""An offer and the lines it lies on."""


def entry_of(offer: Offer) -> Entry:
    """Return the entry of a single offer: a proposal for one invoice."""
    return _entry(offer, offer.conditions, 0)


def _entry(offer: Offer, conditions: tuple[OfferCondition, ...], rank: int) -> Entry:
    benefit = offer.benefit
    plain = offer.cap_minor is None and offer.requirement is None
    percent_bp = benefit.bp if plain and isinstance(benefit, PercentOff) else 0
    return Entry(offer, conditions, _order(offer), offer.reference, percent_bp, rank)


def _order(offer: Offer) -> Order:
    since = offer.since or datetime.max.replace(tzinfo=UTC)
    return (-offer.priority, offer.since is None, since, offer.reference)


def covers_line(covers: Covers, line: Line) -> bool:
    """Whether an offer lies on a line; gift cards, memberships and top-ups must be named (SEMANTICS 2)."""
    by_item = line.item in covers.items or not covers.categories.isdisjoint(line.categories)
    if (covers.items or covers.categories) and not by_item:
        return False
    if covers.kinds and line.kind not in covers.kinds:
        return False
    if covers.lines is not None and line.key not in covers.lines:
        return False
    return by_item or bool(covers.kinds) or not is_stored_value(line)


def covered(covers: Covers, lines: Sequence[Line]) -> Mask:
    """Return the lines that an offer lies on."""
    return sum(1 << place for place, line in enumerate(lines) if covers_line(covers, line))


class OfferIndex:
    """All offers of a configuration version, sorted, with a view per branch and day, made when it is first asked."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        shared: dict[OfferCondition, OfferCondition] = {}
        self._entries = tuple(
            _entry(offer, tuple(shared.setdefault(condition, condition) for condition in offer.conditions), rank)
            for rank, offer in enumerate(sorted(offers, key=_order))
        )
        self._views: dict[tuple[int, date], _View] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def candidates(self, lines: Sequence[Line], branch_id: int, day: date) -> list[Candidate]:
        """Return the offers that lie on one of the lines, in their order, each with the lines it lies on."""
        key = (branch_id, day)
        view = self._views.get(key)
        if view is None:
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            view = self._views[key] = _View(self._entries, branch_id, day)
        return view.candidates(lines)


def index(offers: Iterable[Offer]) -> OfferIndex:
    """Return the index of offers; their order does not matter."""
    return OfferIndex(offers)


class _View:
    """The offers of one branch about one day, found by what they cover.

    Offers that cover the same share one number; `by_item` and the like lead from what a line has to such numbers.
    """

    def __init__(self, entries: Iterable[Entry], branch_id: int, day: date) -> None:
        together: dict[Covers, list[Entry]] = defaultdict(list)
        for entry in entries:
            if _about(entry.conditions, branch_id, day):
                together[entry.offer.covers].append(entry)
        self._covers = tuple(together)
        self._entries = tuple(together.values())
        self._by_item = self._numbers(lambda covers: covers.items)
        self._by_category = self._numbers(lambda covers: covers.categories)
        self._by_kind = self._numbers(lambda covers: () if _by_item(covers) else covers.kinds)
        self._anywhere = [n for n, covers in enumerate(self._covers) if not _by_item(covers) and not covers.kinds]
        self._narrower = {n for n, covers in enumerate(self._covers) if covers.lines is not None or covers.kinds}

    def _numbers(self, names: Callable[[Covers], Iterable[str]]) -> dict[str, list[int]]:
        found = defaultdict(list)
        for number, covers in enumerate(self._covers):
            for name in names(covers):
                found[name].append(number)
        return dict(found)

    def candidates(self, lines: Sequence[Line]) -> list[Candidate]:
        masks: dict[int, Mask] = defaultdict(int)
        for place, line in enumerate(lines):
            bit = 1 << place
            for number in self._of_line(line):
                if number not in self._narrower or covers_line(self._covers[number], line):
                    masks[number] |= bit
        found = [(entry, mask) for number, mask in masks.items() for entry in self._entries[number]]
        found.sort(key=lambda candidate: candidate[0].rank)
        return found

    def _of_line(self, line: Line) -> Iterable[int]:
        yield from self._by_item.get(line.item, ())
        for category in line.categories:
            yield from self._by_category.get(category, ())
        yield from self._by_kind.get(line.kind, ())
        if not is_stored_value(line):
            yield from self._anywhere


def _by_item(covers: Covers) -> bool:
    return bool(covers.items or covers.categories)


def _about(conditions: Iterable[OfferCondition], branch_id: int, day: date) -> bool:
    """Whether conditions may hold in a branch, or would have within a week."""
    for condition in conditions:
        if isinstance(condition, AtBranches) and branch_id not in condition.ids:
            return False
        if isinstance(condition, During):
            if condition.starts_on is not None and condition.starts_on > day + NEIGHBOURING:
                return False
            if condition.ends_before is not None and condition.ends_before <= day - NEIGHBOURING:
                return False
    return True
