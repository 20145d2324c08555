"""Who calls: a program with a token, never a person with a session."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import current_app, g, request

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.staff import Staff
from loyalty_core.messages import gettext as _
from loyalty_web import requests
from loyalty_web.actor import Actor
from loyalty_web.api.problems import locale
from loyalty_web.permissions import DISCOUNT_MANUAL

Authenticate = Callable[[str], Actor | None]
"""Returns the program whose token this is, if it may call now."""

LARGEST_BODY = 1 << 20
OPEN = "open"
"""The mark of a view that needs no token."""

_BEARER = re.compile(r"[Bb]earer +([\x21-\x7e]{1,200})")


@dataclass(frozen=True, slots=True)
class ApiState:
    """What the API keeps in `app.extensions["loyalty_api"]`."""

    authenticate: Authenticate


def admit() -> None:
    """Let in whoever brings a token that is good; cookies count for nothing here.

    Raises `Refused`: `no_token`, `bad_token`.
    """
    request.max_content_length = LARGEST_BODY
    g.loyalty = requests.Scope(None)
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, OPEN, False):
        return
    header = request.headers.get("Authorization")
    if header is None:
        raise Refused(Problem("no_token", _("Send a token: “Authorization: Bearer …”.")))
    found = _BEARER.fullmatch(header)
    state: ApiState = current_app.extensions["loyalty_api"]
    actor = state.authenticate(found[1]) if found else None
    if actor is None:
        text = _("Take another token: this one is unknown, expired or revoked.")
        raise Refused(Problem("bad_token", text))
    g.loyalty = requests.Scope(replace(actor, locale=str(locale())))


def staff_at(branch_id: int) -> Staff:
    """Return what the caller may do to an invoice in a branch."""
    actor = requests.the_actor()
    limit = actor.limit_bp(DISCOUNT_MANUAL, branch_id)
    return Staff(manual_limit_bp=limit, may_take_off=actor.may("offers.take_off", branch_id))
