"""Whether an offer's conditions hold for an invoice and its client: nothing, or why not (SEMANTICS 6, 8 and 12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from loyalty_core.decisions.offers import (
    AtBranches,
    ClassAtLeast,
    ClientKnown,
    During,
    InCategories,
    ListedAtLeast,
    OfferCondition,
    VisitNumber,
)
from loyalty_core.facts.invoice import LINE_KINDS
from loyalty_core.facts.pricing import Client, Invoice, Line
from loyalty_core.facts.quote import Cause, Why

_STORED_VALUE = frozenset(kind.code for kind in LINE_KINDS.values() if not kind.counts_in_totals)


def is_stored_value(line: Line) -> bool:
    """Whether a line sells stored value: in no minimum, and reduced only by what names it (SEMANTICS 2 and 12)."""
    return line.kind in _STORED_VALUE


class Verdicts:
    """What stands against conditions on one invoice; a condition shared by many offers is looked at once."""

    def __init__(self, invoice: Invoice, client: Client | None) -> None:
        self._invoice = invoice
        self._client = client
        self._listed_minor = sum(
            line.with_tax(line.listed_minor) for line in invoice.lines if not is_stored_value(line)
        )
        self._known: dict[int, Why | None] = {}

    def unmet(self, conditions: Sequence[OfferCondition]) -> tuple[Why, ...]:
        """Return why each of the conditions that do not hold does not; nothing when all hold.

        Conditions are known again by identity: comparing dates and sets would cost more than looking at them.
        """
        known = self._known
        found = []
        for condition in conditions:
            number = id(condition)
            if number not in known:
                known[number] = self._look(condition)
            why = known[number]
            if why is not None:
                found.append(why)
        return tuple(found)

    def _look(self, condition: OfferCondition) -> Why | None:
        match condition:
            case During():
                return _during(condition, self._invoice)
            case AtBranches(ids):
                return None if self._invoice.branch_id in ids else Why(Cause.BRANCH)
            case ListedAtLeast(amount_minor):
                return _at_least(Cause.LISTED, self._listed_minor, amount_minor)
        return _of_client(condition, self._client)


def _of_client(condition: ClientKnown | VisitNumber | InCategories | ClassAtLeast, client: Client | None) -> Why | None:
    if client is None:
        return Why(Cause.NO_CLIENT)
    match condition:
        case VisitNumber(number):
            return None if client.number == number else Why(Cause.VISIT_NUMBER, client.number, number)
        case InCategories(labels):
            return Why(Cause.CATEGORY) if labels.isdisjoint(client.categories) else None
        case ClassAtLeast(rank):
            return (
                Why(Cause.CLASS, None, rank)
                if client.class_rank is None
                else _at_least(Cause.CLASS, client.class_rank, rank)
            )
    return None


def _at_least(cause: Cause, have: int, needs: int) -> Why | None:
    return None if have >= needs else Why(cause, have, needs)


def _during(window: During, invoice: Invoice) -> Why | None:
    """Look at days, weekdays and hours; days in `Why` are proleptic ordinals, hours minutes of the day."""
    minute = invoice.at.hour * 60 + invoice.at.minute
    crosses = window.to_minute <= window.from_minute
    in_window = (
        minute >= window.from_minute or minute < window.to_minute
        if crosses
        else window.from_minute <= minute < window.to_minute
    )
    day = invoice.date
    if crosses and minute < min(window.from_minute, window.to_minute):
        day -= timedelta(1)  # the small hours belong to the evening before
    why = _on_day(window, day)
    if why is None and not in_window:
        return Why(Cause.HOUR, minute, window.from_minute)
    return why


def _on_day(window: During, day: date) -> Why | None:
    if window.starts_on is not None and day < window.starts_on:
        return Why(Cause.BEFORE_START, day.toordinal(), window.starts_on.toordinal())
    if window.ends_before is not None and day >= window.ends_before:
        return Why(Cause.AFTER_END, day.toordinal(), window.ends_before.toordinal() - 1)
    if window.weekdays and day.weekday() not in window.weekdays:
        return Why(Cause.WEEKDAY, day.weekday())
    return None
