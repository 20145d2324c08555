"""Promotions: what runs when, an editor with a sentence and an example; the forms are those of plugins (UI 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from loyalty_core.decisions.offers import During, Offer
from loyalty_core.errors import Refused
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.services import offers, offers_shown
from loyalty_core.services.idempotency import once
from loyalty_core.services.offers_shown import OfferShown
from loyalty_core.services.unit import Unit
from loyalty_web import offer_words, promotion_form, requests
from loyalty_web.forms import Form, plugin_forms
from loyalty_web.lists import Listing
from loyalty_web.menu import Reach
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs
from loyalty_web.programme_tabs import contained
from loyalty_web.promotion_trial import example_form, tried
from loyalty_web.rendering import render

pages = Pages("promotions", __name__)
pages.menu(_("Promotions"), "index", icon="megaphone", needs="promotions.view", reach=Reach.OFFERS, order=65)

STATES: dict[str, tuple[Message, str, str]] = {
    "running": (_("running"), "ok", "check2"),
    "scheduled": (_("scheduled"), "info", "clock"),
    "paused": (_("paused"), "warn", "hourglass-split"),
    "draft": (_("draft"), "off", "pencil"),
    "over": (_("over"), "off", "check-lg"),
}
"""How a promotion stands today, with its mark."""


@pages.get("/promotions")
@needs("promotions.view")
def index() -> Response:
    """List promotions with what each gives, in one sentence."""
    with requests.reading() as unit:
        shown = [(each, _state_of(each)) for each in _seen(unit)]
        names = offer_words.names_of(unit, [each.offer for each, _state in shown if each.offer])
        wanted = request.args.get("state", "")
        rows = [(each, state) for each, state in shown if wanted not in STATES or state == wanted]
        listing = Listing.asked(("made",), "made")
        listing.count(len(rows))
        rows = rows[listing.offset : listing.offset + listing.at_once]
        said = ngettext("%(count)s promotion", "%(count)s promotions", listing.total)
        requests.say(requests.reader().say(said))
        return render(
            "loyalty/promotions.html",
            "list",
            list=listing,
            rows=rows,
            sentences={each.id: offer_words.sentence(each.offer, names) for each, _state in rows if each.offer},
            names={each.id: _name(each) for each, _state in rows},
            states=STATES,
            wanted=wanted if wanted in STATES else "",
            any=bool(shown),
            forms=_forms(unit),
            may_edit=requests.the_actor().may("promotions.edit"),
        )


@pages.route("/promotions/new", methods=["GET", "POST"])
@needs("promotions.edit")
def new() -> Response:
    """Make a promotion in a plugin's form; `?of=` says whose, where several have one."""
    with requests.the_unit() if _writes() else requests.reading() as unit:
        forms = _forms(unit)
        plugin = request.values.get("of", "") or next(iter(forms), "")
        if plugin not in forms:
            abort(404)
        return _edit(unit, plugin, None)


@pages.route("/promotions/<int:offer_id>", methods=["GET", "POST"])
@needs("promotions.view")
def edit(offer_id: int) -> Response:
    """Show a promotion and change it."""
    with requests.the_unit() if _writes() else requests.reading() as unit:
        found = offers_shown.one(unit, offer_id)
        if found is None or not promotion_form.may_see(found.form):
            abort(404)
        if request.method == "POST" and not _may_edit(found):
            abort(403)
        return _edit(unit, found.plugin, found)


def _seen(unit: Unit) -> list[OfferShown]:
    """Return the promotions that the person may see: those that reach a branch of theirs."""
    return [each for each in offers_shown.listed(unit) if promotion_form.may_see(each.form)]


def _writes() -> bool:
    """Whether the button that was pressed saves; the others only show the form again."""
    return request.method == "POST" and (request.form.get("do", "") == "save" or _wanted_state() != "")


def _wanted_state() -> str:
    verb, _colon, state = request.form.get("do", "").partition(":")
    return state if verb == "state" else ""


def _may_edit(found: OfferShown | None) -> bool:
    return requests.the_actor().may("promotions.edit") and (found is None or promotion_form.may_change(found.form))


