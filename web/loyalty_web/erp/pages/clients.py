"""Clients as persons of the host: the list with its search, adding and changing one (UI 2.2, UI 7)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from babel import Locale
from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_core.services.week_shown import WEEK
from loyalty_core.storage.ids import is_id
from loyalty_web import phones, requests
from loyalty_web.erp import clients_listed
from loyalty_web.erp.clients_listed import COLUMNS, DISCOUNTS, Asked
from loyalty_web.erp.importing.persons import KnownPerson, known_persons
from loyalty_web.erp.people_search import wanted
from loyalty_web.erp.people_written import others_with, write_new, write_over
from loyalty_web.erp.person_form import PersonForm, person_of, values_of
from loyalty_web.forms import Form, typed
from loyalty_web.lists import Listing
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs
from loyalty_web.places import Place
from loyalty_web.rendering import render
from loyalty_web.slots import Fragment

pages = Pages("clients", __name__)
pages.menu(_("Clients"), "index", icon="people", needs="clients.view", order=40, phone=True)

DISCOUNT_FILTERS: dict[str, Message] = {
    "any": _("Has a discount"),
    "by_hand": _("Discount set by hand"),
    "ending": _("Ends within a week"),
    "none": _("No discount"),
}
ANYWAY = "anyway"


@pages.get("/clients")
@needs("clients.view")
def index() -> Response:
    """List clients with their discount and totals in one branch."""
    actor = requests.the_actor()
    places = [place for place in requests.around().places if actor.may("clients.view", place.id)]
    place = _place(places)
    listing = Listing.asked(columns=tuple(COLUMNS), default="name")
    with requests.reading() as unit:
        asked, wrong = _asked(unit, place)
        listing.count(clients_listed.count(unit, asked) if asked is not None else 0)
        at = (listing.column, listing.descending, listing.at_once, listing.offset)
        rows = clients_listed.page(unit, asked, *at) if asked is not None else ()
        numbers = requests.extension().ports.people.cards(unit, [row.client_id for row in rows])
        anybody = bool(rows) or clients_listed.anybody(unit)
        total = requests.reader().say(ngettext("%(count)s client", "%(count)s clients", listing.total))
        requests.say(total)
        shown: dict[str, Any] = {
            "list": listing,
            "rows": rows,
            "cards": numbers,
            "anybody": anybody,
            "total": total,
            "wrong": wrong,
        }
        choices: dict[str, Any] = {
            "places": {each.external_id: each.name for each in places},
            "discounts": DISCOUNT_FILTERS,
        }
        return render("erp/clients.html", "list", place=place, phone=phones.shown, **shown, **choices)


@pages.route("/clients/new", methods=["GET", "POST"])
@needs("clients.edit")
def new() -> Response:
    """Add a client."""
    if request.method == "GET":
        typed_name = {"name": request.args.get("name", "")[:200]}
        return _person_page(Form.showing(PersonForm(), typed_name))
    form = Form.sent(PersonForm())
    if not form.failed:
        key = request.form.get("key", "")
        with requests.the_unit() as unit:
            same = others_with(unit, form.values["phones"], key)
            if same and request.form.get("do") != ANYWAY:
                return _person_page(form, same=requests.extension().ports.people.cards(unit, same), status=422)
            try:
                client_id = write_new(unit, key, person_of(form.values, KnownPerson()))
            except Refused as refused:
                form.refuse(refused)
        if not form.failed:
            flash(requests.reader().say(_("%(name)s was added.", name=form.values["name"])), "ok")
            return redirect(url_for("loyalty.clients.card", client_id=client_id), 303)
    return _person_page(form)


@pages.route("/clients/<int:client_id>/edit", methods=["GET", "POST"])
@needs("clients.edit")
def edit(client_id: int) -> Response:
    """Change what is known of a person."""
    form = None if request.method == "GET" else Form.sent(PersonForm())
    if form is None or form.failed:
        with requests.reading() as unit:
            old = _known(unit, client_id)
            return _person_page(form or Form.showing(PersonForm(), values_of(old)), client_id)
    with requests.the_unit() as unit:
        write_over(unit, client_id, person_of(form.values, _known(unit, client_id)))
    flash(requests.reader().say(_("Saved.")), "ok")
    return redirect(url_for("loyalty.clients.card", client_id=client_id), 303)


def _known(unit: Unit, client_id: int) -> KnownPerson:
    found = known_persons(unit, [client_id]) if is_id(client_id) else {}
    return found[client_id] if client_id in found else abort(404)


def _person_page(form: Form, client_id: int | None = None, *, same: object = None, status: int = 0) -> Response:
    values = {"client_id": client_id, "same": same, "phone": phones.shown}
    return render("erp/person.html", form=form, status=status or form.status, **values)


def _place(places: list[Place]) -> Place | None:
    """Return the branch whose figures are shown: the one asked for, that of work, else the first."""
    asked = [place for place in places if place.external_id == request.args.get("branch")]
    working = [place for place in places if place == requests.working_place()]
    return next(iter((*asked, *working, *places)), None)


def _asked(unit: Unit, place: Place | None) -> tuple[Asked | None, list[Problem]]:
    """Return what the address asks for, and what of it makes no sense."""
    if place is None:
        return None, []
    wrong: list[Problem] = []
    days = {name: _day(name, wrong) for name in ("since", "before")}
    discount = request.args.get("discount", "")
    today = requests.today()
    return Asked(
        wanted(request.args.get("q", "")),
        unit.configuration.own_scopes[place.id],
        discount if discount in DISCOUNTS else "",
        days["since"],
        days["before"],
        (today + timedelta(days=1), today + timedelta(days=WEEK)),
    ), wrong


def _day(name: str, wrong: list[Problem]) -> date | None:
    text = request.args.get(name, "")
    if not text.strip():
        return None
    try:
        return typed.day(text, requests.today(), past=True)
    except Refused as refused:
        wrong.extend(refused.problems)
        return None


def _actions(client_id: int) -> Fragment:
    return Fragment("erp/client_actions.html", {"client_id": client_id})


def _contacts(client_id: int) -> Fragment | None:
    with requests.reading() as unit:
        known = known_persons(unit, [client_id]).get(client_id)
    if known is None or not (known.emails or known.locale):
        return None
    language = Locale.parse(known.locale).get_display_name(requests.reader().locale) if known.locale else ""
    return Fragment("erp/client_contacts.html", {"emails": known.emails, "language": language})


pages.slot("client_actions", _actions, needs="clients.view")
pages.slot("client_contacts", _contacts, needs="clients.view", order=10)
