"""The client card: everything about a person on one page, and their personal discount by hand (UI 2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from loyalty_core.errors import Refused
from loyalty_core.facts.birthdays import days_from_birthday
from loyalty_core.facts.money import Percent, round_ratio
from loyalty_core.facts.standing import Element
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.ports import PersonCard
from loyalty_core.services import standing as standings
from loyalty_core.services.client_history import (
    Audience,
    Happened,
    Kind,
    StandingEvent,
    counts,
    history,
    paid_by_month,
)
from loyalty_core.services.standing_shown import ShownStanding, shown_standing
from loyalty_core.services.unit import Unit
from loyalty_core.storage.ids import is_id
from loyalty_web import client_words, phones, requests
from loyalty_web.charts import columns
from loyalty_web.forms import Day, Flag, Form, FormSchema, Phrase, Points
from loyalty_web.htmx import hx
from loyalty_web.lists import Listing
from loyalty_web.pages import Pages
from loyalty_web.pages.invoices_words import STATES
from loyalty_web.permissions import needs
from loyalty_web.places import Place
from loyalty_web.rendering import render, url_where_there

pages = Pages("clients", __name__)

SOON = 14
"""How many days ahead the card warns of what ends."""

BIRTHDAY_SOON = 7
AT_ONCE = 30
SHOWN: Mapping[Kind, tuple[Message, str]] = {
    Kind.VISIT: (_("Visits"), "calendar-week"),
    Kind.INVOICE: (_("Invoices"), "receipt"),
    Kind.STANDING: (_("Standing"), "award-fill"),
    Kind.OPENING: (_("Earlier history"), "box-seam"),
}


class ByHandForm(FormSchema):
    """A personal discount set by hand."""

    value = Points(required=True, label=_("Discount"))
    reason = Phrase(required=True, longest=1000, label=_("Reason"))
    until = Day(native=True, label=_("Last day"))
    lapses = Flag()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a client came to in one branch; the average is on the basis of its programme."""

    standing: ShownStanding
    average_minor: int
    days_ago: int | None


@pages.get("/clients/<int:client_id>")
@needs("clients.view")
def card(client_id: int) -> Response:
    """Show a client; `?branch=` says whose standing is in front, `?show=` what of the history."""
    with requests.reading() as unit:
        person = person_or_404(unit, client_id)
        past = _history(unit, client_id)
        if hx.fragment:
            return render("loyalty/client.html", "history", names=_names(unit, past["happened"]), **past)
        standing = shown_standing(unit, client_id, list(unit.configuration.own_scopes.values()))
        names = _names(unit, past["happened"], *standing.values())
        return render("loyalty/client.html", person=person, names=names, **past, **_card(unit, person, standing))


@pages.route("/clients/<int:client_id>/discount/<branch>", methods=["GET", "POST"])
@needs("standing.set")
def by_hand(client_id: int, branch: str) -> Response:
    """Set the personal discount in one branch by hand."""
    place = requests.place_or_404(branch, "standing.set")
    form = Form.showing(ByHandForm()) if request.method == "GET" else Form.sent(ByHandForm())
    if request.method == "POST" and not form.failed and _is_set(client_id, place, form):
        done = _("Personal discount in %(branch)s: %(percent)s, set by hand.", **_said(place, form.values["value"]))
        flash(requests.reader().say(done), "ok")
        return redirect(_card_url(client_id, place), 303)
    with requests.reading() as unit:
        person = person_or_404(unit, client_id)
        scope_id = unit.configuration.own_scopes[place.id]
        standing = shown_standing(unit, client_id, [scope_id])[scope_id]
        names = _names(unit, [], standing)
    back = _card_url(client_id, place)
    values = {"person": person, "place_shown": place, "standing": standing, "names": names, "back": back}
    return render("loyalty/client_by_hand.html", form=form, status=form.status, words=client_words, **values)


@pages.post("/clients/<int:client_id>/discount/<branch>/automatic")
@needs("standing.set")
def automatic(client_id: int, branch: str) -> Response:
    """Let the rules decide again."""
    place = requests.place_or_404(branch, "standing.set")
    try:
        with requests.the_unit() as unit:
            person_or_404(unit, client_id)
            scope_id = unit.configuration.own_scopes[place.id]
            standings.return_to_automatic(unit, client_id, scope_id, Element.DISCOUNT)
            now = shown_standing(unit, client_id, [scope_id])[scope_id].discount.value
        done = _("The rules decide again in %(branch)s: %(percent)s.", **_said(place, now or 0))
    except Refused as refused:
        if refused.codes != ("not_by_hand",):
            raise
        done = _("The rules decide here already.")  # pressed twice, or by somebody else meanwhile
    flash(requests.reader().say(done), "ok")
    return redirect(_card_url(client_id, place), 303)


@pages.post("/clients/<int:client_id>/recalculate")
@needs("clients.edit")
def recalculate(client_id: int) -> Response:
    """Judge a client anew in every branch."""
    with requests.the_unit() as unit:
        person_or_404(unit, client_id)
        changes = standings.recalculate(unit, client_id)
    found = ngettext("Recalculated: %(count)s change.", "Recalculated: %(count)s changes.", changes)
    flash(requests.reader().say(found if changes else _("Recalculated: nothing had to change.")), "ok")
    chosen = requests.around().by_name.get(request.form.get("branch", ""))
    return redirect(_card_url(client_id, chosen), 303)


def person_or_404(unit: Unit, client_id: int) -> PersonCard:
    """Return what is known of a client; 404 for one that is unknown here."""
    found = requests.extension().ports.people.cards(unit, [client_id]) if is_id(client_id) else {}
    if client_id not in found:
        abort(404)
    return found[client_id]


