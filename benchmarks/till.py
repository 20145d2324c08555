"""What is quoted: an invoice of ten lines for a client of the shop, with promotions that compete."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from random import Random

from benchmarks.shop import Shop
from loyalty_core.facts.draft import Draft, DraftLine
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_core.storage.tables import Offer, OfferVersion
from loyalty_core.storage.work import canonical

LINES = 10
PROMOTIONS = "promotions"


def lines(seed: int = 1) -> tuple[DraftLine, ...]:
    """Return ten lines; each seed gives them other prices."""
    random = Random(seed)
    return tuple(
        DraftLine(str(n), f"item {n}", f"Item {n}", "service", 1000, random.randint(10_00, 2_000_00), ("Hair",))
        for n in range(LINES)
    )


def drafts(shop: Shop) -> Iterator[Draft]:
    """Yield drafts without end, each for the next client."""
    for client in cycle(shop.clients):
        yield Draft("benchmark", "draft", shop.branch_id, lines(), client)


def promote(loyalty: Loyalty, shop: Shop, matching: int, others: int = 0) -> list[int]:
    """Add promotions of different percentages on everything, and `others` on items that are on no invoice.

    Returns the percentages of those that match, in basis points.
    """
    random = Random(2)
    percents = [random.randint(100, 3000) for _number in range(matching + others)]
    with loyalty.work(shop.network_id, "benchmark") as unit:
        for number, percent_bp in enumerate(percents):
            form: dict[str, object] = {"name": {"en": f"Promotion {number}"}, "state": "active"}
            form["percent_bp"] = percent_bp
            if number >= matching:
                form["items"] = [f"another item {number}"]
            _add(unit, form)
        unit.configuration_changed()
    return percents[:matching]


def _add(unit: Unit, form: dict[str, object]) -> None:
    """Add one promotion as the service does, but for trying each out alone: a thousand take a second, not minutes."""
    id_, version_id = unit.ids.next(), unit.ids.next()
    body = canonical(unit.plugins.check_offer(PROMOTIONS, form))
    unit.insert(Offer, [{"id": id_, "plugin": PROMOTIONS, "made_at": unit.now, "version_id": version_id}])
    row = {"id": version_id, "offer_id": id_, "number": 1, "body": body, "saved_at": unit.now, "actor": unit.actor}
    unit.insert(OfferVersion, [row])
