"""The visits of a day: who comes, who came, and what that changed; a new visit (UI 1, *Visits of a day*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from loyalty_core.errors import Refused
from loyalty_core.facts.money import Percent
from loyalty_core.facts.standing import Element
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.ports import PersonCard
from loyalty_core.services import standing, visits, visits_shown
from loyalty_core.services.unit import Unit
from loyalty_core.services.visits_shown import ShownVisit
from loyalty_web import phones, requests
from loyalty_web.client_words import VISIT_STATES, value_words
from loyalty_web.erp.people_written import SOURCE
from loyalty_web.erp.visit_form import MOST_FOUND, VisitForm, instant_of, read_client
from loyalty_web.forms import Form, typed
from loyalty_web.htmx import hx
from loyalty_web.pages import Pages
from loyalty_web.pages.invoices_words import STATES
from loyalty_web.permissions import needs
from loyalty_web.places import Place
from loyalty_web.rendering import render
from loyalty_web.slots import TODAY, Fragment

pages = Pages("visits", __name__)
pages.menu(_("Visits"), "index", icon="calendar-week", needs="visits.edit", order=30, phone=True)

STEPS: Mapping[VisitStatus, tuple[VisitStatus, ...]] = {
    VisitStatus.WAITING: (VisitStatus.ARRIVED, VisitStatus.CONFIRMED, VisitStatus.NO_SHOW, VisitStatus.CANCELLED),
    VisitStatus.CONFIRMED: (VisitStatus.ARRIVED, VisitStatus.NO_SHOW, VisitStatus.CANCELLED),
    VisitStatus.ARRIVED: (VisitStatus.WAITING,),
    VisitStatus.NO_SHOW: (VisitStatus.ARRIVED, VisitStatus.WAITING),
    VisitStatus.CANCELLED: (VisitStatus.WAITING,),
}
"""Which buttons stand at a visit, the likeliest first; `waiting` takes back what was pressed."""

BUTTONS: Mapping[VisitStatus, Message] = {
    VisitStatus.ARRIVED: _("Arrived"),
    VisitStatus.CONFIRMED: _("Confirmed"),
    VisitStatus.NO_SHOW: _("No-show"),
    VisitStatus.CANCELLED: _("Cancel"),
    VisitStatus.WAITING: _("Take back"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A visit of the list with its client; `client` is absent for one that the host does not know."""

    visit: ShownVisit
    client: PersonCard | None


@pages.get("/visits")
@needs("visits.edit")
def index() -> Response:
    """Show the visits of one branch on one day."""
    place = _place()
    return _list(place, _day(place), None)


@pages.post("/visits/<int:visit_id>")
@needs("visits.edit")
def mark(visit_id: int) -> Response:
    """Save what became of a visit."""
    status = _status(request.form.get("status", ""))
    with requests.the_unit() as unit:
        visit = _visit_or_404(unit, visit_id)
        place = requests.around().by_id[visit.branch_id]
        if request.form.get("revision") != str(visit.revision) and visit.status is not status:
            done = _("Meanwhile somebody else changed this visit: look, and repeat it if it is still right.")
            return _answer(place, visit.day, visit_id, done, "warn")
        done = _saved(unit, visit, place, status)
    return _answer(place, visit.day, visit_id, done, "ok")


@pages.route("/visits/new", methods=["GET", "POST"])
@needs("visits.edit")
def new() -> Response:
    """Make a visit: a client by search, a day and a time of the branch."""
    if request.method == "GET":
        place = _place()
        asked = {"branch": place.external_id, "day": _day(place), "status": VisitStatus.WAITING.value}
        for name in ("q", "client"):
            asked[name] = request.args.get(name, "")[:100]
        return _new_page(Form.showing(VisitForm(), asked))
    form = Form.sent(VisitForm())
    if request.form.get("do") == "find":
        form.problems.clear()
        return _new_page(form)
    if not form.failed:
        place = requests.place_or_404(form.values["branch"], "visits.edit")
        try:
            with requests.the_unit() as unit:
                saved = visits.save(unit, _input(form, place), key=request.form.get("key", ""))
        except Refused as refused:
            names = {"client_id": "q", "external_id": "", "key": ""}
            form.refuse(refused, names)
        else:
            day = form.values["day"]
            flash(requests.reader().say(_("The visit is in the list.")), "ok")
            return redirect(_day_url(place, day, saved.id), 303)
    return _new_page(form)


def _input(form: Form, place: Place) -> VisitInput:
    key, client = request.form.get("key", ""), int(form.values["client"])
    at = instant_of(form.values["day"], form.values["time"], place.zone)
    return VisitInput(SOURCE, key, place.id, client, VisitStatus(form.values["status"]), at)


