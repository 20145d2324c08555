"""What promotions add: the form that staff fill in, and the offers it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_core.api import Offer, StoredOffer, hookimpl
from loyalty_promotions import rules
from loyalty_promotions.schemas import PromotionForm


@hookimpl
def loyalty_register_offer_form() -> type[PromotionForm]:
    """Hand over the form of a promotion."""
    return PromotionForm


@hookimpl
def loyalty_compile_offers(offers: Sequence[StoredOffer]) -> Iterator[Offer]:
    """Translate the promotions that run into offers."""
    return rules.offers(offers)
