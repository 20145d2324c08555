"""An offer in one sentence, made of the same data that prices invoices: so it cannot say anything else (UI 2.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from babel.dates import get_day_names

from loyalty_core.decisions.offers import (
    AmountOff,
    AtBranches,
    BundlePrice,
    ClassAtLeast,
    ClientKnown,
    During,
    FixedPrice,
    InCategories,
    LeftAtLeast,
    ListedAtLeast,
    Offer,
    PercentOff,
    UnitsOff,
    VisitNumber,
)
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.money import Currency, Money, Percent
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_web import requests

WHAT, WHEN, WHERE, WHO, TOGETHER = "what", "when", "where", "who", "together"
"""The blocks of the form, which the phrases lead to."""

MOST_NAMES = 3
WHOLE_DAY = (0, 24 * 60)


@dataclass(frozen=True, slots=True)
class SaidPart:
    """A part of the sentence and the block of the form that it comes from."""

    block: str
    words: Message


@dataclass(frozen=True, slots=True)
class Names:
    """What codes and ids in offers are called."""

    items: Mapping[str, str]
    branches: Mapping[int, str]


def names_of(unit: Unit, offers: Collection[Offer]) -> Names:
    """Look up what the items and branches of offers are called, all at once."""
    codes = sorted({code for offer in offers for code in offer.covers.items})
    cards = requests.extension().ports.catalogue.items(unit, codes) if codes else {}
    branches = {place.id: place.name for place in requests.around().places}
    return Names({code: card.name for code, card in cards.items()}, branches)


def sentence(offer: Offer, names: Names) -> list[SaidPart]:
    """Return what an offer gives, on what, when, where, to whom, and how it meets others."""
    currency = requests.reader().currency
    parts = [SaidPart(WHAT, _given(offer, names, currency))]
    parts += [part for condition in offer.conditions for part in _condition(condition, names, currency)]
    if not any(isinstance(condition, AtBranches) for condition in offer.conditions) and len(names.branches) > 1:
        parts.append(SaidPart(WHERE, ngettext("in %(count)s branch", "in all %(count)s branches", len(names.branches))))
    if offer.cap_minor is not None:
        parts.append(SaidPart(WHAT, _("at most %(amount)s", amount=Money(offer.cap_minor, currency))))
    if isinstance(offer.requirement, LeftAtLeast):
        amount = Money(offer.requirement.amount_minor, currency)
        parts.append(SaidPart(TOGETHER, _("if %(amount)s is left after other discounts", amount=amount)))
    return [*parts, *_together(offer)]


def text_of(parts: list[SaidPart]) -> str:
    """Return a sentence as plain text."""
    return ", ".join(requests.reader().say(part.words) for part in parts)


def weekday_names() -> list[str]:
    """Return the names of the days of the week, Monday first, as the reader writes them in short."""
    names = get_day_names("abbreviated", "stand-alone", requests.reader().locale)
    return [str(names[day]) for day in range(7)]


def _given(offer: Offer, names: Names, currency: Currency) -> Message:
    what = _covered(offer, names)
    match offer.benefit:
        case PercentOff():
            return _("%(percent)s off %(what)s", percent=Percent(offer.benefit.bp), what=what)
        case AmountOff():
            return _("%(amount)s off %(what)s", amount=Money(offer.benefit.amount_minor, currency), what=what)
        case FixedPrice():
            return _("%(what)s at %(amount)s each", amount=Money(offer.benefit.price_minor, currency), what=what)
        case BundlePrice():
            return _("%(what)s together at %(amount)s", amount=Money(offer.benefit.price_minor, currency), what=what)
        case UnitsOff():
            percent = Percent(offer.benefit.bp)
            units = {"units": offer.benefit.units, "of": offer.benefit.of, "percent": percent, "what": what}
            return _("%(units)s of %(of)s at %(percent)s off, %(what)s", **units)


def _covered(offer: Offer, names: Names) -> Message | str:
    covers = offer.covers
    called = [names.items.get(code, code) for code in sorted(covers.items)]
    called += [path.rpartition(" / ")[2] for path in sorted(covers.categories)]
    if called:
        return _listed(called)
    return _("everything") if not covers.kinds else _listed(sorted(covers.kinds))


def _listed(called: list[str]) -> Message | str:
    """Return a few names, and how many more there are."""
    shown = ", ".join(requests.reader().say(_("“%(label)s”", label=name)) for name in called[:MOST_NAMES])
    more = len(called) - MOST_NAMES
    return (
        shown
        if more <= 0
        else ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more, names=shown)
    )


def _condition(condition: object, names: Names, currency: Currency) -> Iterator[SaidPart]:
    match condition:
        case During():
            yield from _times(condition)
        case AtBranches():
            called = [names.branches.get(id_, str(id_)) for id_ in sorted(condition.ids)]
            yield SaidPart(WHERE, _("in %(branches)s", branches=_listed(called)))
        case ListedAtLeast():
            amount = Money(condition.amount_minor, currency)
            yield SaidPart(WHAT, _("on invoices from %(amount)s", amount=amount))
        case ClientKnown():
            yield SaidPart(WHO, _("for known clients"))
        case VisitNumber():
            yield SaidPart(WHO, _("on visit number %(number)s", number=condition.number))
        case InCategories():
            yield SaidPart(WHO, _("for clients with %(labels)s", labels=_listed(sorted(condition.labels))))
        case ClassAtLeast():
            yield SaidPart(WHO, _("for clients of class %(rank)s and above", rank=condition.rank))


def _times(during: During) -> Iterator[SaidPart]:
    reader = requests.reader()
    first = reader.day(during.starts_on) if during.starts_on is not None else None
    last = reader.last_day(during.ends_before) if during.ends_before is not None else None
    if first is not None and last is not None:
        yield SaidPart(WHEN, _("from %(first)s to %(last)s", first=first, last=last))
    elif first is not None:
        yield SaidPart(WHEN, _("from %(first)s on", first=first))
    elif last is not None:
        yield SaidPart(WHEN, _("to %(last)s", last=last))
    if during.weekdays:
        yield SaidPart(WHEN, _("on %(days)s", days=_weekdays(during.weekdays)))
    if (during.from_minute, during.to_minute) != WHOLE_DAY:
        hours = {"first": _clock(during.from_minute), "last": _clock(during.to_minute)}
        yield SaidPart(WHEN, _("between %(first)s and %(last)s", **hours))


def _weekdays(days: Collection[int]) -> str:
    """Return days of the week, three and more in a row as a span: `Mon–Thu, Sat`."""
    names = weekday_names()
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    spans = [
        f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else ", ".join(names[day] for day in run) for run in runs
    ]
    return ", ".join(spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _together(offer: Offer) -> Iterator[SaidPart]:
    if offer.exclusive:
        yield SaidPart(TOGETHER, _("never together with anything else"))
    elif offer.lane == Lane.EVERYTHING:
        yield SaidPart(TOGETHER, _("together with every other discount"))