def _new_page(form: Form) -> Response:
    """Show the form with the clients that the search finds, or the one that is chosen."""
    people = requests.extension().ports.people
    with requests.reading() as unit:
        chosen = read_client(form.text("client"))
        client = people.cards(unit, [chosen]).get(chosen) if chosen is not None else None
        text = form.text("q")
        found = people.find(unit, text, MOST_FOUND) if text.strip() and client is None else ()
        values = {"client": client, "found": found, "text": text, "phone": phones.shown}
        if hx.fragment:
            requests.say(requests.reader().say(ngettext("%(count)s client", "%(count)s clients", len(found))))
        return render("erp/visit_new.html", "found", form=form, status=form.status, **values)


def _saved(unit: Unit, visit: ShownVisit, place: Place, status: VisitStatus) -> Message:
    """Save a status and say what it changed."""
    scope_id = unit.configuration.own_scopes[place.id]
    before = _discount(unit, visit.client_id, scope_id)
    visits.save(unit, visit.with_status(status))
    after = _discount(unit, visit.client_id, scope_id)
    card = requests.extension().ports.people.cards(unit, [visit.client_id]).get(visit.client_id)
    said = {"name": card.name if card is not None else _("A client"), "status": VISIT_STATES[status][0]}
    if before == after:
        return _("%(name)s: %(status)s.", **said)
    words = value_words(Element.DISCOUNT, "", after) if after else _("no discount")
    return _("%(name)s: %(status)s. From the next visit: %(discount)s.", **said, discount=words)


def _discount(unit: Unit, client_id: int, scope_id: int) -> int | None:
    verdict = standing.of_client(unit, client_id).get(scope_id, {}).get((Element.DISCOUNT, ""))
    return verdict.given.value if verdict is not None and verdict.given is not None else None


def _answer(place: Place, day: date, visit_id: int, done: Message, kind: str) -> Response:
    """Show the day again: the list alone where htmx asked, else by a redirect back to the row."""
    text = requests.reader().say(done)
    if hx.fragment:
        requests.say(text)
        return _list(place, day, visit_id, (kind, text), tile=request.form.get("from") == TODAY)
    flash(text, kind)
    if request.form.get("from") == TODAY:
        return redirect(url_for("loyalty.today.home", _anchor=f"visit-{visit_id}"), 303)
    return redirect(_day_url(place, day, visit_id), 303)


def _list(
    place: Place, day: date, pressed: int | None, said: tuple[str, str] | None = None, *, tile: bool = False
) -> Response:
    with requests.reading() as unit:
        values = _values(place, day, _lines(unit, place, day)) | {"pressed": pressed, "note": said}
        if tile:
            return render("erp/visits_tile.html", "tile", **values)
        return render("erp/visits.html", "list", places=_places(), **values)


def _values(place: Place, day: date, lines: Sequence[Line]) -> dict[str, Any]:
    """Return what the list and the tile show alike."""
    return {
        "place": place,
        "place_shown": place if requests.around().is_chain else None,
        "at": day,
        "is_today": day == _today(place),
        "earlier": day - timedelta(days=1),
        "later": day + timedelta(days=1),
        "lines": lines,
        "states": VISIT_STATES,
        "steps": STEPS,
        "buttons": BUTTONS,
        "invoice_states": STATES,
        "percent_of": Percent,
        "phone": phones.shown,
    }


def _lines(unit: Unit, place: Place, day: date) -> list[Line]:
    found = visits_shown.of_day(unit, place.id, day)
    cards = requests.extension().ports.people.cards(unit, [each.client_id for each in found])
    return [Line(each, cards.get(each.client_id)) for each in found]


def _places() -> list[Place]:
    actor = requests.the_actor()
    return [place for place in requests.around().places if actor.may("visits.edit", place.id)]


def _place() -> Place:
    """Return the branch asked for, that of work, or the first; 404 for one that is not theirs."""
    asked = request.args.get("branch", "")
    if asked:
        return requests.place_or_404(asked, "visits.edit")
    own = _places()
    working = requests.working_place()
    if working in own:
        return working
    return own[0] if own else abort(404)


def _today(place: Place) -> date:
    return requests.house().clock.now().astimezone(place.zone).date()


def _day(place: Place) -> date:
    """Return the day asked for; what makes no sense is today."""
    text = request.args.get("day", "")
    try:
        return typed.day(text, _today(place)) if text.strip() else _today(place)
    except Refused:
        return _today(place)


def _day_url(place: Place, day: date, visit_id: int) -> str:
    return url_for(".index", branch=place.external_id, day=day.isoformat(), _anchor=f"visit-{visit_id}")


def _status(text: str) -> VisitStatus:
    return VisitStatus(text) if text in set(VisitStatus) else abort(400)


def _visit_or_404(unit: Unit, visit_id: int) -> ShownVisit:
    found = visits_shown.one(unit, visit_id)
    if found is None or not requests.the_actor().may("visits.edit", found.branch_id):
        abort(404)
    return found


def _tile() -> Fragment | None:
    """Today's visits of the working branch."""
    place = _place()
    with requests.reading() as unit:
        day = _today(place)
        return Fragment("erp/visits_tile.html", _values(place, day, _lines(unit, place, day)))


pages.slot(TODAY, _tile, needs="visits.edit", order=15)
