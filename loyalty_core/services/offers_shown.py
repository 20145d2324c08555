"""Offers that staff made, as their pages show them: as the offers they would be if they ran, and how often they did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select

from loyalty_core.decisions.offers import Offer as CompetingOffer
from loyalty_core.decisions.offers import StoredOffer
from loyalty_core.engine.listing import invoice_of
from loyalty_core.engine.pricing import price
from loyalty_core.errors import Refused
from loyalty_core.facts.draft import Draft
from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.pricing import Invoice
from loyalty_core.facts.quote import Considered, Priced
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Adjustment, Offer, OfferVersion, Sale
from loyalty_core.storage.work import table_of

STATE, ACTIVE = "state", "active"
"""The field of an offer's form that says whether it runs, and the word for that it does (docs/plugins.md, *Offers*)."""

TRIED = "tried"
"""The key of an offer that is tried out."""

_offer, _version, _sale, _adjustment = (table_of(each) for each in (Offer, OfferVersion, Sale, Adjustment))
_in_force = (
    select(
        _offer.c.id,
        _offer.c.plugin,
        _offer.c.made_at,
        _offer.c.version_id,
        _version.c.number,
        _version.c.saved_at,
        _version.c.actor,
        _version.c.body,
    )
    .join(_version, and_(_version.c.network_id == _offer.c.network_id, _version.c.id == _offer.c.version_id))
    .where(_offer.c.network_id == THIS_NETWORK)
    .order_by(_offer.c.made_at.desc(), _offer.c.id.desc())
)
_used = (
    select(_version.c.offer_id, func.count(func.distinct(_adjustment.c.sale_id)).label("invoices"))
    .select_from(_adjustment)
    .join(_version, and_(_version.c.network_id == _adjustment.c.network_id, _version.c.id == _adjustment.c.version_id))
    .join(_sale, and_(_sale.c.network_id == _adjustment.c.network_id, _sale.c.id == _adjustment.c.sale_id))
    .where(_adjustment.c.network_id == THIS_NETWORK, _sale.c.state != SaleState.VOID.value)
    .group_by(_version.c.offer_id)
)


@dataclass(frozen=True, slots=True)
class OfferShown:
    """An offer in force as staff made it; `offer` is what it would compete as if it ran, if its plugin can say.

    `invoices` counts those it took something off, without void ones.
    """

    id: int
    plugin: str
    version_id: int
    number: int
    made_at: datetime
    saved_at: datetime
    actor: str
    form: Mapping[str, Any]
    invoices: int = 0
    offer: CompetingOffer | None = None

    @property
    def state(self) -> str:
        """Return the word of the form for whether it runs."""
        return str(self.form.get(STATE, ACTIVE))


@dataclass(frozen=True, slots=True)
class Trial:
    """What an offer does to an example: the whole answer, and what became of the offer itself, if it lies on it."""

    invoice: Invoice
    priced: Priced
    outcome: Considered | None


def one(unit: Unit, offer_id: int) -> OfferShown | None:
    """Return one of `listed`; the others are not even read, so that a change of one holds nobody up."""
    return next(iter(listed(unit, offer_id)), None)


def listed(unit: Unit, only: int | None = None) -> list[OfferShown]:
    """Return all offers made in the forms of plugins that are loaded, the newest first; or `only` the one of an id."""
    used = {row.offer_id: row.invoices for row in unit.execute(_used)}
    found = [
        _shown(row, used.get(row.id, 0))
        for row in unit.execute(_in_force)
        if row.plugin in unit.plugins.offer_forms and only in (None, row.id)
    ]
    offers = as_if_running(unit, found)
    return [replace(each, offer=offers.get(each.version_id)) for each in found]


def _shown(row: Any, invoices: int) -> OfferShown:
    kept = {name: value for name, value in row._mapping.items() if name != "body"}
    return OfferShown(**kept, form=json.loads(row.body), invoices=invoices)


def as_if_running(unit: Unit, shown: Iterable[OfferShown]) -> dict[int, CompetingOffer]:
    """Return the offers that forms stand for, as if they ran, by version; what cannot be said is left out."""
    stored: dict[str, list[StoredOffer]] = {}
    for each in shown:
        try:
            form = unit.plugins.read_offer(each.plugin, _running(unit, each.plugin, each.form))
        except Refused:  # a newer plugin may not accept an old form
            continue
        stored.setdefault(each.plugin, []).append(StoredOffer(each.id, each.version_id, each.made_at, form))
    outcomes = unit.plugins.dispatcher.compile_offers(unit.occasion(), stored)
    return {
        offer.version_id: offer
        for outcome in outcomes
        for offer in outcome.answer or ()
        if offer.version_id is not None
    }


def as_if_saved(unit: Unit, plugin: str, form: Mapping[str, Any]) -> CompetingOffer | None:
    """Return the offer that a form stands for as if it were saved and ran. Raises `Refused` as its schema does."""
    checked = unit.plugins.check_offer(plugin, _running(unit, plugin, form))
    shown = OfferShown(1, plugin, 1, 1, unit.now, unit.now, unit.actor, checked)
    return as_if_running(unit, [shown]).get(1)


def try_out(unit: Unit, offer: CompetingOffer, instead_of: str, draft: Draft, at: datetime) -> Trial:
    """Price an example with an offer among those in force; `instead_of` is the reference of its saved version.

    Nothing is written, no client is there, and plugins are not asked for proposals.
    """
    configuration = unit.configuration
    zone = configuration.branches[draft.branch_id]
    invoice = invoice_of(draft, at, zone, configuration.currency, configuration.rounding[0])
    tried = replace(offer, key=TRIED)
    priced = price(
        invoice,
        None,
        unit.offers.offers,
        [tried],
        configuration.policy,
        configuration.rounding,
        taken_off=frozenset({instead_of}),
    )
    outcome = next((each for each in priced.considered if each.reference == tried.reference), None)
    return Trial(invoice, priced, outcome)


def _running(unit: Unit, plugin: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form that says that it runs, where forms of its plugin say so at all."""
    has_state = STATE in unit.plugins.offer_forms[plugin]().fields
    return {**form, **({STATE: ACTIVE} if has_state else {})}
