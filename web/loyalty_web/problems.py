"""When a page cannot be shown: what to do, then why; a whole page, or one line for htmx in `#problem`."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError, TooManyRequests, Unauthorized

from loyalty_core.errors import Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_web import requests
from loyalty_web.htmx import hx

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is said of one kind of failure."""

    title: Message
    advice: Message


TROUBLES: dict[int, Trouble] = {
    400: Trouble(
        _("This could not be understood"), _("Go back, load the page again and repeat it. Nothing was saved.")
    ),
    401: Trouble(_("You are signed out"), _("Sign in again. What you typed is kept on this page.")),
    403: Trouble(_("This is not open to you"), _("Ask whoever manages users if you need it for your work.")),
    404: Trouble(
        _("There is no such page"), _("Look it up from the menu: it was moved or removed, or belongs elsewhere.")
    ),
    405: Trouble(_("This cannot be done this way"), _("Go back and use the buttons of the page. Nothing was saved.")),
    413: Trouble(_("This is too large"), _("Send less at once. Nothing was saved.")),
    429: Trouble(_("Too many attempts"), _("Wait a few minutes, then try again.")),
    500: Trouble(_("Nothing was saved"), _("Try again. If it happens again, tell this code to whoever helps you.")),
}

STALE_FORM = Trouble(
    _("This page was open for too long"), _("Load it again and repeat what you did. Nothing was saved.")
)
REFUSED = Trouble(_("This could not be done"), _("Nothing was saved."))


def register_problem_pages(target: Flask | Blueprint) -> None:
    """Show failures of an application, or of one blueprint in a foreign one, as pages of ours."""
    target.register_error_handler(CSRFError, _stale)
    target.register_error_handler(HTTPException, _failed)
    target.register_error_handler(Refused, _refused)
    target.register_error_handler(Exception, _broken)


def _failed(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    if isinstance(error, SecurityError):
        return Response("Not served under this name.\n", 400, mimetype="text/plain")  # no address of ours holds here
    code = error.code or 500
    if isinstance(error, Unauthorized):
        found = requests.extension().sign_in()
        if found is not None:
            return found
    response = _page(code, TROUBLES.get(code, TROUBLES[500 if code >= 500 else 400]))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = "60"
    return response


def _stale(error: CSRFError) -> Response:
    if requests.actor_or_none() is None:
        return _failed(Unauthorized())
    log.info("request forgery check failed: %s", error.description)
    return _page(400, STALE_FORM)


def _refused(error: Refused) -> Response:
    """Show a refusal that no form of the page was there to show."""
    return _page(422, REFUSED, [problem.message for problem in error.problems])


def _broken(error: Exception) -> Response:
    if current_app.testing:
        raise error
    log.error("the page failed", exc_info=error)
    return _page(500, TROUBLES[500])


def _page(code: int, trouble: Trouble, reasons: list[Message] | None = None) -> Response:
    values = {"code": code, "trouble": trouble, "reasons": reasons or [], "reference": g.get("reference", "")}
    if hx.fragment:
        response = Response(render_template("loyalty/problem_line.html", **values), code)
        response.headers["HX-Retarget"] = "#problem"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    template = "loyalty/problem.html" if code != 500 and _frame_stands() else "loyalty/problem_bare.html"
    return Response(render_template(template, **values), code)


def _frame_stands() -> bool:
    """Whether menu and place can be shown around a failure: somebody is signed in, and this is a page."""
    return requests.actor_or_none() is not None and not request.path.startswith("/api/")
