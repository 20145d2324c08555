"""The decision record ready to be read: why an invoice costs what it does (SEMANTICS 6, *Explain*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loyalty_core.engine.explaining import client_words
from loyalty_core.facts.money import Money, Percent
from loyalty_core.facts.quote import Fate
from loyalty_core.facts.standing import Element
from loyalty_core.i18n import locale_of
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.ports import PersonCard
from loyalty_core.services.invoices.deciding import DecisionRecord, decision_of
from loyalty_core.services.invoices.showing import InvoiceShown
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.pages.invoices_offers import MANUAL, OffersShown, Reason, offers
from loyalty_web.pages.invoices_words import lane_mark, lane_words


@dataclass(frozen=True, slots=True)
class Decided:
    """What was known, what became of every offer, and the same for the client in the client's language."""

    offers: OffersShown | None
    priced_at: datetime | None
    config_version: int | None
    known: Sequence[Message]
    failed: Sequence[Mapping[str, Any]]
    gap_minor: int
    to_client: Sequence[str]
    aloud: str
    client_language: str


def decided(unit: Unit, shown: InvoiceShown, person: PersonCard | None) -> Decided:
    """Return the record of an invoice; of one that was recorded there is only what was sent."""
    record = decision_of(unit, shown.id)
    language = _language(person)
    aloud = outcome_of(unit, shown, person)
    if record is None:
        return Decided(None, None, None, (), (), 0, (), aloud, language)
    currency = unit.configuration.currency
    names = {line.key: line.name for line in shown.lines}
    labels = {each.reference: each.label for each in record.priced.considered}
    texts, locale = requests.extension().texts, locale_of(language)
    said = [
        texts.render(client_words(each, currency, labels.get(each.rival)), locale)
        for each in record.priced.considered
        if each.reference != MANUAL and each.fate is not Fate.EXCLUDED
    ]
    return Decided(
        offers=offers(record.priced, currency, names),
        priced_at=datetime.fromisoformat(record.facts["priced_at"]),
        config_version=record.facts["config_version"],
        known=_known(record, shown),
        failed=record.failed,
        gap_minor=record.priced.gap_minor,
        to_client=said,
        aloud=aloud,
        client_language=language,
    )


def outcome_of(unit: Unit, shown: InvoiceShown, person: PersonCard | None) -> str:
    """Return the sentence to say aloud, in the client's language; nothing where nothing was saved."""
    if not shown.off_minor:
        return ""
    text = _("You saved %(saved)s today.", saved=Money(shown.off_minor, unit.configuration.currency))
    return requests.extension().texts.render(text, locale_of(_language(person)))


def reasons_of(unit: Unit, shown: InvoiceShown) -> dict[int, list[Reason]]:
    """Return why each line costs less, by its number: offers by their labels, of recorded ones the reason sent."""
    record = decision_of(unit, shown.id) if shown.priced else None
    labels = {each.reference: each.label for each in record.priced.considered} if record is not None else {}
    found: dict[int, list[Reason]] = {}
    for line in shown.lines:
        for each in line.adjustments:
            label: Message | str = labels.get(each.reference) or each.reason or each.reference
            if each.reason and each.reference:
                label = _("%(offer)s: %(reason)s", offer=label, reason=each.reason)
            lane = each.lane or "price"
            words = lane_words(lane) if each.lane else _("Discount")
            found.setdefault(line.number, []).append(Reason(lane_mark(lane), words, label, each.amount_minor))
    return found


def _language(person: PersonCard | None) -> str:
    """Return the client's language, else that of the person at the screen."""
    return person.locale if person is not None and person.locale else requests.reader().locale.language


def _known(record: DecisionRecord, shown: InvoiceShown) -> list[Message]:
    """Return the facts the price rests on, in staff's words."""
    client = record.facts["client"]
    if client is None:
        return [_("No client: only offers for everybody could apply.")]
    found = [_("This was visit %(number)s of the client.", number=client["number"])]
    for given in record.facts["standing"]:
        if given["element"] == Element.DISCOUNT.value and given["value"]:
            found.append(_personal(given))
    if client["discount_bp"] is None:
        found.append(_("The client had no personal discount before this visit."))
    return found


def _personal(given: Mapping[str, Any]) -> Message:
    value = Percent(given["value"])
    by = given.get("origin")
    if by == "manual":
        return _("Personal discount %(percent)s, set by hand.", percent=value)
    if by == "plugin":
        return _("Personal discount %(percent)s, by plugin %(plugin)s.", percent=value, plugin=given.get("cause") or "")
    return _("Personal discount %(percent)s, by rule.", percent=value)
