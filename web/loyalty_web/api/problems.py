"""Failures as `application/problem+json` (RFC 9457), in the language that the caller reads."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from babel import Locale
from flask import Response, current_app, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from loyalty_core.errors import Problem, Refused
from loyalty_core.i18n import SOURCE_LOCALE, Texts
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_web import requests

PROBLEM = "application/problem+json"
MOST_ERRORS = 50
"""How many mistakes one answer tells of."""

log = logging.getLogger(__name__)

_ABSENT = ("unknown_branch", "unknown_client", "unknown_visit", "unknown_invoice")
"""What is not there, or is not the caller's: 404, if nothing else is wrong."""

_STATUS = {
    "bad_json": 400,
    "field_twice": 400,
    "bad_key": 400,
    "no_key": 400,
    "no_token": 401,
    "bad_token": 401,
    "not_json": 415,
    "already_issued": 409,
    "already_void": 409,
    "invoice_closed": 409,
    "not_refundable": 409,
    "paid": 409,
    "price_changed": 409,
    "quote_expired": 409,
    "recorded_differently": 409,
    "visit_has_invoice": 409,
}
"""The status of those refusals that are not of the content: by code. All others are 422."""

_ADVICE: Mapping[int, tuple[str, Message]] = {
    400: ("bad_request", _("This request cannot be read.")),
    401: ("no_token", _("Send a token: “Authorization: Bearer …”.")),
    403: ("not_allowed", _("Take another token: this one does not allow it.")),
    404: ("not_found", _("There is no such thing here.")),
    405: ("bad_method", _("Use one of the methods that the header “Allow” names.")),
    413: ("too_large", _("Send less at once: a body has at most 1 MB.")),
    415: ("not_json", _("Send the body as %(kind)s.", kind="application/json")),
    429: ("too_many_requests", _("Wait a few minutes, then try again.")),
    500: ("failed", _("Nothing was saved. If it happens again, tell the reference to whoever runs this.")),
    503: ("unavailable", _("Nothing was saved. Try again in a moment, under the same key.")),
}

_BUSY = Problem("busy", _("Send it again under the same key: another request is still at work."))
_BUSY_SIGNS = ("locked", "LockNotAvailable", "DeadlockDetected", "SerializationFailure")


def locale() -> Locale:
    """Return the language that the caller asked for, of those there are; English without one."""
    if "locale" not in g:
        names = _locales(requests.extension().texts)
        best = request.accept_languages.best_match(names)
        g.locale = names[best] if best else SOURCE_LOCALE
    found: Locale = g.locale
    return found


@cache
def _locales(texts: Texts) -> Mapping[str, Locale]:
    """Return the languages there are by name: they are looked up in the catalogues' folder once."""
    return {str(each): each for each in texts.locales()}


def say(message: Message) -> str:
    """Return a message in the language of the caller."""
    return requests.extension().texts.render(message, locale())


def problem(
    status: int, problems: Sequence[Problem], headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Return the answer that says why; `code` and `detail` are those of the first of `problems`."""
    errors = [
        {"code": each.code, "path": list(each.path), "detail": say(each.message)} for each in problems[:MOST_ERRORS]
    ]
    body = {
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": errors[0]["code"],
        "detail": errors[0]["detail"],
        "errors": errors,
        **more,
    }
    return Response(current_app.json.dumps(body), status, headers, mimetype=PROBLEM)


def refused(error: Refused) -> Response:
    """Answer a refusal, by the table of statuses."""
    return problem(status_of(error), error.problems, _challenge(error))


def status_of(error: Refused) -> int:
    """Return the status of a refusal: of its first code with one of its own; 404 if all is about the absent."""
    if all(code in _ABSENT for code in error.codes):
        return 404
    return next((_STATUS[code] for code in error.codes if code in _STATUS), 422)


def _challenge(error: Refused) -> dict[str, str]:
    if status_of(error) != 401:
        return {}
    why = ', error="invalid_token"' if "bad_token" in error.codes else ""
    return {"WWW-Authenticate": f'Bearer realm="loyalty"{why}'}


def failed(error: HTTPException) -> Response:
    """Answer what Flask itself refused."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    code, advice = _ADVICE.get(status, _ADVICE[500 if status >= 500 else 400])
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(status, [Problem(code, advice)], headers)


def busy(error: OperationalError) -> Response:
    """Answer when the database would not: somebody holds what is asked for, or nobody answers there."""
    signs = (type(error.orig).__name__, str(error.orig))
    if any(sign in text for sign in _BUSY_SIGNS for text in signs):
        return problem(409, [_BUSY], {"Retry-After": "1"})
    log.error("the database failed", exc_info=error)
    return problem(503, [Problem(*_ADVICE[503])], {"Retry-After": "5"})


def broken(error: Exception) -> Response:
    """Answer a mistake of ours, with a reference that the log has too."""
    if current_app.testing:
        raise error
    log.error("the API failed", exc_info=error)
    return problem(500, [Problem(*_ADVICE[500])], reference=g.get("reference", ""))
