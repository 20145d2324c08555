"""What an offer or a proposal must be like to count (SEMANTICS 6 and 8); vetted as in `answers`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from loyalty_core.decisions.offers import (
    AloneOnItsLines,
    AmountOff,
    AtBranches,
    BundlePrice,
    ClassAtLeast,
    ClientKnown,
    Covers,
    During,
    FixedPrice,
    InCategories,
    LeftAtLeast,
    ListedAtLeast,
    Offer,
    PercentOff,
    Proposal,
    StoredOffer,
    UnitsOff,
    VisitNumber,
)
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.money import MAX_MINOR
from loyalty_core.facts.pricing import Line
from loyalty_core.messages import gettext as _
from loyalty_core.plugging import checks
from loyalty_core.plugging.answers import HIGHEST_RANK, MOST_COUNT
from loyalty_core.plugging.checks import Offence, WrongAnswer

MOST_OFFERS = 10_000
"""Offers that one plugin may compile to."""

MOST_PROPOSALS = 50
"""Proposals of one plugin for one invoice."""

MOST_NAMES = 10_000
"""Items, categories or branches that one offer may name."""

MOST_CONDITIONS = 50
MOST_UNITS = 1_000
LONGEST_NAME = 200
LONGEST_LINE_KEY = 100
HIGHEST_PRIORITY = 1_000_000
MINUTES_OF_A_DAY = 24 * 60

LANES = frozenset(Lane) - {Lane.MANUAL}
"""The lanes of the core that offers may lie in; what staff give by hand is no plugin's."""


def offers(answer: object, plugin: str, stored: Mapping[int, StoredOffer], lanes: Collection[str]) -> tuple[Offer, ...]:
    """Vet the offers that a plugin compiles to; `stored` are those it was given, by version.

    An offer that comes from a stored one is as old as that, unless it says otherwise.
    """
    found = tuple(_offer(each, plugin, stored, lanes) for each in checks.series(answer, Offer, MOST_OFFERS))
    checks.each_once([each.key for each in found], _("Two offers have one key."))
    return found


def proposals(answer: object, plugin: str, lines: Iterable[Line], lanes: Collection[str]) -> tuple[Offer, ...]:
    """Vet what a plugin proposes for an invoice of these `lines`; return it as offers in the order of their keys."""
    of_key = {line.key: line for line in lines}
    found = tuple(_proposed(each, plugin, of_key, lanes) for each in checks.series(answer, Proposal, MOST_PROPOSALS))
    checks.each_once([each.key for each in found], _("Two proposals have one key."))
    return tuple(sorted(found, key=lambda each: each.key))


def _offer(offer: Offer, plugin: str, stored: Mapping[int, StoredOffer], lanes: Collection[str]) -> Offer:
    _terms(offer, lanes)
    _covers(offer.covers)
    if offer.covers.lines is not None:
        raise WrongAnswer(_("An offer for every invoice cannot name lines of one."))
    if type(offer.conditions) is not tuple or len(offer.conditions) > MOST_CONDITIONS:
        raise WrongAnswer(_("The conditions of an offer are a tuple of at most %(most)s.", most=MOST_CONDITIONS))
    for condition in offer.conditions:
        _condition(condition)
    if offer.plugin not in ("", plugin):
        raise WrongAnswer(_("An offer names another plugin as its author."))
    source = None
    if offer.version_id is not None:
        source = stored.get(offer.version_id) if type(offer.version_id) is int else None
        if source is None:
            raise WrongAnswer(_("An offer names a version that the plugin was not given."))
    since = offer.since if offer.since is not None or source is None else source.since
    if since is not None and (type(since) is not datetime or since.utcoffset() is None):
        raise WrongAnswer(_("The instant since when an offer exists has an offset from UTC."))
    return replace(offer, label=checks.text(offer.label, plugin), plugin=plugin, since=since)


def _proposed(proposal: Proposal, plugin: str, lines: Mapping[str, Line], lanes: Collection[str]) -> Offer:
    _terms(proposal, lanes)
    covered = frozenset(lines)
    if proposal.lines is not None:
        checks.names(proposal.lines, len(lines), LONGEST_LINE_KEY)
        if not proposal.lines <= covered:
            raise WrongAnswer(_("A proposal names a line that the invoice does not have."))
        covered = proposal.lines
    if type(proposal.benefit) is AmountOff:
        listed = sum(lines[key].with_tax(lines[key].listed_minor) for key in covered)
        if proposal.benefit.amount_minor > listed:
            raise WrongAnswer(_("A proposal takes off more than its lines cost."))
    return Offer(
        key=proposal.key,
        label=checks.text(proposal.label, plugin),
        benefit=proposal.benefit,
        lane=proposal.lane,
        covers=Covers(lines=proposal.lines),
        cap_minor=proposal.cap_minor,
        requirement=proposal.requirement,
        priority=proposal.priority,
        exclusive=proposal.exclusive,
        plugin=plugin,
    )


