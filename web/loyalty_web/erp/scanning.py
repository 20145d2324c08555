"""What was scanned or typed into the one field of the till: an item, a client, or a choice (UI 3).

The order is told, not guessed: the exact code of an item, a phone, a name. No plugin recognises promo codes and cards
yet: a word that is nothing else is not found, and nothing is kept of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from loyalty_core.ports import Catalogue, ItemCard, People, PersonCard, Reading

LONGEST = 100
MOST_OFFERED = 8
SHORTEST_NAME = 2
SHORTEST_PHONE = 4

SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
"""What scanners send before a code to say of which kind it is: `]C1`."""

PHONE = re.compile(r"[+()\d\s-]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found: one of `item`, `client`, or several to choose from; all empty: nothing."""

    item: ItemCard | None = None
    client: PersonCard | None = None
    items: tuple[ItemCard, ...] = ()
    clients: tuple[PersonCard, ...] = ()

    @property
    def is_choice(self) -> bool:
        """Whether a person has to choose."""
        return bool(self.items or self.clients)


def cleaned(text: str) -> str:
    """Return what was scanned without what scanners put around it: control signs, `]C1`, stars."""
    plain = "".join(" " if sign.isspace() else sign for sign in text if unicodedata.category(sign)[0] != "C")
    return SYMBOLOGY.sub("", plain.strip()).strip("* ")[:LONGEST]


def recognise(unit: Reading, catalogue: Catalogue, people: People, text: str) -> Hit:
    """Return what a scanned text means; `text` is cleaned."""
    if not text:
        return Hit()
    exact = catalogue.items(unit, [text]).get(text)
    if exact is not None:
        return Hit(item=exact)
    items, clients = suggestions(unit, catalogue, people, text)
    if len(items) + len(clients) == 1:
        return Hit(item=items[0] if items else None, client=clients[0] if clients else None)
    return Hit(items=tuple(items), clients=tuple(clients))


def suggestions(
    unit: Reading, catalogue: Catalogue, people: People, text: str
) -> tuple[Sequence[ItemCard], Sequence[PersonCard]]:
    """Return items and persons that a text may mean, the best first, a few of each."""
    if len(text) < SHORTEST_NAME:
        return (), ()
    is_phone = PHONE.fullmatch(text) is not None
    if is_phone and sum(sign.isdigit() for sign in text) < SHORTEST_PHONE:
        return (), ()
    items = () if is_phone and "+" in text else catalogue.find(unit, text, MOST_OFFERED)
    return items, people.find(unit, text, MOST_OFFERED)
