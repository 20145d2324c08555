"""What depends on a plugin in a network, said before somebody switches it off (UI 2.10)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from loyalty_core.facts.standing import Origin
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.tables import Offer, Standing
from loyalty_core.storage.work import table_of

_standing, _offer = table_of(Standing), table_of(Offer)
_given = select(func.count(func.distinct(_standing.c.client_id))).where(
    _standing.c.network_id == THIS_NETWORK,
    _standing.c.origin == Origin.RULE.value,
    _standing.c.value.is_not(None),
)
_offers = select(func.count()).where(_offer.c.network_id == THIS_NETWORK, _offer.c.plugin == bindparam("of_plugin"))


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """What a plugin has in a network: clients who have something by its rules, programmes of its kinds or with its
    rules, offers staff made in its form, and rows in its own tables.
    """

    clients: int
    programmes: int
    offers: int
    rows: int


def facts(unit: Unit, plugin: str) -> PluginFacts:
    """Count what a plugin has; a statement for standing, one for offers, one for each of its tables."""
    programmes = unit.configuration.programmes
    decided = [
        (scope_id, element.value, item)
        for scope_id, programme in sorted(programmes.items())
        for element, item in (each.slot for each in programme.sets if each.plugin == plugin)
    ]
    kinds = {code for code, owned in unit.plugins.kinds.items() if owned.plugin == plugin}
    of_kind = {scope_id for scope_id, programme in programmes.items() if programme.kind in kinds}
    return PluginFacts(
        clients=unit.execute(_given.where(_any_of(decided))).scalar_one() if decided else 0,
        programmes=len(of_kind | {scope_id for scope_id, _element, _item in decided}),
        offers=unit.execute(_offers, {"of_plugin": plugin}).scalar_one(),
        rows=sum(unit.execute(_counted(name)).scalar_one() for name in unit.plugins.tables.get(plugin, ())),
    )


def _any_of(slots: list[tuple[int, str, str]]) -> ColumnElement[bool]:
    """Return the condition that a row of standing is one of these."""
    return or_(
        *(
            and_(_standing.c.scope_id == scope_id, _standing.c.element == element, _standing.c.item == item)
            for scope_id, element, item in slots
        )
    )


@lru_cache(maxsize=256)
def _counted(name: str) -> Select[Any]:
    """Return the statement that counts the rows of a plugin's table in this network."""
    table = Base.metadata.tables[name]
    return select(func.count()).select_from(table).where(table.c.network_id == THIS_NETWORK)
