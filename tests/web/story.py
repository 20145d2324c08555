"""The story of the prototype of the till, without cards: its client, items and promotions, in a salon of tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from loyalty_core.facts.standing import Element
from loyalty_core.services import anchors, offers, plugins, standing
from loyalty_core.services.unit import Unit
from loyalty_web.erp import drafts
from loyalty_web.erp.drafts import Chosen, ChosenLine
from loyalty_web.erp.tables import Item, ItemCategory, Person, PersonPhone, folded
from tests.web.office import Office

CLIENT, PHONE = "Olena Koval", "380671239876"
HAIRCUT, COLOURING, SHAMPOO = "haircut", "colouring", "4820011223344"
CONSULTATION, MEDICINE = "consultation", "medicine"


@dataclass(frozen=True)
class Story:
    """What the story made: its client, and its promotions by name."""

    client_id: int
    promotions: dict[str, str]


def tell(office: Office) -> Story:
    """Put the story's client, items and promotions into the salon."""
    with office.work() as unit:
        for name in ("branch", "discount_rules", "promotions"):
            plugins.activate(unit, name)
        client_id = _client(unit)
        _items(unit)
        scope_id = anchors.branch_scopes(unit)[anchors.branch_ids(unit)["podil"]]
        standing.set_by_hand(unit, client_id, scope_id, Element.DISCOUNT, 500, "a regular")
        promotions = {
            "Colour on weekdays": promotion(unit, "Colour on weekdays", percent_bp=1_500, items=[COLOURING]),
            "Second at half price": promotion(unit, "Second at half price", amount_minor=21_000, items=[SHAMPOO]),
            "300 off from 3,500": promotion(unit, "300 off from 3,500", amount_minor=30_000, minimum_minor=350_000),
        }
    return Story(client_id, promotions)


def told(template: tuple[Path, Story], folder: Path) -> Iterator[Office]:
    """Yield an office of its own in which the story was told: for a fixture `office` of a module."""
    made = Office(Path(shutil.copytree(template[0], folder / "told")))
    yield made
    made.close()


LINES = (ChosenLine("1", HAIRCUT), ChosenLine("2", COLOURING), ChosenLine("3", SHAMPOO, 2_000))


def draft(office: Office, story: Story) -> str:
    """Put the story's invoice down as a draft at Podil, and return its address."""
    with office.work("cashier") as unit:
        made = drafts.make(unit, unit.configuration.branch_ids["podil"], "story", Chosen(story.client_id, lines=LINES))
    return f"/invoices/drafts/{made.id}"


def promotion(unit: Unit, name: str, items: Sequence[str] = (), ends_on: date | None = None, **benefit: Any) -> str:
    """Save an active promotion and return the reference of its offer."""
    form = {"name": {"en": name}, "state": "active", "items": list(items), **benefit}
    if ends_on is not None:
        form["ends_on"] = ends_on.isoformat()
    return f"promotions:{offers.save(unit, 'promotions', form).id}"


def end(unit: Unit, reference: str) -> None:
    """End a promotion, given the reference of its offer."""
    id_ = int(reference.rpartition(":")[2])
    form = dict(offers.of_plugin(unit, "promotions")[id_])
    offers.save(unit, "promotions", {**form, "state": "ended"}, id_)


def _client(unit: Unit) -> int:
    client_id = anchors.anchor_clients(unit, "story", ["olena"])["olena"]
    name = {"client_id": client_id, "name": CLIENT, "search_name": folded(CLIENT)}
    unit.insert(Person, [{**name, "birthday": None, "locale": "uk"}])
    unit.insert(PersonPhone, [{"client_id": client_id, "digits": PHONE, "main": True}])
    return client_id


def _items(unit: Unit) -> None:
    hair = unit.ids.next()
    unit.insert(ItemCategory, [{"id": hair, "parent_id": None, "name": "Story", "path": "Story"}])
    rows = (
        (HAIRCUT, "Haircut and styling", "service", 85_000),
        (COLOURING, "Colouring, one tone", "service", 160_000),
        (SHAMPOO, "Moisture shampoo, 250 ml", "goods", 42_000),
        (CONSULTATION, "Consultation", "service", None),
    )
    for code, name, kind, price in rows:
        row = {"id": unit.ids.next(), "external_id": code, "name": name, "category_id": hair, "kind": kind}
        unit.insert(Item, [{**row, "search_name": folded(name), "price_minor": price}])
