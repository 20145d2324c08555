"""Signing in and out: back to where somebody was, with a half-made form (UI 1, *Sign-in*)."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from loyalty_core.messages import gettext as _
from loyalty_web import requests
from loyalty_web.erp.accounts import SignedIn, session_id
from loyalty_web.erp.users import check_password
from loyalty_web.htmx import hx
from loyalty_web.permissions import EVERYBODY, SIGNED_IN, needs

pages = Blueprint("signing_in", __name__)
limiter = Limiter(get_remote_address)

KEPT = "kept."
"""Fields of a form that was under way are carried through sign-in under names that begin so."""

NOT_CARRIED = ("csrf_token", "do")
"""What pressed the form is not: whoever comes back sees it filled and presses anew."""


@pages.get("/sign-in")
@needs(EVERYBODY)
def sign_in() -> AnyResponse:
    """Show the form."""
    if requests.actor_or_none() is not None:
        return redirect(safe_target(request.args.get("next")))
    return _form(safe_target(request.args.get("next")))


@pages.post("/sign-in")
@needs(EVERYBODY)
@limiter.limit("30/minute;300/hour")
def signed_in() -> AnyResponse:
    """Let somebody in who knows the password."""
    login, target = request.form.get("login", ""), safe_target(request.form.get("next"))
    user = check_password(requests.house(), login, request.form.get("password", ""))
    if user is None:
        return _form(target, _carried(), wrong=True, login=login, status=422)
    kept = _carried()
    session.clear()
    requests.forget_scope()
    session.permanent = True
    login_user(_Known(user))
    if kept:
        return make_response(render_template("erp/carry_on.html", target=target, kept=kept))
    return redirect(target, 303)


@pages.post("/sign-out")
@needs(SIGNED_IN)
def sign_out() -> AnyResponse:
    """End the session."""
    logout_user()
    session.clear()
    requests.forget_scope()
    return redirect(url_for("signing_in.sign_in"), 303)


class _Known(SignedIn):
    """Somebody whose password was just right: the roles are read with the next request."""

    def __init__(self, user: object) -> None:
        super().__init__(user, ())

    def get_id(self) -> str:
        """Return what the session remembers."""
        return session_id(self.user)


def to_sign_in() -> Response | None:
    """Answer whoever is not signed in: a page is asked for again afterwards, a form is kept, htmx is told."""
    if hx.fragment:
        return None
    if request.method == "GET":
        return make_response(redirect(url_for("signing_in.sign_in", next=_here()), 303))
    kept = _fields(request.form.items(multi=True)) if _from_here() else []
    response: Response = _form(_here(), kept, status=401)
    return response


def address_of_sign_in() -> str:
    """Return where a fragment sends whoever is signed out: afterwards the page it stands on is shown again."""
    parts = urlsplit(hx.current_url or "")
    return url_for("signing_in.sign_in", next=parts.path + (f"?{parts.query}" if parts.query else ""))


def _form(
    target: str,
    kept: list[tuple[str, str]] | None = None,
    *,
    wrong: bool = False,
    login: str = "",
    status: int = 200,
) -> Response:
    values = SimpleNamespace(target=target, kept=kept or [], wrong=wrong, login=login)
    html = render_template("erp/sign_in.html", form=values, kept_prefix=KEPT, title=_("Sign in"))
    return make_response(html, status)


def _fields(items: object) -> list[tuple[str, str]]:
    return [(name, value) for name, value in items if name not in NOT_CARRIED]  # type: ignore[attr-defined]


def _carried() -> list[tuple[str, str]]:
    """Return the fields of the form that is carried along."""
    found = [(name, value) for name, value in request.form.items(multi=True) if name.startswith(KEPT)]
    return _fields([(name.removeprefix(KEPT), value) for name, value in found])


def _from_here() -> bool:
    """Whether the form was sent by a page of ours: nobody else's fields are carried along."""
    return request.headers.get("Origin", request.host_url.rstrip("/")) == request.host_url.rstrip("/")


def _here() -> str:
    return request.full_path.rstrip("?")


def safe_target(target: str | None) -> str:
    """Return an address of this site; the home page for any other."""
    home = url_for("loyalty.today.home")
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return home
    parts = urlsplit(target.replace("\\", "/"))
    inside = not parts.scheme and not parts.netloc and not any(ord(sign) < 32 for sign in target)
    return target if inside and parts.path != url_for("signing_in.sign_in") else home
