"""A promotion tried on an example, before it is saved (UI 2.6, *Try it*)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from flask import request

from loyalty_core.decisions.offers import Offer
from loyalty_core.engine.explaining import explain
from loyalty_core.errors import Refused
from loyalty_core.facts.draft import Draft, DraftLine
from loyalty_core.facts.money import MILLI
from loyalty_core.facts.quote import Fate, PricedLine
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.ports import ItemCard
from loyalty_core.services.offers_shown import Trial, try_out
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.forms import Choice, Day, Form, FormSchema, Minor, Phrase
from loyalty_web.forms.fields import ClockTime
from loyalty_web.places import Place

EXAMPLE_UNITS = 1000
"""What the example costs where nothing says: so many whole units of the currency."""

NOON = 12 * 60


class TrialForm(FormSchema):
    """The example: an item or none, an amount, when and where."""

    try_item = Phrase(load_default="", label=_("Item"))
    try_amount = Minor(label=_("Amount"))
    try_day = Day(native=True, label=_("Day"))
    try_hour = ClockTime(load_default=NOON, label=_("Time"))
    try_branch = Choice(
        lambda: {each.external_id: each.name for each in requests.around().places}, required=True, label=_("Branch")
    )


@dataclass(frozen=True, slots=True)
class TrialShown:
    """What came of an example: its lines with their names, and what is said of the promotion."""

    lines: list[tuple[str, PricedLine]]
    applied: bool
    saves_minor: int
    why: Message | None


def example_form() -> Form:
    """Return the form of the example, as it was sent or as it begins."""
    if request.method == "POST" and "try_day" in request.form:
        return Form.sent(TrialForm())
    place = requests.working_place() or next(iter(requests.around().places), None)
    begins = {"try_day": requests.today(), "try_hour": NOON, "try_branch": place.external_id if place else None}
    return Form.sent(TrialForm(), Form.showing(TrialForm(), begins).texts)


def tried(unit: Unit, offer: Offer, instead_of: str, form: Form) -> TrialShown | None:
    """Return what an offer does to the example; nothing while the example itself does not hold."""
    place = requests.around().by_name.get(str(form.values.get("try_branch"))) if not form.failed else None
    if place is None:
        return None
    card = _card(unit, offer, form.values["try_item"])
    line = _line(offer, card, form.values["try_amount"])
    try:
        trial = try_out(unit, offer, instead_of, Draft("try", "1", place.id, (line,)), _instant(form, place))
    except Refused as refused:
        form.refuse(refused)
        return None
    return _shown(trial, line)


def _card(unit: Unit, offer: Offer, text: str) -> ItemCard | None:
    """Return the item that was typed, else one that the offer names."""
    catalogue = requests.extension().ports.catalogue
    if text:
        return next(iter(catalogue.find(unit, text, 1)), None)
    named = sorted(offer.covers.items)[:1]
    return catalogue.items(unit, named).get(named[0]) if named else None


def _line(offer: Offer, card: ItemCard | None, amount_minor: int | None) -> DraftLine:
    amount = EXAMPLE_UNITS * 10 ** requests.reader().currency.digits if amount_minor is None else amount_minor
    if card is None:
        name = requests.reader().say(_("Example"))
        return DraftLine("1", "", name, "service", MILLI, amount, tuple(sorted(offer.covers.categories)[:1]))
    price = card.price_minor if amount_minor is None and card.price_minor is not None else amount
    names = card.category.split(" / ")
    paths = tuple(" / ".join(names[:depth]) for depth in range(len(names), 0, -1))
    return DraftLine("1", card.code, card.name, card.kind, MILLI, price, paths, card.tax, flags=card.flags)


def _instant(form: Form, place: Place) -> datetime:
    minute = min(form.values["try_hour"], 24 * 60 - 1)
    day = form.values["try_day"] or requests.today()
    return datetime.combine(day, time(minute // 60, minute % 60), place.zone)


def _shown(trial: Trial, line: DraftLine) -> TrialShown:
    outcome = trial.outcome
    lines = [(line.name, priced) for priced in trial.priced.lines]
    if outcome is None:
        return TrialShown(lines, False, 0, _("It does not lie on this item."))
    why = explain(outcome.why, trial.invoice.currency) if outcome.why is not None else None
    applied = outcome.fate is Fate.APPLIED
    return TrialShown(lines, applied, outcome.saves_minor if applied else 0, why)
