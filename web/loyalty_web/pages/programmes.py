"""The programme editor of a branch: tabs of plugins, settings, history (UI 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.standing import Element
from loyalty_core.messages import gettext as _
from loyalty_core.messages import ngettext
from loyalty_core.services import programme_versions, programmes
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.forms import Choice, Form, FormSchema, Phrase, plugin_forms, rows
from loyalty_web.menu import Reach
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs, require
from loyalty_web.places import Place
from loyalty_web.programme_tabs import SETTINGS, Editor, EditorTab, contained, open_editor
from loyalty_web.rendering import render

pages = Pages("programmes", __name__)
pages.menu(
    _("Programme"), "editor", icon="sliders", needs="programme.view", reach=Reach.OFFERS, order=60, of_branch=True
)

JUDGED_ON = {
    JudgedOn.LIFETIME.value: _("on everything since the first visit"),
    JudgedOn.SINCE_RESET.value: _("on what came after the last long gap"),
}


class SettingsForm(FormSchema):
    """What belongs to the programme as a whole."""

    name = Phrase(required=True, label=_("Name of the programme"))
    judged_on = Choice(JUDGED_ON, required=True, label=_("Who comes back after a long gap is judged"))


@pages.get("/branches/<branch>/programme", defaults={"tab": None})
@pages.get("/branches/<branch>/programme/<tab>")
@needs("programme.view")
def editor(branch: str, tab: str | None) -> Response:
    """Show one tab of a branch's programme; `?version=` puts an earlier version into the form."""
    place = requests.place_or_404(branch, "programme.view")
    with requests.reading() as unit:
        found = open_editor(unit, place)
        if tab is None:
            return redirect(url_for(".editor", branch=branch, tab=found.tabs[0].code))
        at = found.tab(tab) or abort(404)
        earlier = _earlier(found)
        return _page(unit, found, at, _showing(unit, found, at, earlier), earlier=earlier)


@pages.post("/branches/<branch>/programme/<tab>")
@needs("programme.edit")
def change(branch: str, tab: str) -> Response:
    """Save a tab, or change rows of what is being typed and show it again: nothing is saved then."""
    place = requests.place_or_404(branch, "programme.view")
    require("programme.edit", place.id)
    if request.form.get("do") == "save":
        with requests.the_unit() as unit:
            found = open_editor(unit, place)
            return _save(unit, found, found.tab(tab) or abort(404))
    with requests.reading() as unit:
        found = open_editor(unit, place)
        at = found.tab(tab) or abort(404)
        form = _sent(unit, at)
        texts = rows.press(form.texts, request.form.get("do", ""))
        shown = form if texts is None else Form(form.schema, texts)
        added = _added(shown)
        return _page(unit, found, at, replace(shown, problems=[]), unsaved=True, focus=added)


def _added(form: Form) -> int | None:
    """Return the number of the row that was just added: the person goes on there."""
    verb, _colon, name = request.form.get("do", "").partition(":")
    return max(form.rows(name), default=None) if verb == "add" else None


def _earlier(found: Editor) -> programme_versions.Version | None:
    """Return the version that the address asks to bring back, if there is such a one that is not in force."""
    wanted = request.args.get("version", "")
    versions = found.shown.versions[1:] if found.shown else ()
    return next((each for each in versions if str(each.number) == wanted), None)


def _showing(unit: Unit, found: Editor, at: EditorTab, earlier: programme_versions.Version | None) -> Form:
    said = earlier or found.now
    if at.code == SETTINGS:
        name = said.name if said else found.place.name
        judged_on = said.judged_on if said else JudgedOn.LIFETIME
        return Form.showing(SettingsForm(), {"name": name, "judged_on": judged_on.value})
    part = said.parts.get(at.plugin, {}) if said else {}
    return plugin_forms.showing(unit.plugins.parts[at.plugin], at.plugin, part)


def _sent(unit: Unit, at: EditorTab, *, to_save: bool = False) -> Form:
    if at.code == SETTINGS:
        return Form.sent(SettingsForm())
    schema = unit.plugins.parts[at.plugin]
    texts = plugin_forms.texts_sent()
    if to_save:
        for name, typed in plugin_forms.typed_in_rows(schema, at.plugin).items():
            texts = rows.without_empty(texts, name, typed)
    return plugin_forms.sent(schema, at.plugin, texts)


def _save(unit: Unit, found: Editor, at: EditorTab) -> Response:
    form = _sent(unit, at, to_save=True)
    if request.form.get("seen", "0") != str(found.number):
        return _page(unit, found, at, replace(form, problems=[]), 409, unsaved=True, overtaken=True)
    if not form.failed:
        try:
            saved = _keep(unit, found, at, form)
        except Refused as refused:
            form.refuse(_of_part(refused, at.plugin))
        else:
            _tell(unit, found.scope_id, found.place, saved)
            return redirect(url_for(".editor", branch=found.place.external_id, tab=at.code), 303)
    return _page(unit, found, at, form, form.status, unsaved=True)


def _keep(unit: Unit, found: Editor, at: EditorTab, form: Form) -> programmes.SavedProgramme:
    """Save the programme with one tab's part, or its settings, as they were typed."""
    now = found.now
    name, judged_on = (now.name, now.judged_on) if now else (found.place.name, JudgedOn.LIFETIME)
    parts = {each: part for each, part in now.parts.items() if each in unit.plugins.parts} if now else {}
    if at.code == SETTINGS:
        name, judged_on = form.values["name"], JudgedOn(form.values["judged_on"])
    else:
        parts[at.plugin] = plugin_forms.kept(form)
    return programmes.save(unit, found.kind, found.scope_id, name, judged_on, parts)


def _of_part(refused: Refused, plugin: str) -> Refused:
    """Return what was refused with paths within the part of the plugin whose tab this is."""
    prefix = ("parts", plugin)
    return Refused(
        Problem(each.code, each.message, each.path[2:] if each.path[:2] == prefix else each.path)
        for each in refused.problems
    )


def _tell(unit: Unit, scope_id: int, place: Place, saved: programmes.SavedProgramme) -> None:
    say = requests.reader().say
    if not saved.changed:
        flash(say(_("Nothing was changed: version %(number)s says the same.", number=saved.number)), "ok")
        return
    clients = sum(programme_versions.decided(unit, scope_id)[Element.DISCOUNT].values())
    text = ngettext(
        "Saved for %(branch)s as version %(number)s. %(count)s client has a discount by its rules.",
        "Saved for %(branch)s as version %(number)s. %(count)s clients have a discount by its rules.",
        clients,
        branch=place.name,
        number=saved.number,
    )
    flash(say(text), "ok")


def _page(unit: Unit, found: Editor, at: EditorTab, form: Form, status: int = 200, **more: Any) -> Response:
    decides = programme_versions.decided(unit, found.scope_id)
    fresh = request.method == "GET" and not more.get("earlier")
    values: Mapping[str, Any] = {
        "form": form,
        "place": found.place,
        "basis": found.basis,
        "may_edit": requests.the_actor().may("programme.edit", found.place.id),
        "decides": {element.value: counts for element, counts in decides.items()},
        "focus": more.pop("focus", None),
        "part": found.now.parts.get(at.plugin, {}) if fresh and found.now else {},
    }
    body = None if at.code == SETTINGS else contained(at.template, values)
    return render(
        "loyalty/programme.html",
        "editor",
        status,
        editor=found,
        tab=at,
        body=body,
        place_shown=found.place,
        **{"unsaved": bool(more.get("earlier")), "overtaken": False, "earlier": None, **values, **more},
    )
