"""Making out an invoice: one field to scan into, a price with its reasons, one button (UI 2.3)."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from flask import Response, abort, flash, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from loyalty_core.errors import Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_web import phones, requests
from loyalty_web.erp import draft_form, draft_steps, drafts
from loyalty_web.erp.draft_form import Sent, shown_text
from loyalty_web.erp.draft_sheet import Sheet, price_sheet, sheet_of, visit_of
from loyalty_web.erp.draft_steps import Step
from loyalty_web.erp.drafts import Chosen, SavedDraft
from loyalty_web.erp.scanning import Hit, cleaned, suggestions
from loyalty_web.htmx import hx
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs
from loyalty_web.places import Place
from loyalty_web.rendering import part, render
from loyalty_web.slots import TODAY, Fragment

pages = Pages("drafts", __name__)

MOST_WAITING = 8
ISSUE = "invoices.issue"

VISIT_WORDS = {
    "waiting": _("waiting"),
    "confirmed": _("confirmed"),
    "arrived": _("arrived"),
    "no_show": _("no-show"),
    "cancelled": _("cancelled"),
}

Answer = Response | BaseResponse


def waiting_tile() -> Fragment | None:
    """Show drafts that wait to be issued in the working branch: they save themselves and wait on Today."""
    place = requests.working_place()
    if place is None or not requests.the_actor().may(ISSUE, place.id):
        return None
    with requests.reading() as unit:
        found = drafts.waiting(unit, [place.id], MOST_WAITING)
        ids = [each.chosen.client_id for each in found if each.chosen.client_id is not None]
        people = requests.extension().ports.people.cards(unit, ids) if ids else {}
        names = drafts.names_of(unit, (each.author for each in found))
    values = {"drafts": found, "people": people, "names": names, "place": place}
    return Fragment("erp/drafts_tile.html", values)


pages.slot(TODAY, waiting_tile, needs=ISSUE, order=20)
pages.slot("invoices", lambda: Fragment("erp/drafts_new.html"), needs=ISSUE)


@pages.get("/invoices/new")
@needs(ISSUE)
def new() -> Answer:
    """Show an empty invoice for the working branch, a client or a visit; nothing is kept before the first step."""
    with requests.reading() as unit:
        page = token_hex(16)
        return _first_look(unit, _unsaved(unit, page), url_for(".new"), page)


@pages.post("/invoices/new")
@needs(ISSUE)
def make() -> Answer:
    """Take the first step of a new invoice, and every later one of the same page."""
    return _step(None)


@pages.get("/invoices/drafts/<int:draft_id>")
@needs(ISSUE)
def draft(draft_id: int) -> Answer:
    """Go on with a draft."""
    with requests.reading() as unit:
        found = _own(drafts.read(unit, draft_id))
        if found.sale_id is not None:
            return redirect(_invoice(found.sale_id), 303)
        return _first_look(unit, found, url_for(".draft", draft_id=draft_id), token_hex(16))


@pages.post("/invoices/drafts/<int:draft_id>")
@needs(ISSUE)
def change(draft_id: int) -> Answer:
    """Take a step: scan, change a line, take an offer off, issue."""
    return _step(draft_id)


@pages.get("/invoices/suggestions")
@needs(ISSUE)
def suggest() -> Response:
    """Return what a text in the scan field may mean, while somebody types."""
    text = cleaned(request.args.get("scan", ""))
    ports = requests.extension().ports
    with requests.reading() as unit:
        items, clients = suggestions(unit, ports.catalogue, ports.people, text)
    return part(
        "erp/draft_choices.html", hit=Hit(items=tuple(items), clients=tuple(clients)), typing=True, phone=phones.shown
    )


def _step(draft_id: int | None) -> Answer:
    asked = draft_form.sent()
    draft_id = draft_id or asked.draft_id
    with requests.the_unit() as unit:
        is_new = draft_id is None and drafts.made_by(unit, asked.page) is None
        if draft_id is not None:
            found = _own(drafts.locked(unit, draft_id))
        else:
            found = _own(drafts.made_by(unit, asked.page)) if not is_new else _unsaved(unit, asked.page)
        if found.sale_id is not None:
            return _go(_invoice(found.sale_id))
        if draft_steps.is_stale(found, asked):
            return make_response("", 204)
        if is_new:
            asked_for = found.chosen
            found = drafts.make(unit, found.branch_id, asked.page, asked_for)
        step = draft_steps.take(unit, found, asked)
        if is_new and step.draft.revision == 1 and not step.gone:
            drafts.discard(unit, step.draft)  # nothing came of it, so nothing is kept
            step.draft = step.sheet.draft = _nothing(found)
        return _answer(unit, step, asked, is_new=is_new)


def _answer(unit: Unit, step: Step, asked: Sent, *, is_new: bool) -> Answer:
    if step.gone:
        flash(requests.reader().say(_("The draft was thrown away.")), "ok")
        return _go(url_for("loyalty.invoices.index"))
    if step.sale_id is not None:
        flash(requests.reader().say(_("The invoice is issued.")), "ok")
        return _go(_invoice(step.sale_id))
    saved = step.draft.id != 0
    url = url_for(".draft", draft_id=step.draft.id) if saved else url_for(".new")
    values = _values(unit, step.sheet, step.form, asked.page, url)
    values.update(
        asked=asked,
        step=step,
        hit=step.hit,
        answered=step.said,
        missed=step.missed,
        scan=asked.scan if step.missed or not asked.do else "",
        loud=asked.do in ("issue", "save", "manual"),
        key=asked.key,
        whole=bool(asked.do),
    )
    if hx.fragment:
        response = _fragment(step, asked, values)
        if is_new and saved:
            response.headers["HX-Replace-Url"] = url
        return response
    if step.status == 200 and not step.missed:
        if step.said is not None:
            flash(requests.reader().say(step.said), "ok")
        return redirect(url, 303)
    return render("erp/draft.html", status=step.status, **values)


def _fragment(step: Step, asked: Sent, values: dict[str, Any]) -> Response:
    """Answer htmx with the parts that changed, never with a field that is being typed in."""
    quoted = step.sheet.quoted
    if quoted is not None and quoted.priced.owed_minor != asked.shown.get(""):
        reader = requests.reader()
        requests.say(reader.say(_("To pay %(owed)s.", owed=reader.money(quoted.priced.owed_minor))))
    if step.said is not None:
        requests.say(requests.reader().say(step.said))
    return part("erp/draft_answer.html", status=step.status, **values)


def _go(url: str) -> Answer:
    """Lead on to another page: a browser by a redirect, htmx by its header, as it would swap the page in here."""
    if hx.fragment:
        response = make_response("", 200)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)


def _first_look(unit: Unit, found: SavedDraft, url: str, page: str) -> Response:
    """Show a draft as it is kept, and choices for what the address says was scanned."""
    sheet = sheet_of(unit, found, found.chosen)
    form = draft_form.showing(found.chosen)
    try:
        price_sheet(unit, sheet)
    except Refused as refused:
        form.refuse(refused)
    scan = cleaned(request.args.get("scan", ""))
    hit, said = Hit(), None
    if scan:
        ports = requests.extension().ports
        items, clients = suggestions(unit, ports.catalogue, ports.people, scan)
        exact = ports.catalogue.items(unit, [scan]).get(scan)
        hit = Hit(items=tuple(items) or ((exact,) if exact else ()), clients=tuple(clients))
        said = _("Choose one of these:") if hit.is_choice else _("Nothing found for %(text)s.", text=scan)
    values = _values(unit, sheet, form, page, url)
    values.update(asked=None, step=None, hit=hit, answered=said, missed=bool(scan), scan=scan, loud=form.failed)
    return render("erp/draft.html", **values, key=token_hex(16), whole=True)


def _values(unit: Unit, sheet: Sheet, form: Any, page: str, url: str) -> dict[str, Any]:
    """Return what every part of the builder shows."""
    place = requests.around().by_id[sheet.draft.branch_id]
    quoted = sheet.quoted
    total = quoted.priced.owed_minor if quoted else 0
    return {
        "sheet": sheet,
        "draft": sheet.draft,
        "chosen": sheet.chosen,
        "form": form,
        "place": place,
        "place_shown": place,
        "page": page,
        "url": url,
        "quoted": quoted,
        "offers": sheet.offers,
        "shown": shown_text(total, sheet.shown_figures()) if quoted else "",
        "visit_words": VISIT_WORDS,
        "phone": phones.shown,
        "client_url": client_url(sheet.chosen.client_id),
        "author": drafts.names_of(unit, [sheet.draft.author]).get(sheet.draft.author, sheet.draft.author),
        "limit_bp": sheet.staff.manual_limit_bp,
        "limit": _limit(sheet.staff.manual_limit_bp),
    }


def _limit(limit_bp: int) -> Message | str:
    reader = requests.reader()
    if limit_bp >= 10_000:
        return ""
    return _("up to %(limit)s · more with a manager", limit=reader.percent(limit_bp))


def client_url(client_id: int | None) -> str:
    """Return the address of a client's card."""
    return url_for("loyalty.clients.card", client_id=client_id) if client_id is not None else ""


