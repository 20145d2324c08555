"""What the programme editor of a branch consists of: its programme, and the tabs that plugins contribute."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask.templating import render_template
from markupsafe import Markup

from loyalty_core.facts.programme import Level, SoldBasis
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.dispatch import Failure
from loyalty_core.services.programme_versions import ProgrammeShown, Version, shown
from loyalty_core.services.unit import Unit
from loyalty_web.places import Place

log = logging.getLogger(__name__)

SETTINGS = "settings"
"""The tab of the host's own."""


@dataclass(frozen=True, slots=True)
class EditorTab:
    """A tab as it is shown: one of a plugin's, or the host's own, whose `plugin` is empty."""

    code: str
    title: Message
    template: str = ""
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class Editor:
    """The programme of a branch, saved or not yet, with its tabs; `failures` are plugins that gave no tab.

    Without a `kind` no plugin in use provides programmes of branches.
    """

    place: Place
    scope_id: int
    kind: str
    basis: SoldBasis
    shown: ProgrammeShown | None
    tabs: tuple[EditorTab, ...]
    failures: tuple[Failure, ...]

    @property
    def now(self) -> Version | None:
        """Return the version in force."""
        return self.shown.now if self.shown is not None else None

    @property
    def number(self) -> int:
        """Return the number of the version in force; 0 where none was saved yet."""
        return self.shown.now.number if self.shown is not None else 0

    def tab(self, code: str) -> EditorTab | None:
        """Return a tab by its code."""
        return next((each for each in self.tabs if each.code == code), None)


def open_editor(unit: Unit, place: Place) -> Editor:
    """Read what the editor of a branch shows."""
    scope_id = unit.configuration.own_scopes[place.id]
    kind, basis = _kind(unit, scope_id)
    tabs, failures = _tabs(unit)
    return Editor(place, scope_id, kind, basis, shown(unit, scope_id, kind) if kind else None, tabs, failures)


def _kind(unit: Unit, scope_id: int) -> tuple[str, SoldBasis]:
    """Return the kind of programme that a branch has, or would get; an empty one where no plugin provides any."""
    usable = unit.usable(unit.configuration.active)
    kept = unit.configuration.programmes.get(scope_id)
    if kept is not None and kept.kind in unit.plugins.kinds and unit.plugins.kinds[kept.kind].plugin in usable:
        return kept.kind, kept.basis
    for code, owned in sorted(unit.plugins.kinds.items()):
        if owned.kind.level is Level.BRANCH and owned.plugin in usable:
            return code, owned.kind.basis
    return "", SoldBasis.INVOICED


def _tabs(unit: Unit) -> tuple[tuple[EditorTab, ...], tuple[Failure, ...]]:
    """Return the tabs in their order, the host's own last; of two with one code the first plugin's by name is shown."""
    outcomes = unit.plugins.dispatcher.show_programme_tabs(unit.occasion())
    offered = [
        (tab.position, outcome.plugin, tab)
        for outcome in outcomes
        for tab in outcome.answer or ()
        if Level.BRANCH in tab.kinds and tab.code != SETTINGS and outcome.plugin in unit.plugins.parts
    ]
    found: dict[str, EditorTab] = {}
    for _position, plugin, tab in sorted(offered, key=lambda each: each[:2]):
        found.setdefault(tab.code, EditorTab(tab.code, tab.title, tab.template, plugin))
    failures = tuple(outcome.failure for outcome in outcomes if outcome.failure is not None)
    return (*found.values(), EditorTab(SETTINGS, _("Settings and history"))), failures


def contained(template: str, values: Mapping[str, Any]) -> Markup | None:
    """Render a plugin's own template; nothing where that fails: the page goes on without it."""
    try:
        return Markup(render_template(template, **values))
    except Exception:  # a plugin's template is not worth the page
        log.exception("the template %s failed", template)
        return None
