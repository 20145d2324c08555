"""What somebody may do, and the mark by which every route says what it needs.

A test fails on a route that says nothing: a new page that forgot its scope is how others leaked (RELIABILITY, *Facts*).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import abort

from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_web.requests import the_actor

View = TypeVar("View", bound=Callable[..., Any])

DISCOUNT_MANUAL = "discount.manual"
RECORD = "invoices.record"

PERMISSIONS: dict[str, Message] = {
    "clients.view": _("See clients"),
    "clients.edit": _("Change clients"),
    "visits.edit": _("Mark visits"),
    "invoices.view": _("See invoices"),
    "invoices.issue": _("Issue invoices"),
    "invoices.refund": _("Refund"),
    "invoices.void": _("Void invoices"),
    RECORD: _("Record finished invoices at any price"),
    DISCOUNT_MANUAL: _("Give a discount by hand"),
    "offers.take_off": _("Take offers off an invoice"),
    "standing.set": _("Set a client's discount by hand"),
    "programme.view": _("See programmes"),
    "programme.edit": _("Change programmes"),
    "promotions.view": _("See promotions"),
    "promotions.edit": _("Change promotions"),
    "items.edit": _("Change services and goods"),
    "plugins.manage": _("Switch plugins on and off"),
    "users.manage": _("Manage users"),
    "reports.view": _("See reports"),
}
"""Every permission, with what it is called."""

SIGNED_IN = "signed_in"
"""What a route needs that is for everybody who is signed in."""

EVERYBODY = "everybody"
"""What a route needs that is open to anybody: sign-in, health."""


def needs(permission: str) -> Callable[[View], View]:
    """Let a view be called only by whoever has the permission somewhere; the view itself looks where.

    Put it right above the function, under the route. Whoever is not signed in is sent to sign in; whoever may not,
    gets 403. `SIGNED_IN` and `EVERYBODY` stand for no permission in particular.
    """
    assert permission in (*PERMISSIONS, SIGNED_IN, EVERYBODY), f"no such permission: {permission}"

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if permission != EVERYBODY:
                require(permission)
            return view(*args, **kwargs)

        guarded.needs = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def require(permission: str, branch_id: int | None = None) -> None:
    """Stop with 403 unless the actor has the permission, in that branch where one is named."""
    actor = the_actor()
    if permission != SIGNED_IN and not actor.may(permission, branch_id):
        abort(403)


def require_everywhere(permission: str) -> None:
    """Stop with 403 unless the actor has the permission in the whole network, which the change reaches."""
    if not the_actor().may_everywhere(permission):
        abort(403)
