"""The form of a promotion: a plugin's own, with what may be chosen in it, and what staff of some branches may name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.forms import Form, plugin_forms
from loyalty_web.offer_words import weekday_names
from loyalty_web.places import Place

PLAIN = "loyalty/promotion_plain.html"
MOST_OFFERED = 12
FEW = 16
"""So many categories are simply shown; of more, those that are searched for."""

BRANCHES = "branches"
PERMISSION = "promotions.edit"


@dataclass(frozen=True)
class Offered:
    """What may be chosen in the fields of a form: by the name of the field, values with what they are called.

    `found` are the answers to what was searched for, `searched` the texts.
    """

    choices: Mapping[str, Mapping[str, str]]
    searched: Mapping[str, str] = field(default_factory=dict)


def template_of(unit: Unit, plugin: str) -> str:
    """Return the template that lays out a plugin's form: its own `offer.html`, or the plain one."""
    folder = unit.plugins.loaded[plugin].package.replace(".", "/")
    own = f"{folder}/offer.html"
    return own if own in current_app.jinja_env.list_templates(filter_func=lambda name: name == own) else PLAIN


def offered(unit: Unit, form: Form) -> Offered:
    """Return what may be chosen, with what is chosen already, and what was searched for."""
    catalogue = requests.extension().ports.catalogue
    searched = {name: request.form.get(f"find.{name}", "").strip() for name in ("items", "categories")}
    chosen = form.chosen("items")
    cards = dict(catalogue.items(unit, chosen)) if chosen else {}
    cards |= {card.code: card for card in catalogue.find(unit, searched["items"], MOST_OFFERED)}
    items = {code: cards[code].name if code in cards else code for code in dict.fromkeys((*chosen, *cards))}
    weekdays = {str(day): name for day, name in enumerate(weekday_names())}
    return Offered(
        {
            "items": items,
            "categories": _categories(catalogue.categories(unit), form, searched["categories"]),
            BRANCHES: {str(place.id): place.name for place in places()},
            "weekdays": weekdays,
        },
        searched,
    )


def _categories(paths: Sequence[str], form: Form, text: str) -> dict[str, str]:
    chosen = form.chosen("categories")
    wanted = [path for path in paths if text and text.casefold() in path.casefold()][:MOST_OFFERED]
    if not text and len(paths) <= FEW:
        wanted = list(paths)
    return {path: path for path in dict.fromkeys((*chosen, *wanted))}


def places() -> list[Place]:
    """Return the branches in which the person at the screen may change promotions."""
    own = requests.the_actor().branches(PERMISSION)
    return [place for place in requests.around().places if own is None or place.id in own]


def may_see(form: Mapping[str, Any]) -> bool:
    """Whether the person may see what a form stands for: it reaches one of their branches."""
    own = requests.the_actor().branches("promotions.view")
    named = form.get(BRANCHES) or ()
    return own is None or not named or not own.isdisjoint(named)


def may_change(form: Mapping[str, Any]) -> bool:
    """Whether the person may change what a form stands for: everywhere, or in all the branches it names."""
    own = requests.the_actor().branches(PERMISSION)
    named = form.get(BRANCHES) or ()
    return own is None or (bool(named) and own.issuperset(named))


def hold_to_branches(form: Mapping[str, Any]) -> None:
    """Refuse a form that reaches branches in which the person may not change promotions."""
    if not may_change(form):
        text = _("Choose among your own branches: you may not change promotions of others.")
        raise Refused(Problem("other_branches", text, (BRANCHES,)))


def sent(unit: Unit, plugin: str) -> Form:
    """Return the form that was sent; a button that names a state puts the form into it."""
    texts = plugin_forms.texts_sent()
    verb, _colon, state = request.form.get("do", "").partition(":")
    if verb == "state":
        texts["state"] = state
    return plugin_forms.sent(unit.plugins.offer_forms[plugin], plugin, texts)