def _edit(unit: Unit, plugin: str, found: OfferShown | None) -> Response:
    if request.method == "GET":
        stored = _stored(unit, found)
        form = plugin_forms.showing(unit.plugins.offer_forms[plugin], plugin, stored)
        return _page(unit, plugin, found, form, stored)
    form = promotion_form.sent(unit, plugin)
    if not _writes():
        return _page(unit, plugin, found, replace(form, problems=[]), plugin_forms.kept(form), unsaved=True)
    if found is not None and request.form.get("seen") != str(found.number):
        kept = plugin_forms.kept(form)
        return _page(unit, plugin, found, replace(form, problems=[]), kept, 409, unsaved=True, overtaken=True)
    if not form.failed:
        try:
            return _save(unit, plugin, found, plugin_forms.kept(form))
        except Refused as refused:
            form.refuse(refused)
    return _page(unit, plugin, found, form, plugin_forms.kept(form), form.status, unsaved=True)


def _stored(unit: Unit, found: OfferShown | None) -> Mapping[str, Any]:
    """Return what the form shows at first: what is kept, an earlier version that is asked for, or nothing yet."""
    if found is None:
        return {}
    wanted = request.args.get("version", "")
    earlier = [each.form for each in offers.history(unit, found.id) if str(each.number) == wanted] if wanted else []
    return earlier[0] if earlier else found.form


def _save(unit: Unit, plugin: str, found: OfferShown | None, form: dict[str, Any]) -> Response:
    promotion_form.hold_to_branches(form)
    if found is not None:
        saved = offers.save(unit, plugin, form, found.id)
        told = _("Saved as version %(number)s.", number=saved.number) if saved.changed else _("Nothing was changed.")
        offer_id = found.id
    else:
        answer = once(unit, request.form.get("key") or None, [plugin, form], lambda: _made(unit, plugin, form))
        offer_id, told = int(answer["id"]), _("The promotion is made.")
    flash(requests.reader().say(told), "ok")
    return redirect(url_for(".edit", offer_id=offer_id), 303)


def _made(unit: Unit, plugin: str, form: dict[str, Any]) -> dict[str, str]:
    return {"id": str(offers.save(unit, plugin, form).id)}


def _page(
    unit: Unit,
    plugin: str,
    found: OfferShown | None,
    form: Form,
    typed: Mapping[str, Any],
    status: int = 200,
    **more: Any,
) -> Response:
    offer = _offer(unit, plugin, typed)
    example = example_form()
    instead_of = f"{plugin}:{found.id}" if found is not None else ""
    values: dict[str, Any] = {
        "form": form,
        "may_edit": _may_edit(found),
        "offered": promotion_form.offered(unit, form),
        "spoken": [(str(locale), locale.get_display_name()) for locale in requests.extension().texts.locales()],
    }
    template = promotion_form.template_of(unit, plugin)
    if template == promotion_form.PLAIN:
        values["laid"] = plugin_forms.laid_out(unit.plugins.offer_forms[plugin], plugin)
    return render(
        "loyalty/promotion.html",
        "editor",
        status,
        plugin=plugin,
        found=found,
        name=_name(found) if found else None,
        state=STATES[_state_of(found)] if found else STATES["draft"],
        body=contained(template, values),
        parts=offer_words.sentence(offer, offer_words.names_of(unit, [offer])) if offer else [],
        example=example,
        trial=tried(unit, offer, instead_of, example) if offer else None,
        history=offers.history(unit, found.id)[::-1] if found else [],
        **{"unsaved": False, "overtaken": False, **values, **more},
    )


def _offer(unit: Unit, plugin: str, typed: Mapping[str, Any]) -> Offer | None:
    """Return what was typed as an offer, as far as it is one already."""
    try:
        return offers_shown.as_if_saved(unit, plugin, typed)
    except Refused:
        return None


def _forms(unit: Unit) -> dict[str, Message]:
    """Return the plugins in use in whose forms offers are made, with what they are called."""
    usable = unit.usable(unit.configuration.active)
    return {name: unit.plugins.loaded[name].title for name in unit.plugins.offer_forms if name in usable}


def _name(shown: OfferShown) -> Message:
    """Return what an offer is called: its label, or its number where its plugin cannot say."""
    return shown.offer.label if shown.offer else _("Offer %(number)s", number=str(shown.id))


def _state_of(shown: OfferShown) -> str:
    """Return how an offer stands today: active ones run, or have yet to begin, or are over."""
    if shown.state != offers_shown.ACTIVE:
        return "over" if shown.state not in STATES else shown.state
    during = [each for each in (shown.offer.conditions if shown.offer else ()) if isinstance(each, During)]
    today = requests.today()
    if any(each.starts_on is not None and today < each.starts_on for each in during):
        return "scheduled"
    return "over" if any(each.ends_before is not None and each.ends_before <= today for each in during) else "running"
