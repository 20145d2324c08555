"""The network and its branches by name: what every page's frame shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import select

from loyalty_core.facts.money import Currency
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Branch, Network
from loyalty_core.storage.work import table_of

_network, _branch = table_of(Network), table_of(Branch)
_name = select(_network.c.name, _network.c.currency, _network.c.digits, _network.c.time_zone).where(
    _network.c.id == THIS_NETWORK
)
_branches = (
    select(_branch.c.id, _branch.c.external_id, _branch.c.name, _branch.c.time_zone)
    .where(_branch.c.network_id == THIS_NETWORK)
    .order_by(_branch.c.name, _branch.c.id)
)


@dataclass(frozen=True, slots=True)
class Place:
    """A branch: `external_id` is what URLs call it."""

    id: int
    external_id: str
    name: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Surroundings:
    """A network by name, with its currency, its zone and its branches, by name."""

    name: str
    currency: Currency
    zone: ZoneInfo
    places: tuple[Place, ...]

    @cached_property
    def by_id(self) -> Mapping[int, Place]:
        """Return the branches by id."""
        return {place.id: place for place in self.places}

    @cached_property
    def by_name(self) -> Mapping[str, Place]:
        """Return the branches by what URLs call them."""
        return {place.external_id: place for place in self.places}

    @property
    def is_chain(self) -> bool:
        """Whether there is more than one branch: else nobody need hear of a network (UI 1)."""
        return len(self.places) > 1


def surroundings(unit: Unit) -> Surroundings:
    """Read the names of the network and its branches."""
    network = unit.execute(_name).one()
    places = tuple(Place(row.id, row.external_id, row.name, ZoneInfo(row.time_zone)) for row in unit.execute(_branches))
    return Surroundings(network.name, Currency(network.currency, network.digits), ZoneInfo(network.time_zone), places)
