"""What belongs to one request: its actor, its one unit of work, its reader, the places it may show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import abort, current_app, g, request
from werkzeug.exceptions import Unauthorized

from loyalty_core.facts.money import Currency
from loyalty_core.i18n import SOURCE_LOCALE, locale_of
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_web.actor import Actor
from loyalty_web.places import Place, Surroundings, surroundings
from loyalty_web.wording import Reader

if TYPE_CHECKING:
    from loyalty_web.extension import LoyaltyExtension


@dataclass
class Scope:
    """What is known of this request so far."""

    actor: Actor | None
    unit: Unit | None = None
    writes: bool = False
    around: Surroundings | None = None
    reader: Reader | None = None
    said: list[str] = field(default_factory=list)


def extension() -> LoyaltyExtension:
    """Return the extension of the application that answers."""
    found: LoyaltyExtension = current_app.extensions["loyalty"]
    return found


def scope() -> Scope:
    """Return what is known of this request; the host is asked once who it is."""
    if "loyalty" not in g:
        g.loyalty = Scope(extension().identify())
    found: Scope = g.loyalty
    return found


def forget_scope() -> None:
    """Ask anew who it is: after somebody signed in, or changed what they see."""
    g.pop("loyalty", None)


def actor_or_none() -> Actor | None:
    """Return who asks, if anybody is known."""
    return scope().actor


def the_actor() -> Actor:
    """Return who asks; stops with 401 where nobody is signed in."""
    found = scope().actor
    if found is None:
        raise Unauthorized
    return found


def house() -> Loyalty:
    """Return the product."""
    return extension().loyalty


@contextmanager
def the_unit() -> Iterator[Unit]:
    """Open the unit of work that this request writes in; it commits at the end of the outermost `with`.

    Inside it the same unit is given again. It may not be opened inside `reading()`: no transaction reads first and
    writes later (DATA, *Transactions*).
    """
    with _unit(writes=True) as unit:
        yield unit


@contextmanager
def reading() -> Iterator[Unit]:
    """Open the unit of work that this request reads in, or use the one that is open."""
    with _unit(writes=False) as unit:
        yield unit


@contextmanager
def _unit(*, writes: bool) -> Iterator[Unit]:
    here = scope()
    if here.unit is not None:
        assert here.writes or not writes, "a page that writes opens the_unit() first"
        yield here.unit
        return
    with _opened(the_actor(), writes=writes) as unit:
        here.unit, here.writes = unit, writes
        try:
            yield unit
        finally:
            here.unit = None
    if writes:
        here.around = here.reader = None  # names may have changed


def _opened(actor: Actor, *, writes: bool) -> AbstractContextManager[Unit]:
    connection = extension().connection()
    if connection is not None:
        return house().guest(connection, actor.network_id, actor.key)
    return house().work(actor.network_id, actor.key) if writes else house().reading(actor.network_id)


def around() -> Surroundings:
    """Return the network's name, currency and branches."""
    here = scope()
    if here.around is None:
        with reading() as unit:
            here.around = surroundings(unit)
    return here.around


def reader() -> Reader:
    """Return how the person at the screen reads; before sign-in by what the browser asks for."""
    here = scope()
    if here.reader is None:
        texts = extension().texts
        if here.actor is None:
            names = {str(locale): locale for locale in texts.locales()}
            best = request.accept_languages.best_match(names)
            locale = names[best] if best else SOURCE_LOCALE
            here.reader = Reader(texts, locale, Currency("XXX"), ZoneInfo("UTC"))
        else:
            known = around()
            here.reader = Reader(texts, locale_of(here.actor.locale), known.currency, known.zone)
    return here.reader


def today() -> date:
    """Return the day it is in the working branch, or by the network's clock."""
    place = working_place()
    return house().clock.now().astimezone(place.zone if place else around().zone).date()


def working_place() -> Place | None:
    """Return the working branch, if one is chosen; the only one of a business needs no choosing."""
    actor, places = the_actor(), around().places
    if actor.branch_id is None and len(places) == 1:
        return places[0]
    return around().by_id.get(actor.branch_id) if actor.branch_id is not None else None


def place_or_404(external_id: str, permission: str) -> Place:
    """Return the branch of a URL; 404 for one that is not there, or where the actor may not do this."""
    place = around().by_name.get(external_id)
    if place is None or not the_actor().may(permission, place.id):
        abort(404)
    return place


def say(text: str) -> None:
    """Say something once, politely, to whoever listens rather than looks; `render` puts it into `#said`."""
    scope().said.append(text)
