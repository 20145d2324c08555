"""What the address of a list of invoices asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from loyalty_core.facts.invoice import SaleState
from loyalty_core.services.invoices.listing import Wanted
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.places import Place

MOST_CLIENTS = 200
"""How many clients a name may mean before only the first count."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters as they stand in the address; `places` are the branches one may choose from."""

    text: str
    state: SaleState | None
    place: Place | None
    first: date | None
    last: date | None
    places: Sequence[Place]
    branches: Collection[int] | None

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return bool(self.text or self.state or self.place or self.first or self.last)


def filters(args: Mapping[str, str], places: Sequence[Place], own: Collection[int] | None) -> Asked:
    """Read the address; what makes no sense there is as if it were not. `own` are the branches one may see."""
    mine = [place for place in places if own is None or place.id in own]
    return Asked(
        text=args.get("q", "").strip()[:100],
        state=next((state for state in SaleState if state.value == args.get("state")), None),
        place=next((place for place in mine if place.external_id == args.get("branch")), None),
        first=_day(args.get("from", "")),
        last=_day(args.get("to", "")),
        places=mine,
        branches=own,
    )


def wanted(unit: Unit, asked: Asked) -> Wanted:
    """Return which invoices are meant: a text is the number of one, else a part of a client's name or phone."""
    clients, number = None, None
    if asked.text:
        people = requests.extension().ports.people
        found = [card.client_id for card in people.find(unit, asked.text, MOST_CLIENTS)]
        digits = asked.text.lstrip("№# ")
        if found and not digits.isdecimal():
            clients = found
        else:
            number = digits
    return Wanted(
        branches=[asked.place.id] if asked.place else asked.branches,
        clients=clients,
        states=[asked.state] if asked.state else None,
        number=number,
        first=asked.first,
        last=asked.last,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
