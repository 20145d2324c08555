"""Offers that staff make in a plugin's form: immutable versions, a pointer that moves (ARCHITECTURE, *Offers*)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from loyalty_core.decisions.offers import StoredOffer
from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Offer, OfferVersion
from loyalty_core.storage.work import canonical, table_of

offer, version = table_of(Offer), table_of(OfferVersion)
_of_id = select(offer).where(offer.c.network_id == THIS_NETWORK, offer.c.id == bindparam("of_id")).with_for_update()
_versions = (
    select(version)
    .where(version.c.network_id == THIS_NETWORK, version.c.offer_id == bindparam("of_offer"))
    .order_by(version.c.number)
)
_point = (
    update(offer)
    .where(offer.c.network_id == THIS_NETWORK, offer.c.id == bindparam("of_id"))
    .values(version_id=bindparam("new_version"))
)


@dataclass(frozen=True, slots=True)
class SavedOffer:
    """An offer's version in force; `changed` is false when it said so already."""

    id: int
    version_id: int
    number: int
    changed: bool


@dataclass(frozen=True, slots=True)
class OfferVersionShown:
    """One version of an offer, as it was saved: by whom, when, and what it says in the plugin's form."""

    version_id: int
    number: int
    saved_at: datetime
    actor: str
    form: Mapping[str, Any]


def save(unit: Unit, plugin: str, form: Mapping[str, object], offer_id: int | None = None) -> SavedOffer:
    """Save a new offer, or a new version of the one called `offer_id`, in the form its plugin registered.

    It prices from its commit on. Raises `Refused`: `unknown_form` where no active plugin takes offers under that name,
    `unknown_offer`, those of the form, and those of the plugin when it cannot make an offer of it.
    """
    if plugin not in unit.plugins.offer_forms or plugin not in unit.usable(unit.configuration.active):
        text = _("No active plugin “%(plugin)s” takes offers.", plugin=plugin)
        raise Refused(Problem("unknown_form", text, ("plugin",)))
    body = unit.plugins.check_offer(plugin, form)
    old = None
    history: Sequence[Any] = ()
    if offer_id is not None:
        old = unit.execute(_of_id, {"of_id": offer_id}).first() if is_id(offer_id) else None
        if old is None or old.plugin != plugin:
            raise Refused(Problem("unknown_offer", _("There is no such offer."), ("offer_id",)))
        history = unit.execute(_versions, {"of_offer": old.id}).all()
    _try_out(unit, plugin, body)
    text_ = canonical(body)
    current = next((each for each in history if old is not None and each.id == old.version_id), None)
    if old is not None and current is not None and current.body == text_:
        return SavedOffer(old.id, current.id, current.number, changed=False)
    return _write(unit, plugin, old, current, len(history), text_)


def _write(unit: Unit, plugin: str, old: Any, current: Any, so_far: int, body: str) -> SavedOffer:
    version_id, number = unit.ids.next(), so_far + 1
    id_ = unit.ids.next() if old is None else old.id
    if old is None:
        unit.insert(Offer, [{"id": id_, "plugin": plugin, "made_at": unit.now, "version_id": version_id}])
    else:
        unit.execute_each(_point, [{"of_id": id_, "new_version": version_id}])
    row = {"id": version_id, "offer_id": id_, "number": number, "body": body, "saved_at": unit.now, "actor": unit.actor}
    unit.insert(OfferVersion, [row])
    unit.configuration_changed()
    before = None if current is None else {"version": current.id, "form": json.loads(current.body)}
    unit.audit("offer.saved", f"offer:{id_}", before, {"version": version_id, "form": json.loads(body)})
    unit.emit("offer_saved", {"offer": str(id_), "version": str(version_id), "plugin": plugin})
    return SavedOffer(id_, version_id, number, changed=True)


def _try_out(unit: Unit, plugin: str, body: Mapping[str, Any]) -> None:
    """Let the plugin make offers of one form alone; refuse what it cannot make any of."""
    stored = StoredOffer(1, 1, unit.now, unit.plugins.read_offer(plugin, body))
    occasion = unit.occasion()
    for outcome in unit.plugins.dispatcher.compile_offers(occasion, {plugin: [stored]}):
        if outcome.plugin == plugin and outcome.failure is not None:
            raise Refused(outcome.failure.problems)


def of_plugin(unit: Unit, plugin: str) -> dict[int, Mapping[str, Any]]:
    """Return the offers of a plugin in force, as their forms, by id."""
    return {row.id: json.loads(row.body) for row in unit.configuration.offers if row.plugin == plugin}


def history(unit: Unit, offer_id: int) -> list[OfferVersionShown]:
    """Return all versions of an offer, the first one first; nothing for one that is unknown."""
    if not is_id(offer_id):
        return []
    return [
        OfferVersionShown(row.id, row.number, row.saved_at, row.actor, json.loads(row.body))
        for row in unit.execute(_versions, {"of_offer": offer_id})
    ]