def _terms(offer: Offer | Proposal, lanes: Collection[str]) -> None:
    """Vet what offers and proposals have in common."""
    checks.key(offer.key)
    _benefit(offer.benefit)
    if type(offer.lane) not in (str, Lane) or offer.lane not in lanes:
        raise WrongAnswer(_("There is no such lane in the combination policy of this network."))
    if offer.cap_minor is not None:
        checks.figure(offer.cap_minor, 1, MAX_MINOR)
    if type(offer.requirement) is LeftAtLeast:
        checks.figure(offer.requirement.amount_minor, 1, MAX_MINOR)
    elif offer.requirement is not None and type(offer.requirement) is not AloneOnItsLines:
        raise WrongAnswer(_("There is no such requirement."))
    checks.within(offer.priority, -HIGHEST_PRIORITY, HIGHEST_PRIORITY)
    checks.truth(offer.exclusive)


def _benefit(benefit: object) -> None:
    match benefit:
        case PercentOff():
            _percent(benefit.percent)
        case AmountOff():
            checks.figure(benefit.amount_minor, 1, MAX_MINOR)
        case FixedPrice() | BundlePrice():
            checks.figure(benefit.price_minor, 0, MAX_MINOR)
        case UnitsOff():
            checks.within(benefit.of, 1, MOST_UNITS)
            checks.within(benefit.units, 1, benefit.of)
            _percent(benefit.percent)
            _percent(benefit.percent)
    if type(benefit) not in (PercentOff, AmountOff, FixedPrice, BundlePrice, UnitsOff):
        raise WrongAnswer(_("There is no such benefit."))


def _percent(percent: object) -> None:
    """Refuse a percentage below zero, above a hundred, or with more than two decimals."""
    if type(percent) not in (int, Decimal) or not Decimal(percent).is_finite():  # type: ignore[arg-type]
        raise WrongAnswer(_("A percentage is a whole or decimal number, not %(type)s.", type=type(percent).__name__))
    value = Decimal(percent)  # type: ignore[arg-type]
    if value < 0:
        raise Offence(_("A percentage is negative."))
    if value > 100 or value * 100 != int(value * 100):
        raise WrongAnswer(_("A percentage lies between 0 and 100 and has at most two decimals."))


def _covers(covers: object) -> None:
    if type(covers) is not Covers:
        raise WrongAnswer(_("What an offer covers does not hold."))
    for found in (covers.items, covers.categories, covers.kinds):
        checks.names(found, MOST_NAMES, LONGEST_NAME)


def _condition(condition: object) -> None:
    match condition:
        case During():
            _during(condition)
        case AtBranches():
            if type(condition.ids) is not frozenset or len(condition.ids) > MOST_NAMES:
                raise WrongAnswer(_("Branches are a frozenset of their ids."))
            for branch_id in condition.ids:
                checks.within(branch_id, 1, 2**63 - 1)
        case ListedAtLeast():
            checks.figure(condition.amount_minor, 1, MAX_MINOR)
        case VisitNumber():
            checks.within(condition.number, 1, MOST_COUNT)
        case InCategories():
            checks.names(condition.labels, MOST_NAMES, LONGEST_NAME)
        case ClassAtLeast():
            checks.within(condition.rank, 1, HIGHEST_RANK)
    known = (During, AtBranches, ListedAtLeast, ClientKnown, VisitNumber, InCategories, ClassAtLeast)
    if type(condition) not in known:
        raise WrongAnswer(_("There is no such condition."))


def _during(during: During) -> None:
    for day in (during.starts_on, during.ends_before):
        if day is not None and type(day) is not date:
            raise WrongAnswer(_("A day of an offer is a date."))
    if during.starts_on is not None and during.ends_before is not None and during.starts_on >= during.ends_before:
        raise WrongAnswer(_("An offer ends before it begins."))
    if type(during.weekdays) is not frozenset:
        raise WrongAnswer(_("Weekdays are a frozenset of numbers from 0, Monday, to 6."))
    for weekday in during.weekdays:
        checks.within(weekday, 0, 6)
    checks.within(during.from_minute, 0, MINUTES_OF_A_DAY - 1)
    checks.within(during.to_minute, 1, MINUTES_OF_A_DAY)
