"""The words of invoices: states, lanes, kinds, and why an offer applied or did not, to staff and to clients (UI 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from loyalty_core.facts.combination import Lane
from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.money import Currency, Money
from loyalty_core.facts.quote import Cause, Considered, Fate, Why
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

STATES: Mapping[SaleState, tuple[Message, str]] = {
    SaleState.ISSUED: (_("Issued"), "info"),
    SaleState.PART_PAID: (_("Part paid"), "warn"),
    SaleState.PAID: (_("Paid"), "ok"),
    SaleState.PART_REFUNDED: (_("Part refunded"), "warn"),
    SaleState.REFUNDED: (_("Refunded"), "off"),
    SaleState.VOID: (_("Void"), "off"),
}
"""What a state is called, and the kind of its badge."""

KINDS: Mapping[str, Message] = {
    "service": _("Service"),
    "goods": _("Goods"),
    "fee": _("Fee"),
    "gift_card": _("Gift card"),
    "top_up": _("Top-up"),
    "membership": _("Membership"),
}

LANES: Mapping[str, Message] = {
    Lane.PROGRAMME: _("Programme"),
    Lane.CARD: _("Card"),
    Lane.PROMOTION: _("Promotion"),
    Lane.EVERYTHING: _("Promotion"),
    Lane.CODE: _("Promo code"),
    Lane.MANUAL: _("By hand"),
}

WEEKDAYS = (
    _("not on Mondays"),
    _("not on Tuesdays"),
    _("not on Wednesdays"),
    _("not on Thursdays"),
    _("not on Fridays"),
    _("not on Saturdays"),
    _("not on Sundays"),
)

TENDERS: Mapping[str, Message] = {"cash": _("Cash"), "card": _("Bank card"), "other": _("Other")}
"""Ways of paying that every network has; others go by their own name."""


def lane_words(lane: str) -> Message:
    """Return what a lane is called; a third party's is its plugin's."""
    return LANES.get(lane, _("Plugin"))


def lane_mark(lane: str) -> str:
    """Return which mark a lane has: what combines with everything is a promotion."""
    return Lane.PROMOTION.value if lane == Lane.EVERYTHING else str(lane)


def tender_words(code: str, name: str) -> Message | str:
    """Return what a way of paying is called."""
    return TENDERS.get(code, name)


def because(why: Why, currency: Currency) -> Message:
    """Return a cause in staff's words, with its figures."""

    def money(minor: int | None) -> Money:
        return Money(minor or 0, currency)

    match why.cause:
        case Cause.BEFORE_START:
            return _("begins on %(day)s", day=date.fromordinal(why.needs or 1))
        case Cause.AFTER_END:
            return _("ended on %(day)s", day=date.fromordinal(why.needs or 1))
        case Cause.WEEKDAY:
            return WEEKDAYS[why.have or 0]
        case Cause.HOUR:
            return _("from %(from_time)s, now it is %(now)s", from_time=_clock(why.needs), now=_clock(why.have))
        case Cause.LISTED:
            return _("needs an invoice of %(needs)s, has %(have)s", needs=money(why.needs), have=money(why.have))
        case Cause.LEFT:
            return _(
                "needs %(needs)s left after other offers, has %(have)s", needs=money(why.needs), have=money(why.have)
            )
        case Cause.VISIT_NUMBER if why.needs == 1:
            return _("first visit only, this is visit %(have)s", have=why.have or 0)
        case Cause.VISIT_NUMBER:
            return _("on visit %(needs)s, this is visit %(have)s", needs=why.needs or 0, have=why.have or 0)
        case Cause.TOO_FEW_UNITS:
            return _("needs %(needs)s of them, has %(have)s", needs=why.needs or 0, have=why.have or 0)
        case Cause.CAP:
            return _("capped at %(have)s, it would have been %(needs)s", have=money(why.have), needs=money(why.needs))
        case Cause.FLOOR if why.needs is not None:
            return _(
                "takes %(have)s of %(needs)s: not below the lowest price", have=money(why.have), needs=money(why.needs)
            )
        case Cause.RIVAL | Cause.EXCLUSIVE:
            return _("would save %(have)s, they save %(needs)s", have=money(why.have), needs=money(why.needs))
        case Cause.NOT_DISCOUNTABLE if why.note:
            return _("no discounts on this: %(reason)s", reason=why.note)
    return PLAIN.get(why.cause, _("not met"))


PLAIN: Mapping[Cause, Message] = {
    Cause.BRANCH: _("not in this branch"),
    Cause.NO_CLIENT: _("needs a client"),
    Cause.CATEGORY: _("the client is not in its categories"),
    Cause.CLASS: _("the client's class is not high enough"),
    Cause.NOTHING_LEFT: _("nothing was left to reduce"),
    Cause.NOT_DISCOUNTABLE: _("no discounts on this item"),
    Cause.OTHER_LANE: _("not together with other discounts on its lines"),
    Cause.FLOOR: _("not below the lowest price"),
}


def missing(why: Why, currency: Currency) -> Message | None:
    """Return what would do away with a cause, for offers that almost apply; nothing where numbers do not help."""
    if why.have is None or why.needs is None:
        return None
    more = why.needs - why.have
    if why.cause in (Cause.LISTED, Cause.LEFT):
        return _(
            "Almost: %(have)s of %(needs)s. Add %(more)s",
            have=Money(why.have, currency),
            needs=Money(why.needs, currency),
            more=Money(more, currency),
        )
    if why.cause is Cause.TOO_FEW_UNITS:
        return _("Almost: %(have)s of %(needs)s. Add %(more)s more", have=why.have, needs=why.needs, more=more)
    return None


def to_client(each: Considered, rival: Message | None, currency: Currency) -> Message:
    """Return what became of an offer in warm words that name no machinery, for the client (UI 5)."""
    saved = Money(each.saves_minor, currency)
    if each.fate is Fate.APPLIED:
        return _("%(offer)s: you saved %(saved)s", offer=each.label, saved=saved)
    if each.fate is Fate.LOST and rival is not None:
        return _("%(offer)s: you have a better offer, %(rival)s", offer=each.label, rival=rival)
    more = None if each.why is None else missing(each.why, currency)
    if each.fate is Fate.NOT_MET and each.why is not None and more is not None and each.why.cause is Cause.LISTED:
        return _("%(offer)s: on invoices from %(needs)s", offer=each.label, needs=Money(each.why.needs or 0, currency))
    if each.why is not None and each.fate is not Fate.TAKEN_OFF:
        return _("%(offer)s: %(cause)s", offer=each.label, cause=because(each.why, currency))
    return _("%(offer)s: not used this time", offer=each.label)


def _clock(minute: int | None) -> str:
    hours, minutes = divmod(minute or 0, 60)
    return f"{hours:02}:{minutes:02}"
