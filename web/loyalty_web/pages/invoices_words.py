"""The words of invoices: states, kinds, lanes, ways of paying, and what an offer that almost applies lacks (UI 5)."""

from __future__ import annotations

from collections.abc import Mapping

from loyalty_core.facts.combination import Lane
from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.money import Currency, Money
from loyalty_core.facts.quote import Cause, Why
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

STATES: Mapping[SaleState, tuple[Message, str]] = {
    SaleState.ISSUED: (_("Issued"), "info"),
    SaleState.PART_PAID: (_("Part paid"), "warn"),
    SaleState.PAID: (_("Paid in full"), "ok"),
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
