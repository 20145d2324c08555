"""Plugins: what each adds, how it does, its settings, its switch (UI 2.10)."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from loyalty_core.errors import Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services import plugin_facts, plugins
from loyalty_core.services.unit import Unit
from loyalty_web import plugin_pages, requests
from loyalty_web.forms import Form, plugin_forms
from loyalty_web.menu import Reach
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs, require_everywhere
from loyalty_web.plugin_pages import PluginShown, State
from loyalty_web.rendering import render

pages = Pages("plugins", __name__)
pages.menu(_("Plugins"), "index", icon="plug", needs="plugins.manage", reach=Reach.NETWORK, order=80)

STATES: dict[State, tuple[Message, str, str]] = {
    State.ON: (_("on"), "ok", "check2"),
    State.OFF: (_("off"), "off", "power"),
    State.RESTING: (_("resting"), "warn", "hourglass-split"),
    State.SUSPENDED: (_("suspended"), "bad", "slash-circle"),
    State.BROKEN: (_("broken"), "bad", "exclamation-triangle-fill"),
    State.BEHIND: (_("waits for a migration"), "warn", "hourglass-split"),
    State.BLOCKED: (_("left out"), "off", "lock"),
    State.GONE: (_("not installed"), "warn", "question-circle"),
}
SHOWN: dict[str, Any] = {"states": STATES, "reach": "network", "milliseconds": plugin_pages.milliseconds}


@pages.get("/admin/plugins")
@needs("plugins.manage")
def index() -> Response:
    """List plugins, those in trouble first."""
    require_everywhere("plugins.manage")
    with requests.reading() as unit:
        found = plugin_pages.shown(unit)
        return render("loyalty/plugins.html", plugins=found, **SHOWN)


@pages.get("/admin/plugins/<name>")
@needs("plugins.manage")
def one(name: str) -> Response:
    """Show one plugin."""
    require_everywhere("plugins.manage")
    with requests.reading() as unit:
        plugin = plugin_pages.one(unit, name) or abort(404)
        return _page(unit, plugin, _settings(unit, name))


@pages.post("/admin/plugins/<name>")
@needs("plugins.manage")
def change(name: str) -> Response:
    """Switch a plugin on or off, lift its suspension, or set its settings."""
    require_everywhere("plugins.manage")
    do = request.form.get("do", "")
    with requests.the_unit() as unit:
        plugin = plugin_pages.one(unit, name) or abort(404)
        if do == "settings":
            return _configure(unit, plugin)
        told = _switch(unit, plugin, do)
    flash(requests.reader().say(told), "ok")
    return redirect(url_for(".one", name=name), 303)


def _switch(unit: Unit, plugin: PluginShown, do: str) -> Message:
    """Do what a button says and return what is told of it; unknown buttons do nothing. Raises `Refused`."""
    if do == "on":
        plugins.activate(unit, plugin.name)
        return _("“%(plugin)s” is on. What it gives holds from now on.", plugin=plugin.name)
    if do == "off":
        plugins.deactivate(unit, plugin.name)
        return _("“%(plugin)s” is off. Its data is kept.", plugin=plugin.name)
    if do == "lift" and plugins.lift(unit, plugin.name):
        return _("“%(plugin)s” is asked again. It is suspended anew if it offends again.", plugin=plugin.name)
    return _("Nothing was changed.")


def _configure(unit: Unit, plugin: PluginShown) -> Response:
    if plugin.name not in unit.plugins.settings:
        abort(404)
    form = plugin_forms.sent(unit.plugins.settings[plugin.name], plugin.name)
    if not form.failed:
        try:
            changed = plugins.configure(unit, plugin.name, plugin_forms.kept(form))
        except Refused as refused:
            form.refuse(refused)
        else:
            told = _("Saved. The settings hold from now on.") if changed else _("Nothing was changed.")
            flash(requests.reader().say(told), "ok")
            return redirect(url_for(".one", name=plugin.name), 303)
    return _page(unit, plugin, form, form.status)


def _settings(unit: Unit, name: str) -> Form | None:
    """Return the form of a plugin's settings; nothing for one that has none."""
    schema = unit.plugins.settings.get(name)
    if schema is None:
        return None
    stored = unit.configuration.plugin_settings.get(name, {})
    try:
        known = unit.plugins.check_settings(name, stored)
    except Refused:  # of an earlier version of the plugin
        known = unit.plugins.check_settings(name, {})
    return plugin_forms.showing(schema, name, known)


def _page(unit: Unit, plugin: PluginShown, form: Form | None, status: int = 200) -> Response:
    schema = unit.plugins.settings.get(plugin.name)
    tabs = unit.plugins.dispatcher.show_programme_tabs(unit.occasion()) if plugin.is_active else ()
    values: dict[str, Any] = {
        "form": form,
        "laid": plugin_forms.laid_out(schema, plugin.name) if schema is not None else [],
        "set_here": unit.configuration.plugin_settings.get(plugin.name) is not None,
        "facts": plugin_facts.facts(unit, plugin.name),
        "kinds": [owned.kind for owned in unit.plugins.kinds.values() if owned.plugin == plugin.name],
        "tabs": [tab for outcome in tabs if outcome.plugin == plugin.name for tab in outcome.answer or ()],
    }
    return render("loyalty/plugin.html", None, status, plugin=plugin, **SHOWN, **values)