def seen_in(permission: str) -> list[Place]:
    """Return the branches somebody has a permission in."""
    actor = requests.the_actor()
    return [place for place in requests.around().places if actor.may(permission, place.id)]


def _names(unit: Unit, happened: Sequence[Happened], *standing: ShownStanding) -> Mapping[str, str]:
    """Return what those are called who did something that is shown."""
    keys = {each.actor for each in happened if isinstance(each, StandingEvent)}
    keys |= {each.discount.manual.actor for each in standing if each.discount.manual is not None}
    return requests.extension().ports.staff(unit, keys) if keys else {}


def _is_set(client_id: int, place: Place, form: Form) -> bool:
    """Set the discount that was typed; what is refused stands at its field."""
    values = form.values
    try:
        with requests.the_unit() as unit:
            person_or_404(unit, client_id)
            terms = {"until": values["until"], "lapses": values["lapses"]}
            scope_id = unit.configuration.own_scopes[place.id]
            standings.set_by_hand(
                unit, client_id, scope_id, Element.DISCOUNT, values["value"], values["reason"], **terms
            )
    except Refused as refused:
        form.refuse(refused)
        return False
    return True


def _said(place: Place, bp: int) -> dict[str, Any]:
    return {"branch": place.name, "percent": Percent(bp)}


def _card_url(client_id: int, place: Place | None) -> str:
    return url_for(".card", client_id=client_id, branch=place.external_id if place is not None else None)


def _card(unit: Unit, person: PersonCard, standing: Mapping[int, ShownStanding]) -> dict[str, Any]:
    """Return what the card shows besides the history."""
    own = unit.configuration.own_scopes
    seen = seen_in("clients.view")
    by_place = {place.id: standing[own[place.id]] for place in requests.around().places}
    place = _chosen(seen, by_place)
    front = by_place[place.id] if place is not None else None
    today = requests.today()
    first_days = [each.totals.first_day for each in by_place.values() if each.totals.first_day is not None]
    ids = [each.id for each in seen]
    paid = paid_by_month(unit, person.client_id, Audience(ids, ids), today)
    return {
        "place_shown": place if requests.around().is_chain else None,
        "place": place,
        "front": front,
        "figures": _figures(front, today) if front is not None and place in seen else None,
        "others": [
            (each, by_place[each.id].discount)
            for each in requests.around().places
            if each != place and by_place[each.id].discount.given is not None
        ],
        "since": min(first_days, default=None),
        "alerts": _alerts(person, front, today),
        "months": columns(paid, requests.reader()) if any(amount for _month, amount in paid) else None,
        "currency": unit.configuration.currency,
        "phone": phones.shown,
        "may_set": place is not None and requests.the_actor().may("standing.set", place.id),
    }


def _chosen(seen: list[Place], by_place: Mapping[int, ShownStanding]) -> Place | None:
    """Return the branch in front: the one asked for, the one of work, else where the client comes most."""
    around = requests.around()
    asked = around.by_name.get(request.args.get("branch", ""))
    if asked is not None:
        return asked
    working = requests.working_place()
    if working is not None:
        return working
    return max(seen or around.places, key=lambda each: by_place[each.id].totals.visits, default=None)


def _figures(standing: ShownStanding, today: date) -> Figures:
    totals = standing.totals
    average = round_ratio(standing.sold_minor, totals.visits) if totals.visits else 0
    return Figures(standing, average, (today - totals.last_day).days if totals.last_day is not None else None)


def _alerts(person: PersonCard, front: ShownStanding | None, today: date) -> list[Message]:
    """Return at most two facts that can be said aloud to the client."""
    found: list[Message] = []
    shown = front.discount if front is not None else None
    if shown is not None and shown.value and shown.changes_on and shown.changes_on <= today + timedelta(days=SOON):
        lasts = client_words.lasts(shown)
        found += [_("Discount %(percent)s.", percent=Percent(shown.value)), lasts] if lasts else []
    if person.birthday is not None and days_from_birthday(person.birthday, today) <= BIRTHDAY_SOON:
        found.append(_("Birthday: %(day)s.", day=requests.reader().day_of_year(person.birthday)))
    return found


def _history(unit: Unit, client_id: int) -> dict[str, Any]:
    """Return one page of what happened, of the kind that is asked for."""
    asked = request.args.get("show", "")
    kind = Kind(asked) if asked in set(Kind) else None
    visits, invoices = ([place.id for place in seen_in(each)] for each in ("clients.view", "invoices.view"))
    audience = Audience(visits, invoices)
    number = counts(unit, client_id, audience)
    listing = Listing.asked(columns=("at",), default="-at", at_once=AT_ONCE)
    listing.count(number[kind] if kind is not None else sum(number.values()))
    happened = history(unit, client_id, audience, kind, most=listing.at_once, skipped=listing.offset)
    total = ngettext("%(count)s entry", "%(count)s entries", listing.total)
    if hx.fragment:
        requests.say(requests.reader().say(total))
    shown = {each: words for each, words in SHOWN.items() if number[each]}
    return {
        "list": listing,
        "happened": happened,
        "kind": kind,
        "kinds": shown,
        "number": number,
        "by_id": requests.around().by_id,
        "by_scope": {scope_id: requests.around().by_id[id_] for id_, scope_id in unit.configuration.own_scopes.items()},
        "invoice_url": partial(url_where_there, "loyalty.invoices.invoice"),
        "invoice_states": STATES,
        "words": client_words,
    }
