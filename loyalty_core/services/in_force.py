"""What one version of a network's configuration points at: now, or as of an earlier version.

Versions of programmes and offers are immutable, so an earlier configuration is a short list of them. It is kept
whenever the configuration changes: an invoice is issued by the configuration of its quote (SEMANTICS 6, *Tender*).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, select

from loyalty_core.services.chunks import chunks
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.tables import (
    Offer,
    OfferVersion,
    PastConfiguration,
    PluginState,
    Programme,
    ProgrammeVersion,
    Setting,
)
from loyalty_core.storage.work import Work, table_of


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A programme's version; `body` is JSON."""

    id: int
    kind: str
    scope_id: int
    version_id: int
    number: int
    body: str


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer's version; `body` is JSON, `made_at` when the offer was first made."""

    id: int
    plugin: str
    version_id: int
    made_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class InForce:
    """Programmes, offers, settings, and which plugins are active with which settings of their own.

    `suspended` are those that may not be called now, whatever they were then.
    """

    programmes: tuple[ProgrammeRow, ...]
    offers: tuple[OfferRow, ...]
    settings: Mapping[str, object]
    active: frozenset[str]
    plugin_settings: Mapping[str, Mapping[str, object]]
    suspended: frozenset[str]


_programme, _programme_version = table_of(Programme), table_of(ProgrammeVersion)
_offer, _offer_version = table_of(Offer), table_of(OfferVersion)
_setting, _state, _past = table_of(Setting), table_of(PluginState), table_of(PastConfiguration)

_PROGRAMME_COLUMNS = (
    _programme.c.id,
    _programme.c.kind,
    _programme.c.scope_id,
    _programme_version.c.id.label("version_id"),
    _programme_version.c.number,
    _programme_version.c.body,
)
_OFFER_COLUMNS = (
    _offer.c.id,
    _offer.c.plugin,
    _offer_version.c.id.label("version_id"),
    _offer.c.made_at,
    _offer_version.c.body,
)


def _joined(columns: Sequence[Any], noun: Any, version: Any, of: str, *, past: bool) -> Select[Any]:
    """Select nouns with their version in force, or with those versions that are asked for."""
    found = select(*columns).where(noun.c.network_id == THIS_NETWORK)
    if not past:
        tie = and_(version.c.network_id == noun.c.network_id, version.c.id == noun.c.version_id)
        return found.select_from(noun.join(version, tie)).order_by(noun.c.id)
    tie = and_(version.c.network_id == noun.c.network_id, version.c[of] == noun.c.id)
    return found.select_from(noun.join(version, tie)).where(version.c.id.in_(bindparam("ids", expanding=True)))


PROGRAMMES = _joined(_PROGRAMME_COLUMNS, _programme, _programme_version, "programme_id", past=False)
_PAST_PROGRAMMES = _joined(_PROGRAMME_COLUMNS, _programme, _programme_version, "programme_id", past=True)
_OFFERS = _joined(_OFFER_COLUMNS, _offer, _offer_version, "offer_id", past=False)
_PAST_OFFERS = _joined(_OFFER_COLUMNS, _offer, _offer_version, "offer_id", past=True)


def _all(model: type[Base]) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c.network_id == THIS_NETWORK)


_SETTINGS, _STATES = _all(Setting), _all(PluginState)
_KEPT = select(_past.c.body).where(_past.c.network_id == THIS_NETWORK, _past.c.version == bindparam("of_version"))


def read_in_force(work: Work) -> InForce:
    """Return what is in force now, in the unit's transaction."""
    states = work.execute(_STATES).all()
    return InForce(
        programmes=tuple(ProgrammeRow(*tuple(row)) for row in work.execute(PROGRAMMES)),
        offers=tuple(OfferRow(*tuple(row)) for row in work.execute(_OFFERS)),
        settings={row.key: json.loads(row.value) for row in work.execute(_SETTINGS)},
        active=frozenset(row.plugin for row in states if row.active),
        plugin_settings={row.plugin: json.loads(row.settings) for row in states if row.settings is not None},
        suspended=_suspended(states),
    )


def read_past(work: Work, version: int) -> InForce | None:
    """Return what was in force as of an earlier version; nothing where that is not known any more."""
    kept = work.execute(_KEPT, {"of_version": version}).scalar()
    if kept is None:
        return None
    body = json.loads(kept)
    return InForce(
        programmes=tuple(sorted(_versions(work, _PAST_PROGRAMMES, ProgrammeRow, body["programmes"]), key=_by_id)),
        offers=tuple(sorted(_versions(work, _PAST_OFFERS, OfferRow, body["offers"]), key=_by_id)),
        settings=body["settings"],
        active=frozenset(body["active"]),
        plugin_settings=body["plugin_settings"],
        suspended=_suspended(work.execute(_STATES).all()),
    )


def _suspended(states: Iterable[Any]) -> frozenset[str]:
    return frozenset(row.plugin for row in states if row.suspended_at is not None)


def _by_id(row: Any) -> int:
    id_: int = row.id
    return id_


def _versions(work: Work, statement: Select[Any], kind: type[Any], ids: Sequence[int]) -> Iterable[Any]:
    for some in chunks(ids):
        for row in work.execute(statement, {"ids": some}):
            yield kind(*row)


def keep(work: Work, version: int) -> None:
    """Keep what is in force now as this version of the configuration."""
    now = read_in_force(work)
    body = {
        "programmes": [each.version_id for each in now.programmes],
        "offers": [each.version_id for each in now.offers],
        "settings": now.settings,
        "active": sorted(now.active),
        "plugin_settings": now.plugin_settings,
    }
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    work.insert(PastConfiguration, [{"version": version, "body": text, "at": work.now}])
