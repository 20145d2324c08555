"""The thinking of promotions: a form becomes an offer (SEMANTICS 8, *promotions*)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TypedDict, cast

from loyalty_core.api import (
    AmountOff,
    AtBranches,
    Benefit,
    ClassAtLeast,
    Covers,
    During,
    FixedPrice,
    InCategories,
    Lane,
    ListedAtLeast,
    Message,
    Offer,
    OfferCondition,
    PercentOff,
    StoredOffer,
    Wording,
)

ACTIVE = "active"
STATES = ("draft", ACTIVE, "paused", "ended")
"""A promotion that is active and begins later is what people call scheduled."""

_A_DAY = timedelta(days=1)


class Promotion(TypedDict):
    """A promotion as the schema reads it; `ends_on` is its last day, money is in minor units."""

    name: Mapping[str, str]
    state: str
    percent_bp: int | None
    amount_minor: int | None
    price_minor: int | None
    items: Sequence[str]
    categories: Sequence[str]
    starts_on: date | None
    ends_on: date | None
    weekdays: Sequence[int]
    from_minute: int
    to_minute: int
    branches: Sequence[int]
    minimum_minor: int | None
    labels: Sequence[str]
    class_rank: int | None
    cap_minor: int | None
    priority: int
    exclusive: bool
    combines: bool


def offers(stored: Sequence[StoredOffer]) -> Iterator[Offer]:
    """Yield the offers of those promotions that are active; drafts, paused and ended ones give none."""
    for each in stored:
        promotion = cast(Promotion, each.form)
        if promotion["state"] == ACTIVE:
            yield _offer(each, promotion)


def _offer(stored: StoredOffer, promotion: Promotion) -> Offer:
    """Return a promotion as an offer; its key is that of the promotion, whatever its version."""
    return Offer(
        key=str(stored.id),
        label=_label(promotion["name"]),
        benefit=_benefit(promotion),
        lane=Lane.EVERYTHING if promotion["combines"] else Lane.PROMOTION,
        covers=Covers(items=frozenset(promotion["items"]), categories=frozenset(promotion["categories"])),
        conditions=tuple(_conditions(promotion)),
        cap_minor=promotion["cap_minor"],
        priority=promotion["priority"],
        exclusive=promotion["exclusive"],
        version_id=stored.version_id,
    )


def _label(name: Mapping[str, str]) -> Message:
    texts = {language: text for language, text in name.items() if text}
    return Message("%(name)s", MappingProxyType({"name": Wording(texts)}))


def _benefit(promotion: Promotion) -> Benefit:
    if promotion["percent_bp"] is not None:
        return PercentOff(Decimal(promotion["percent_bp"]).scaleb(-2))
    if promotion["amount_minor"] is not None:
        return AmountOff(promotion["amount_minor"])
    assert promotion["price_minor"] is not None, "the form asks for one of the three"
    return FixedPrice(promotion["price_minor"])


def _conditions(promotion: Promotion) -> Iterator[OfferCondition]:
    """Yield what must hold; the form shows the last day, an offer ends before the next one (SEMANTICS 12)."""
    last = promotion["ends_on"]
    during = During(
        starts_on=promotion["starts_on"],
        ends_before=last + _A_DAY if last is not None else None,
        weekdays=frozenset(promotion["weekdays"]),
        from_minute=promotion["from_minute"],
        to_minute=promotion["to_minute"],
    )
    if during != During():
        yield during
    if promotion["branches"]:
        yield AtBranches(frozenset(promotion["branches"]))
    if promotion["minimum_minor"] is not None:
        yield ListedAtLeast(promotion["minimum_minor"])
    if promotion["labels"]:
        yield InCategories(frozenset(promotion["labels"]))
    if promotion["class_rank"] is not None:
        yield ClassAtLeast(promotion["class_rank"])
