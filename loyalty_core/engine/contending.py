"""Who contends: each offer that lies on the invoice, with what it would save alone, or why it is out (SEMANTICS 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loyalty_core.decisions.offers import Offer
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.conditions import Verdicts
from loyalty_core.engine.matching import Candidate, Mask, OfferIndex, covered, entry_of
from loyalty_core.engine.settling import Settled, settle
from loyalty_core.facts.combination import CombinationPolicy, Lane
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.quote import Cause, Fate, Why


@dataclass(slots=True)
class Contender:
    """An offer on the lines it may reduce, `mask`. Out of the contest it has a `fate` and `unmet`, the reasons.

    `percent_bp` is all there is to know of a plain percentage; of other offers `settled` says what they do.
    """

    offer: Offer
    reference: str
    mask: Mask
    percent_bp: int = 0
    exclusive: bool = False
    saves_minor: int = 0
    settled: Settled | None = None
    fate: Fate | None = None
    unmet: tuple[Why, ...] = ()


def contenders(
    invoice: Invoice,
    client: Client | None,
    offers: OfferIndex,
    proposals: Sequence[Offer],
    policy: CombinationPolicy,
    columns: Columns,
    taken_off: frozenset[str],
) -> list[Contender]:
    """Return the offers that lie on the invoice, in the order of their rank, those that are out among them."""
    verdicts = Verdicts(invoice, client)
    found = []
    for entry, mask in _candidates(invoice, offers, proposals, columns):
        offer = entry.offer
        contender = Contender(offer, entry.reference, mask & columns.discountable, entry.percent_bp)
        contender.exclusive = offer.exclusive or (policy.exclusive and offer.lane == Lane.PROMOTION)
        found.append(contender)
        if not contender.mask:
            _out(contender, Fate.EXCLUDED, Why(Cause.NOT_DISCOUNTABLE, note=_reason(mask, columns)))
            continue
        unmet = verdicts.unmet(entry.conditions) if entry.conditions else ()
        if unmet:
            _out(contender, Fate.NOT_MET, *unmet)
            continue
        _weigh(contender, mask, columns)
        if entry.reference in taken_off:
            _out(contender, Fate.TAKEN_OFF)
    return found


def _candidates(
    invoice: Invoice, offers: OfferIndex, proposals: Sequence[Offer], columns: Columns
) -> Sequence[Candidate]:
    indexed = offers.candidates(columns.lines, invoice.branch_id, invoice.date)
    if not proposals:
        return indexed
    proposed = [(entry_of(offer), covered(offer.covers, columns.lines)) for offer in proposals]
    both = indexed + [candidate for candidate in proposed if candidate[1]]
    return sorted(both, key=lambda candidate: candidate[0].order)


def _weigh(contender: Contender, mask: Mask, columns: Columns) -> None:
    """Work out what an offer saves alone; one that saves nothing is out."""
    if contender.percent_bp and not contender.exclusive:
        contender.mask &= columns.above_zero
        contender.saves_minor = columns.percent_saves(contender.mask, contender.percent_bp)
        if contender.saves_minor:
            return
    settled = settle(contender.offer, mask & columns.discountable, columns)
    if isinstance(settled, Why):
        _out(contender, Fate.NOT_MET, settled)
    else:
        contender.settled = settled
        contender.mask = sum(1 << line for line in settled.moves)
        contender.saves_minor = settled.saves_minor


def _out(contender: Contender, fate: Fate, *unmet: Why) -> None:
    contender.fate = fate
    contender.unmet = unmet


def _reason(mask: Mask, columns: Columns) -> str:
    """Return the business's words why a line may not be discounted."""
    reasons = (columns.lines[place].flags.reason for place in columns.places(mask))
    return next((reason for reason in reasons if reason), "")
