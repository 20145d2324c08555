"""The words of a client's standing and history: what it is, why, until when, what is missing for more (UI 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_core.decisions.rules import Metric
from loyalty_core.facts.money import Currency, Money, Percent
from loyalty_core.facts.standing import Element, Given, Origin
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.services.client_history import StandingEvent
from loyalty_core.services.standing_shown import ShownElement, ShownStanding, Step

VISIT_STATES: Mapping[VisitStatus, tuple[Message, str, str]] = {
    VisitStatus.WAITING: (_("Waiting"), "off", "clock"),
    VisitStatus.CONFIRMED: (_("Confirmed"), "info", "check2"),
    VisitStatus.ARRIVED: (_("Arrived"), "ok", "check-circle-fill"),
    VisitStatus.NO_SHOW: (_("No-show"), "bad", "slash-circle"),
    VisitStatus.CANCELLED: (_("Cancelled"), "off", "x-lg"),
}
"""What a status is called, the kind of its badge, its icon."""

ELEMENTS: Mapping[Element, Message] = {
    Element.DISCOUNT: _("Personal discount"),
    Element.CLASS: _("Importance class"),
    Element.CATEGORY: _("Category"),
}

NOTHING = _("nothing")
BECAUSE: Mapping[str, Message] = {
    "visit": _("after a visit"),
    "visits": _("after visits"),
    "invoice": _("after an invoice"),
    "invoices": _("after invoices"),
    "refund": _("after a refund"),
    "payments": _("after payments"),
    "openings": _("after earlier history was brought in"),
    "programme": _("because the programme was saved"),
    "plugin": _("because a plugin was switched or set"),
    "daily": _("because the day had come"),
    "recalculated": _("because it was recalculated"),
    "command": _("because everybody was judged anew"),
    "recount": _("after everything was counted anew"),
    "returned to automatic": _("because it was returned to automatic"),
}
"""What is said of the cause that the audit keeps, by its first word."""


def value_words(element: Element, item: str, value: int | None) -> Message:
    """Return a value of an element in words."""
    if element is Element.DISCOUNT:
        return _("%(percent)s", percent=Percent(value or 0))
    if value is None:
        return NOTHING
    if element is Element.CLASS:
        return _("rank %(rank)s", rank=value)
    return _("“%(label)s”", label=item)


def cause(shown: ShownElement, standing: ShownStanding, names: Mapping[str, str]) -> Message:
    """Return where a value comes from, or why there is none; `names` are those of staff."""
    if shown.manual is not None:
        actor = names.get(shown.manual.actor, shown.manual.actor)
        by = {"actor": actor, "day": shown.manual.granted_on, "reason": shown.manual.reason}
        return _("By hand: %(actor)s, %(day)s, “%(reason)s”", **by)
    if shown.given is not None and shown.rule is not None:
        return _("By rule: %(rule)s", rule=shown.rule)
    if shown.given is not None:
        return _("By a rule whose plugin does not answer now; it stays until the plugin does.")
    if shown.lapsed:
        days = shown.limit_days or 0
        return ngettext("No visit for more than %(count)s day", "No visit for more than %(count)s days", days)
    if standing.programme is None:
        return _("This branch has no programme yet.")
    return _("No rule is met yet.")


def lasts(shown: ShownElement) -> Message | None:
    """Return until when a value lasts, and what comes then."""
    if shown.given is None or shown.changes_on is None:
        return None
    last, then = shown.changes_on - timedelta(days=1), _then(shown)
    if shown.manual is not None and shown.manual.until == last:
        return _("Lasts to %(day)s, then %(then)s.", day=last, then=then)
    return _("Lasts to %(day)s if there is no visit, then %(then)s.", day=last, then=then)


def _then(shown: ShownElement) -> Message:
    return _by_rule(shown, shown.then)


def will_become(shown: ShownElement) -> Message:
    """Return what "return to automatic" makes of a value set by hand."""
    return _("Will become %(value)s.", value=_by_rule(shown, shown.by_rule))


def _by_rule(shown: ShownElement, given: Given | None) -> Message:
    words = value_words(shown.element, shown.item, given.value if given is not None else None)
    return _("%(value)s by rule", value=words) if given is not None and given.origin is Origin.RULE else words


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a better value: in words, and how far it is, in hundredths."""

    words: Message
    done: int


def ways(shown: ShownElement, currency: Currency) -> tuple[Message, list[Way]] | None:
    """Return the next better value and the ways to it, the nearest first."""
    if shown.better is None:
        return None
    found = [Way(_missing(step, currency), _done(step)) for step in shown.better.steps]
    value = value_words(shown.element, shown.item, shown.better.value)
    return value, sorted(found, key=lambda way: -way.done)


def _done(step: Step) -> int:
    return max(0, min(100, step.there * 100 // step.needed)) if step.needed else 100


def _missing(step: Step, currency: Currency) -> Message:
    if step.metric is Metric.SOLD:
        return _("%(amount)s more sold", amount=Money(step.missing, currency))
    if step.metric is Metric.PAID:
        return _("%(amount)s more paid", amount=Money(step.missing, currency))
    if step.metric is Metric.VISITS:
        return ngettext("%(count)s more visit", "%(count)s more visits", step.missing)
    return ngettext("%(count)s more no-show", "%(count)s more no-shows", step.missing)


@dataclass(frozen=True, slots=True)
class Told:
    """A change of standing as the history tells it."""

    title: Message
    detail: Message | None
    by_hand: bool


def tell(event: StandingEvent) -> Told:
    """Return what happened to a standing, and why."""
    element_name, _colon, item = event.subject.partition(":")
    element = Element(element_name) if element_name in set(Element) else Element.CATEGORY
    what = ELEMENTS[element]
    before, after = (_value(element, item, side) for side in (event.before, event.after))
    if event.action == "standing.set_by_hand":
        title = _("%(what)s set by hand: %(value)s", what=what, value=after)
        return Told(title, _until(event), by_hand=True)
    if event.action == "standing.returned_to_automatic":
        return Told(_("%(what)s returned to automatic", what=what), None, by_hand=True)
    because = BECAUSE.get(event.cause.partition(":")[0])
    return Told(_("%(what)s: %(before)s → %(after)s", what=what, before=before, after=after), because, by_hand=False)


def _value(element: Element, item: str, side: Mapping[str, object] | None) -> Message:
    value = side.get("value") if side is not None else None
    return value_words(element, item, value if isinstance(value, int) else None)


def _until(event: StandingEvent) -> Message | None:
    until = event.after.get("until") if event.after is not None else None
    if isinstance(until, str):
        return _("to %(day)s", day=date.fromisoformat(until))
    return None
