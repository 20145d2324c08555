"""Why an offer was or was not applied: in words for staff, and warmer ones for clients (UI, *Microcopy*)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from loyalty_core.facts.money import Currency, Money
from loyalty_core.facts.quote import Cause, Considered, Fate, Why
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _


def explain(why: Why, currency: Currency) -> Message:
    """Return a cause in staff's words, with its figures."""
    return _STAFF[why.cause](why, currency)


def client_words(considered: Considered, currency: Currency, rival: Message | None = None) -> Message:
    """Return what became of an offer in words for the client, which never name machinery.

    `rival` is the label of the offer that was better, where the record names one.
    """
    label = considered.label
    match considered.fate:
        case Fate.APPLIED:
            return _(
                "Your discount “%(label)s”: %(amount)s", label=label, amount=_money(considered.saves_minor, currency)
            )
        case Fate.LOST if rival is not None:
            return _("A better discount works for you: “%(label)s”", label=rival)
        case Fate.LOST:
            return _("A better price works for you already")
        case Fate.NOT_MET if considered.why is not None:
            return _not_yet(label, considered.why, currency)
        case Fate.EXCLUDED:
            return _("“%(label)s” does not extend to these items", label=label)
    return _("“%(label)s” does not apply this time", label=label)


def _not_yet(label: Message, why: Why, currency: Currency) -> Message:
    have, needs = why.have or 0, why.needs or 0
    match why.cause:
        case Cause.LISTED | Cause.LEFT:
            return _("Add %(amount)s to get “%(label)s”", amount=_money(needs - have, currency), label=label)
        case Cause.TOO_FEW_UNITS:
            return ngettext(
                "Add %(count)s more to get “%(label)s”",
                "Add %(count)s more to get “%(label)s”",
                needs - have,
                label=label,
            )
        case Cause.BEFORE_START:
            return _("“%(label)s” starts on %(day)s", label=label, day=date.fromordinal(needs))
        case Cause.AFTER_END:
            return _("“%(label)s” ended on %(day)s", label=label, day=date.fromordinal(needs))
        case Cause.WEEKDAY | Cause.HOUR:
            return _("“%(label)s” works on other days or hours", label=label)
        case Cause.VISIT_NUMBER if needs == 1:
            return _("“%(label)s” is for the first visit", label=label)
    return _("“%(label)s” does not apply this time", label=label)


def _money(amount_minor: int | None, currency: Currency) -> Money:
    return Money(amount_minor or 0, currency)


def _plain(text: Message) -> Callable[[Why, Currency], Message]:
    return lambda _why, _currency: text


def _figures(text: Callable[..., Message]) -> Callable[[Why, Currency], Message]:
    """Return what fills in two amounts: what there is, and what is asked for."""
    return lambda why, currency: text(have=_money(why.have, currency), needs=_money(why.needs, currency))


def _hour(why: Why, _currency: Currency) -> Message:
    hour, minute = divmod(why.needs or 0, 60)
    return _("Not met: not at this hour, it begins at %(time)s", time=f"{hour:02}:{minute:02}")


def _visit(why: Why, _currency: Currency) -> Message:
    if why.needs == 1:
        return _("Not met: only on the first visit (this is visit %(have)s)", have=why.have)
    return _("Not met: only on visit %(needs)s (this is visit %(have)s)", needs=why.needs, have=why.have)


def _not_discountable(why: Why, _currency: Currency) -> Message:
    if why.note:
        return _("Excluded: %(reason)s", reason=why.note)
    return _("Excluded: these items may not be discounted")


def _units(why: Why, _currency: Currency) -> Message:
    return ngettext(
        "Not met: needs %(count)s unit, has %(have)s",
        "Not met: needs %(count)s units, has %(have)s",
        why.needs or 0,
        have=why.have,
    )


def _floor(why: Why, currency: Currency) -> Message:
    if why.needs is None:
        return _("The lowest price allowed is reached")
    have, needs = _money(why.have, currency), _money(why.needs, currency)
    return _("Took %(have)s of %(needs)s: the lowest price allowed is reached", have=have, needs=needs)


def _started(why: Why, _currency: Currency) -> Message:
    return _("Not met: starts on %(day)s", day=date.fromordinal(why.needs or 1))


def _ended(why: Why, _currency: Currency) -> Message:
    return _("Not met: ended on %(day)s", day=date.fromordinal(why.needs or 1))


def _listed(**figures: Money) -> Message:
    return _("Not met: needs %(needs)s, has %(have)s", **figures)


def _left(**figures: Money) -> Message:
    return _("Not met: needs %(needs)s after other discounts, has %(have)s", **figures)


def _cap(**figures: Money) -> Message:
    return _("Capped at %(have)s: it would have been %(needs)s", **figures)


def _rival(**figures: Money) -> Message:
    return _("Better offers won: it would have saved %(have)s, they save %(needs)s", **figures)


def _exclusive(**figures: Money) -> Message:
    return _("May not be combined: it would have saved %(have)s, the better choice saves %(needs)s", **figures)


_STAFF: dict[Cause, Callable[[Why, Currency], Message]] = {
    Cause.BEFORE_START: _started,
    Cause.AFTER_END: _ended,
    Cause.WEEKDAY: _plain(_("Not met: not on this day of the week")),
    Cause.HOUR: _hour,
    Cause.BRANCH: _plain(_("Not met: not in this branch")),
    Cause.LISTED: _figures(_listed),
    Cause.NO_CLIENT: _plain(_("Not met: only with a client, choose one")),
    Cause.VISIT_NUMBER: _visit,
    Cause.CATEGORY: _plain(_("Not met: the client is in none of its categories")),
    Cause.CLASS: _plain(_("Not met: the importance class is too low, or there is none")),
    Cause.NOTHING_LEFT: _plain(_("There is nothing left to take off")),
    Cause.NOT_DISCOUNTABLE: _not_discountable,
    Cause.LEFT: _figures(_left),
    Cause.OTHER_LANE: _plain(_("Not met: other discounts work on the same lines")),
    Cause.TOO_FEW_UNITS: _units,
    Cause.CAP: _figures(_cap),
    Cause.FLOOR: _floor,
    Cause.RIVAL: _figures(_rival),
    Cause.EXCLUSIVE: _figures(_exclusive),
}
