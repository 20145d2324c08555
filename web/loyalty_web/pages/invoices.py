"""Invoices: the list, one of them, paying, giving back, voiding, and why the price is what it is (UI 2)."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import ReturnedLine, SaleState
from loyalty_core.i18n import locale_of
from loyalty_core.messages import gettext as _
from loyalty_core.messages import ngettext
from loyalty_core.services.invoices import listing, showing
from loyalty_core.services.invoices.paying import pay
from loyalty_core.services.invoices.refunding import refund
from loyalty_core.services.invoices.showing import InvoiceShown
from loyalty_core.services.invoices.voiding import void
from loyalty_core.services.unit import Unit
from loyalty_web import phones, requests
from loyalty_web.forms import Choice, Form, FormSchema, Minor, Phrase, typed
from loyalty_web.lists import Listing
from loyalty_web.pages import Pages
from loyalty_web.pages.invoices_asked import filters, wanted
from loyalty_web.pages.invoices_record import decided, outcome_of, reasons_of
from loyalty_web.pages.invoices_words import KINDS, STATES, tender_words
from loyalty_web.permissions import needs
from loyalty_web.places import Place
from loyalty_web.rendering import render

pages = Pages("invoices", __name__)
pages.menu(_("Invoices"), "index", icon="receipt", needs="invoices.view", order=10, phone=True)

VIEW = "invoices.view"
LONGEST_REASON = 500
REFUNDABLE = (SaleState.PART_PAID, SaleState.PAID, SaleState.PART_REFUNDED)

Answer = Response | BaseResponse


def _tenders() -> dict[str, Any]:
    with requests.reading() as unit:
        known = showing.tenders(unit)
    return {code: tender_words(code, each.name) for code, each in known.items() if each.is_money}


class PaymentForm(FormSchema):
    """One payment: by what, and how much."""

    tender = Choice(_tenders, required=True)
    amount = Minor(required=True)


class ReasonForm(FormSchema):
    """Why something is given back, or an invoice is void."""

    reason = Phrase(LONGEST_REASON, required=True)


@pages.get("/invoices")
@needs(VIEW)
def index() -> Response:
    """List invoices: by branch, day, client, state."""
    list_ = Listing.asked(columns=tuple(listing.COLUMNS), default="-issued")
    actor = requests.the_actor()
    with requests.reading() as unit:
        asked = filters(request.args, requests.around().places, actor.branches(VIEW))
        meant = wanted(unit, asked)
        sums = listing.summed(unit, meant)
        list_.count(sums.count)
        rows = listing.rows(
            unit, meant, by=list_.column, descending=list_.descending, limit=list_.at_once, offset=list_.offset
        )
        ids = sorted({row.client_id for row in rows if row.client_id is not None})
        people = requests.extension().ports.people.cards(unit, ids) if ids else {}
        requests.say(requests.reader().say(ngettext("%(count)s invoice", "%(count)s invoices", sums.count)))
        values: dict[str, Any] = {"rows": rows, "sums": sums, "people": people, "asked": asked, "states": STATES}
        return render("loyalty/invoices.html", "list", list=list_, **values)


@pages.get("/invoices/<int:sale_id>")
@needs(VIEW)
def invoice(sale_id: int) -> Response:
    """Show an invoice: what was sold, decided and paid."""
    with requests.reading() as unit:
        shown = _shown(unit, sale_id, VIEW)
        return _page(unit, shown, _payment(shown))


@pages.post("/invoices/<int:sale_id>/pay")
@needs("invoices.issue")
def pay_part(sale_id: int) -> Answer:
    """Take a payment: all that is due, or a part of it."""
    form = Form.showing(PaymentForm())
    try:
        with requests.the_unit() as unit:
            _shown(unit, sale_id, "invoices.issue")
            form = Form.sent(PaymentForm())
            if not form.failed:
                done = pay(unit, sale_id, form.values["tender"], form.values["amount"], _key())
                paid = done.state is SaleState.PAID
                said = _("The invoice is paid.") if paid else _("A part of it is paid.")
                return _back(sale_id, requests.reader().say(said))
    except Refused as refused:
        form.refuse(refused)
    with requests.reading() as unit:
        return _page(unit, _shown(unit, sale_id, VIEW), form)


@pages.get("/invoices/<int:sale_id>/refund")
@needs("invoices.refund")
def refund_form(sale_id: int) -> Response:
    """Ask which lines come back, and how much of each."""
    with requests.reading() as unit:
        shown = _shown(unit, sale_id, "invoices.refund")
        return _refund_page(unit, shown, Form.showing(ReasonForm()), {})


@pages.post("/invoices/<int:sale_id>/refund")
@needs("invoices.refund")
def give_back(sale_id: int) -> Answer:
    """Show what goes back for the quantities typed; with the button that names the amount, give it back."""
    wants = request.form.get("do") == "refund"
    form = Form.sent(ReasonForm())
    if not wants:
        form.problems = []
    quantities: dict[str, int] = {}
    try:
        with requests.the_unit() as unit:
            shown = _shown(unit, sale_id, "invoices.refund")
            if request.form.get("do") == "all":
                _fill(form, shown)
            quantities = _quantities(shown, form)
            if wants and not form.failed and not quantities:
                form.problems.append(Problem("no_lines", _("Say how much of which line comes back.")))
            if wants and not form.failed:
                lines = [ReturnedLine(key, quantity) for key, quantity in quantities.items()]
                refund(unit, sale_id, lines, form.values["reason"], _key())
                return _back(sale_id, requests.reader().say(_("It is given back.")))
    except Refused as refused:
        names = {f"lines.{place}.quantity": f"quantity-{key}" for place, key in enumerate(quantities)}
        form.refuse(refused, names)
    with requests.reading() as unit:
        return _refund_page(unit, _shown(unit, sale_id, "invoices.refund"), form, quantities)


@pages.route("/invoices/<int:sale_id>/void", methods=["GET", "POST"])
@needs("invoices.void")
def make_void(sale_id: int) -> Answer:
    """Void an invoice that nothing was paid on."""
    posted = request.method == "POST"
    form = Form.sent(ReasonForm()) if posted else Form.showing(ReasonForm())
    try:
        with requests.the_unit() if posted else requests.reading() as unit:
            shown = _shown(unit, sale_id, "invoices.void")
            if posted and not form.failed:
                void(unit, sale_id, form.values["reason"], _key())
                return _back(sale_id, requests.reader().say(_("The invoice is void.")))
    except Refused as refused:
        form.refuse(refused)
    with requests.reading():
        return render("loyalty/invoice_void.html", "form", status=form.status, form=form, **_head(shown))


@pages.get("/invoices/<int:sale_id>/why")
@needs(VIEW)
def why(sale_id: int) -> Response:
    """Answer "why this price?" in staff's and in the client's words."""
    with requests.reading() as unit:
        shown = _shown(unit, sale_id, VIEW)
        person = _person(unit, shown)
        record = decided(unit, shown, person)
        return render("loyalty/invoice_why.html", record=record, person=person, **_head(shown))


def _page(unit: Unit, shown: InvoiceShown, form: Form) -> Response:
    person = _person(unit, shown)
    actor, branch_id = requests.the_actor(), shown.branch_id
    values = {
        "form": form,
        "person": person,
        "client_locale": locale_of(person.locale).language if person and person.locale else "",
        "outcome": outcome_of(unit, shown, person),
        "reasons": reasons_of(unit, shown),
        "may_pay": shown.due_minor > 0 and actor.may("invoices.issue", branch_id),
        "may_refund": shown.state in REFUNDABLE and actor.may("invoices.refund", branch_id),
        "may_void": not shown.paid_minor and shown.state is SaleState.ISSUED and actor.may("invoices.void", branch_id),
        "may_see_client": actor.may("clients.view"),
    }
    return render("loyalty/invoice.html", status=form.status, **values, **_head(shown))


def _refund_page(unit: Unit, shown: InvoiceShown, form: Form, quantities: dict[str, int]) -> Response:
    back = shown.would_return(quantities)
    values = {"form": form, "back": back, "amount_back": sum(back.values())}
    return render("loyalty/invoice_refund.html", "sum", status=form.status, **values, **_head(shown))


def _head(shown: InvoiceShown) -> dict[str, Any]:
    """Return what every page of an invoice shows of it."""
    place: Place = requests.around().by_id[shown.branch_id]
    words, kind = STATES[shown.state]
    return {
        "invoice": shown,
        "place": place,
        "place_shown": place,
        "state_words": words,
        "state_kind": kind,
        "kinds": KINDS,
        "tender_words": tender_words,
        "phone": phones.shown,
    }


def _shown(unit: Unit, sale_id: int, permission: str) -> InvoiceShown:
    """Return an invoice of a branch where the person has the permission; any other is not there."""
    found = showing.invoice(unit, sale_id)
    if found is None or not requests.the_actor().may(permission, found.branch_id):
        abort(404)
    return found


def _person(unit: Unit, shown: InvoiceShown) -> Any:
    if shown.client_id is None:
        return None
    return requests.extension().ports.people.cards(unit, [shown.client_id]).get(shown.client_id)


def _payment(shown: InvoiceShown) -> Form:
    """Return the form of a payment, with all that is due."""
    return Form.showing(PaymentForm(), {"tender": "cash", "amount": shown.due_minor})


def _fill(form: Form, shown: InvoiceShown) -> None:
    """Fill in all that is left of every line."""
    for line in shown.lines:
        form.texts[f"quantity-{line.key}"] = requests.reader().quantity(line.left_milli)


def _quantities(shown: InvoiceShown, form: Form) -> dict[str, int]:
    """Return the quantities typed, by line key; what is wrong with them goes into the form."""
    found: dict[str, int] = {}
    for line in shown.lines:
        name = f"quantity-{line.key}"
        text = form.text(name).strip()
        if not text or not text.strip("0.,"):
            continue
        try:
            quantity = typed.quantity_milli(text)
        except Refused as refused:
            form.problems.extend(Problem(each.code, each.message, (name,)) for each in refused.problems)
            continue
        if quantity > line.left_milli:
            left = requests.reader().quantity(line.left_milli)
            text_ = _("Give back at most %(left)s: no more is left of this line.", left=left)
            form.problems.append(Problem("too_much", text_, (name,)))
        else:
            found[line.key] = quantity
    return found


def _key() -> str | None:
    return request.form.get("key") or None


def _back(sale_id: int, said: str) -> BaseResponse:
    flash(said, "ok")
    return redirect(url_for("loyalty.invoices.invoice", sale_id=sale_id), 303)