def _unsaved(unit: Unit, page: str) -> SavedDraft:
    """Return the draft a new page begins with: branch, client and visit as the address or the form names them."""
    given = request.values
    visit = visit_of(unit, _id(given.get("visit")))
    if given.get("visit") and visit is None:
        abort(404)
    place = requests.around().by_id[visit.branch_id] if visit is not None else _place(given.get("branch"))
    if not requests.the_actor().may(ISSUE, place.id):
        abort(404)
    client_id = visit.client_id if visit is not None else _id(given.get("client"))
    if client_id is not None and client_id not in requests.extension().ports.people.cards(unit, [client_id]):
        abort(404)
    chosen = Chosen(client_id, visit.id if visit else None)
    return SavedDraft(0, 0, place.id, chosen, 0, page, unit.now, None)


def _nothing(made: SavedDraft) -> SavedDraft:
    return SavedDraft(0, 0, made.branch_id, made.chosen, 0, made.author, made.updated_at, None)


def _place(external_id: str | None) -> Place:
    """Return the branch that is named, else the working one, else the only one the person may work in."""
    if external_id:
        return requests.place_or_404(external_id, ISSUE)
    working = requests.working_place()
    if working is not None and requests.the_actor().may(ISSUE, working.id):
        return working
    return next(
        (place for place in requests.around().places if requests.the_actor().may(ISSUE, place.id)), None
    ) or abort(404)


def _own(found: SavedDraft | None) -> SavedDraft:
    """Return a draft of a branch where this person issues invoices; any other one is not there."""
    if found is None or not requests.the_actor().may(ISSUE, found.branch_id):
        abort(404)
    return found


def _invoice(sale_id: int) -> str:
    return url_for("loyalty.invoices.invoice", sale_id=sale_id)


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 20 else None
