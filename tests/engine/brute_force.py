"""The best combination by trying all of them: written from SEMANTICS 1, 6 and 12 alone, slow and plain.

Nothing of the engine is used here but the facts and the offers. What the semantics leave open is left open: where two
ways of reducing a line leave the same, an offer that requires something of the outcome may meet either of them, so the
answer has a lower and an upper figure; they differ only then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from loyalty_core.decisions.offers import (
    AloneOnItsLines,
    AmountOff,
    BundlePrice,
    FixedPrice,
    LeftAtLeast,
    Offer,
    PercentOff,
    UnitsOff,
)
from loyalty_core.facts.combination import Basis, CombinationPolicy
from loyalty_core.facts.money import Rounding, round_ratio
from loyalty_core.facts.pricing import Invoice, Line

Effect = tuple[str, int]
STORED_VALUE = {"gift_card", "top_up", "membership"}


def largest_remainder(amount: int, weights: dict[Line, int]) -> dict[Line, int]:
    """Split in proportion; ties: the larger, then the smaller item code, then the key."""
    whole = sum(weights.values())
    if not amount or not whole:
        return dict.fromkeys(weights, 0)
    exact = {line: Fraction(amount * weight, whole) for line, weight in weights.items()}
    shares = {line: int(share) for line, share in exact.items()}
    order = sorted(weights, key=lambda line: (int(exact[line]) - exact[line], -weights[line], line.item, line.key))
    for line in order[: amount - sum(shares.values())]:
        shares[line] += 1
    return shares


def fixed_amount(amount: int, lines: Sequence[Line]) -> dict[Line, int]:
    """Share an amount with tax in proportion to list amounts; what does not fit on a line goes to the others."""
    room = {line: line.with_tax(line.listed_minor) - line.with_tax(line.floor_minor) for line in lines}
    rest, shares, open_lines = min(amount, sum(room.values())), dict.fromkeys(lines, 0), list(lines)
    while rest and open_lines:
        parts = largest_remainder(rest, {line: line.with_tax(line.listed_minor) for line in open_lines})
        full = [line for line in open_lines if parts[line] > room[line]]
        for line in full or open_lines:
            shares[line] = min(parts[line], room[line])
            rest -= shares[line]
        open_lines = [line for line in open_lines if line not in full] if full else []
    return {line: min(line.in_own_basis(part), line.listed_minor - line.floor_minor) for line, part in shares.items()}


@dataclass(frozen=True)
class Form:
    """An offer in one form: what it does on each of its lines."""

    offer: Offer
    effects: dict[Line, Effect]
    tied: bool
    alone: bool = False


class BruteForce:
    """All permitted combinations of some offers on an invoice; conditions are taken as met."""

    def __init__(self, invoice: Invoice, offers: Sequence[Offer], policy: CombinationPolicy, mode: Rounding) -> None:
        self.lines = invoice.lines
        self.policy = policy
        self.mode = mode
        self.settled = [form for form in map(self.settle, offers) if form is not None]

    # Settling at list price

    def covered(self, offer: Offer) -> list[Line]:
        found = []
        for line in self.lines:
            named = line.item in offer.covers.items or bool(offer.covers.categories & set(line.categories))
            open_to_all = not offer.covers.items and not offer.covers.categories
            if named or (open_to_all and line.kind not in STORED_VALUE):
                found.append(line)
        return found

    def settle(self, offer: Offer) -> Form | None:
        covered = self.covered(offer)
        lines = [line for line in covered if line.flags.discountable and line.listed_minor]
        tied = isinstance(offer.benefit, AmountOff | BundlePrice | UnitsOff)
        match offer.benefit:
            case PercentOff() as benefit:
                effects: dict[Line, Effect] = dict.fromkeys(lines, ("percent", benefit.bp))
            case FixedPrice(price):
                effects = {line: ("ceiling", self.rounded(price * line.quantity_milli, 1000)) for line in lines}
            case AmountOff(amount):
                effects = {line: ("amount", share) for line, share in fixed_amount(amount, lines).items()}
            case BundlePrice(price):
                there = {line.item for line in covered if line.flags.discountable}
                if not offer.covers.items <= there:
                    return None
                amount = max(0, sum(line.with_tax(line.listed_minor) for line in lines) - price)
                effects = {line: ("amount", share) for line, share in fixed_amount(amount, lines).items()}
            case UnitsOff() as benefit:
                effects = self.cheapest_units(benefit, lines)
        if offer.cap_minor is not None and self.alone_saves(effects) > offer.cap_minor:
            effects = {line: ("amount", share) for line, share in fixed_amount(offer.cap_minor, lines).items()}
            tied = True
        if self.alone_saves(effects) <= 0:
            return None
        return Form(offer, effects, (tied and len(effects) > 1) or offer.requirement is not None)

    def cheapest_units(self, benefit: UnitsOff, lines: Sequence[Line]) -> dict[Line, Effect]:
        units = []
        for line in lines:
            price = Fraction(line.with_tax(line.listed_minor), line.quantity_milli)
            units += [(price, line.item, line.key, line)] * (line.quantity_milli // 1000)
        reduced = [line for *_, line in sorted(units, key=lambda unit: unit[:3])]
        reduced = reduced[: len(units) // benefit.of * benefit.units]
        effects: dict[Line, Effect] = {}
        for line in {line for *_, line in units} if reduced else ():
            part = line.listed_minor * reduced.count(line) * 1000 * benefit.bp
            off = self.rounded(part, line.quantity_milli * 10_000)
            effects[line] = ("amount", min(off, line.listed_minor - line.floor_minor))
        return effects

    def rounded(self, numerator: int, denominator: int) -> int:
        return round_ratio(numerator, denominator, self.mode)

    def alone_saves(self, effects: dict[Line, Effect]) -> int:
        return sum(
            line.with_tax(line.listed_minor) - line.with_tax(self.applied(line, line.listed_minor, Basis.LEFT, effect))
            for line, effect in effects.items()
        )

    def applied(self, line: Line, left: int, basis: Basis, effect: Effect) -> int:
        """Return what an effect leaves of a line: nothing goes below the floor."""
        kind, value = effect
        if kind == "percent":
            base = line.listed_minor if basis is Basis.LISTED else left
            value = left - self.rounded(base * value, 10_000)
        elif kind == "amount":
            value = left - value
        return max(line.floor_minor, min(left, value))

    # Combinations

    def best(self) -> tuple[int, int]:
        """Return the most that is saved, surely and at most: with tax, under the caps."""
        surely = at_most = 0
        for form in self.settled:
            if self.is_exclusive(form.offer):
                left = {line: self.applied(line, line.listed_minor, Basis.LEFT, e) for line, e in form.effects.items()}
                requirement = form.offer.requirement
                counted = sum(line.with_tax(line.listed_minor) for line in self.lines if line.kind not in STORED_VALUE)
                if not isinstance(requirement, LeftAtLeast) or counted >= requirement.amount_minor:
                    saved = self.capped(left)
                    surely, at_most = max(surely, saved), max(at_most, saved)
        for held in self.sets():
            low, high, saved = self.outcome(held)
            surely = max(surely, saved) if low else surely
            at_most = max(at_most, saved) if high else at_most
        return surely, at_most

    def is_exclusive(self, offer: Offer) -> bool:
        return offer.exclusive or (self.policy.exclusive and offer.lane == "promotion")

    def sets(self) -> Iterator[list[Form]]:
        """Yield every set of whole offers that may be held together, each in one of its forms."""
        choices: list[list[Form | None]] = []
        for form in self.settled:
            if form.tied and not self.is_exclusive(form.offer):
                alone = Form(form.offer, form.effects, tied=True, alone=True)
                match form.offer.requirement:
                    case LeftAtLeast():
                        choices.append([None, form, alone])
                    case AloneOnItsLines():
                        choices.append([None, alone])
                    case None:
                        choices.append([None, form])
        for chosen in product(*choices):
            held = [form for form in chosen if form is not None]
            if all(self.may_be_held(one, other) for one in held for other in held if one is not other):
                yield held

    def may_be_held(self, one: Form, other: Form) -> bool:
        if not set(one.effects) & set(other.effects):
            return True
        lanes = one.offer.lane, other.offer.lane
        return not one.alone and not other.alone and lanes[0] != lanes[1] and self.policy.may_meet(*lanes)

    def outcome(self, held: Sequence[Form]) -> tuple[bool, bool, int]:
        """Return whether all requirements are surely, and possibly, met, and what is saved."""
        best: dict[Line, list[list[tuple[Offer, Effect]]]] = {}
        left = {}
        for line in self.lines:
            ways = list(self.ways(line, held))
            left[line] = min(self.run(line, way) for way in ways)
            best[line] = [way for way in ways if self.run(line, way) == left[line]]
        low = high = True
        for form in held:
            if isinstance(form.offer.requirement, LeftAtLeast):
                lows, highs = [], []
                for line in self.lines:
                    if line.kind not in STORED_VALUE:
                        others = [[each for each in way if each[0].lane != form.offer.lane] for way in best[line]]
                        amounts = [line.with_tax(self.run(line, way)) for way in others]
                        lows.append(min(amounts))
                        highs.append(max(amounts))
                low &= sum(lows) >= form.offer.requirement.amount_minor
                high &= sum(highs) >= form.offer.requirement.amount_minor
        return low, high, self.capped(left)

    def ways(self, line: Line, held: Sequence[Form]) -> Iterator[list[tuple[Offer, Effect]]]:
        """Yield each permitted choice on a line: what is held there, and in the other lanes one offer or none."""
        holding = {form.offer.lane: form for form in held if line in form.effects}
        lanes = [*self.policy.lanes, "everything"]
        choices: list[list[Form | None]] = []
        for lane in lanes:
            if lane in holding:
                choices.append([holding[lane]])
            elif any(form.alone for form in holding.values()):
                choices.append([None])
            else:
                by_line = [
                    form
                    for form in self.settled
                    if not form.tied
                    and form.offer.lane == lane
                    and line in form.effects
                    and not self.is_exclusive(form.offer)
                ]
                choices.append([None, *by_line])
        for chosen in product(*choices):
            way = [form for form in chosen if form is not None]
            meeting = [(a.offer.lane, b.offer.lane) for n, a in enumerate(way) for b in way[n + 1 :]]
            if all(self.policy.may_meet(*pair) for pair in meeting):
                yield [(form.offer, form.effects[line]) for form in way]

    def run(self, line: Line, way: Sequence[tuple[Offer, Effect]]) -> int:
        left = line.listed_minor
        for offer, effect in way:
            left = self.applied(line, left, self.policy.basis(offer.lane), effect)
        return left

    def capped(self, left: dict[Line, int]) -> int:
        """Return what is saved in all, no category and not the invoice above its cap: inner categories first."""
        saved = {line: line.with_tax(line.listed_minor) - line.with_tax(rest) for line, rest in left.items()}

        def under(categories: Sequence[tuple[str, int]], lines: list[Line]) -> int:
            if not categories:
                return sum(saved.get(line, 0) for line in lines)
            name, cap_bp = categories[0]
            inside = [line for line in lines if name in line.categories]
            outside = [line for line in lines if line not in inside]
            limit = round_ratio(sum(line.with_tax(line.listed_minor) for line in inside) * cap_bp, 10_000)
            return min(limit, under(categories[1:], inside)) + under(categories[1:], outside)

        caps = dict(self.policy.category_caps_bp)
        outer_first = [(name, caps[name]) for name in ("all", "hair", "colour", "care") if name in caps]
        whole = under(outer_first, list(self.lines))
        if self.policy.invoice_cap_bp is None:
            return whole
        listed = sum(line.with_tax(line.listed_minor) for line in self.lines)
        return min(whole, round_ratio(listed * self.policy.invoice_cap_bp, 10_000))
