"""Price an invoice: find the best permitted combination of offers, cap it, and say what became of each.

Source: SEMANTICS 6; ARBITRATION. Pure: no clock, no database; the same input gives the same answer in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

from loyalty_core.decisions.offers import Offer
from loyalty_core.engine.arbitration import MOST_STEPS
from loyalty_core.engine.capping import MANUAL, Cuts
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.contending import Contender, contenders
from loyalty_core.engine.contest import Contest
from loyalty_core.engine.matching import OfferIndex
from loyalty_core.engine.recording import MANUAL_REFERENCE, Record
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.facts.combination import CombinationPolicy, Lane
from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.facts.money import Rounding
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.quote import Priced, PricedLine, Step


def price(
    invoice: Invoice,
    client: Client | None,
    offers: OfferIndex,
    proposals: Sequence[Offer],
    policy: CombinationPolicy,
    rounding: tuple[Rounding, RoundingLevel],
    manual: ManualDiscount | None = None,
    taken_off: frozenset[str] = frozenset(),
    most_steps: int = MOST_STEPS,
) -> Priced:
    """Return what each line comes to and what became of every offer that lies on the invoice.

    `proposals` are offers for this invoice only. What is `taken_off`, by reference, does not compete; what would step
    in instead is another call. After `most_steps` of the search the answer carries the proven gap. The manual
    discount comes last, off what is left.
    """
    columns = Columns(invoice.lines, *rounding)
    all_contenders = contenders(invoice, client, offers, proposals, policy, columns, taken_off)
    contest = Contest(all_contenders, columns, policy)
    found = contest.best(most_steps)
    cuts = Cuts(columns, found.best)
    cuts.spread(found.best.held)
    record = Record(columns, all_contenders, found.best, contest.walk)
    uncapped = record.taken(cuts.steps)
    cuts.cap(contest.caps)
    record.keep(cuts.steps, uncapped)
    considered = record.considered()
    if manual is not None:
        lines = cuts.by_hand(manual)
        considered.append(record.by_hand(manual, lines, cuts.steps))
    return Priced(
        lines=_lines(invoice, columns, cuts, all_contenders),
        considered=tuple(considered),
        near=record.near(),
        gap_minor=found.gap_minor,
        steps=found.steps,
    )


def _lines(
    invoice: Invoice, columns: Columns, cuts: Cuts, all_contenders: Sequence[Contender]
) -> tuple[PricedLine, ...]:
    """Return the lines in the order of the invoice, after holding that nothing was taken too much."""
    place_of = {line.key: place for place, line in enumerate(columns.lines)}
    priced = []
    for line in invoice.lines:
        place = place_of[line.key]
        left = line.listed_minor
        steps = []
        for cut in cuts.steps[place]:
            assert cut.after < cut.before == left, "each step starts where the one before it stopped"
            left = cut.after
            reference, lane = MANUAL_REFERENCE, str(Lane.MANUAL)
            if cut.place != MANUAL:
                contender = all_contenders[cut.place]
                reference, lane = contender.reference, contender.offer.lane
            steps.append(Step(reference, lane, cut.before, cut.after))
        assert line.floor_minor <= left <= line.listed_minor, "0 <= discount <= line - floor"
        listed, owed = columns.totals[place], columns.with_tax(place, left)
        tax = line.tax_in(left)
        priced.append(PricedLine(line.key, line.listed_minor, left, listed, owed, tax, tuple(steps)))
    return tuple(priced)
