"""What every group of routes shares: strict bodies, tokens, problems as JSON, idempotency keys, their description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import Schema
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_web.api import problems
from loyalty_web.api.bodies import StrictParser
from loyalty_web.api.callers import admit
from loyalty_web.api.shown import ConflictShown, ProblemShown
from loyalty_web.permissions import needs
from loyalty_web.security import harden

View = TypeVar("View", bound=Callable[..., Any])

KEY = "Idempotency-Key"
LONGEST_KEY = 100

_KEY_PARAMETER = {
    "in": "header",
    "name": KEY,
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "A text of your own for this one change: the same call again gets the same answer.",
}


class ApiBlueprint(Blueprint):  # type: ignore[misc]
    """A group of routes."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, description: str) -> None:
        super().__init__(f"loyalty_{name}", import_name, description=description)
        self.before_request(admit)
        self.after_request(_harden)
        self.register_error_handler(Refused, problems.refused)
        self.register_error_handler(HTTPException, problems.failed)
        self.register_error_handler(OperationalError, problems.busy)
        self.register_error_handler(Exception, problems.broken)

    def call(
        self,
        method: str,
        rule: str,
        permission: str,
        *,
        takes: Schema | None = None,
        gives: Mapping[int, type[Schema] | None],
        keyed: bool = True,
    ) -> Callable[[View], View]:
        """Make a view answer a call: who may, what it takes as a body, what it gives by status.

        A call that changes something is done once under its `key` (RELIABILITY I7), which the view is given; so is
        what `takes` read.
        """

        def add(view: View) -> View:
            made: Any = self.arguments(takes)(view) if takes is not None else view
            if keyed:
                made = self.doc(parameters=[_KEY_PARAMETER])(_with_key(made))
            made = needs(permission)(made)
            for status, shown in gives.items():
                made = self.alt_response(status, schema=shown, success=True)(made)
            for refused, said, schema in _refusals(takes=takes is not None, keyed=keyed):
                made = self.alt_response(refused, schema=schema, content_type=problems.PROBLEM, description=said)(made)
            made = self.doc(operationId=view.__name__)(made)
            self.add_url_rule(rule, view.__name__, made, methods=[method])
            return view

        return add


def _refusals(*, takes: bool, keyed: bool) -> list[tuple[int | str, str, type[Schema]]]:
    """Return what may stand in the way of a call, by status."""
    found: list[tuple[int | str, str, type[Schema]]] = [("default", "It was not done.", ProblemShown)]
    if keyed:
        found.append((409, "Something stands in the way.", ConflictShown))
    if takes:
        found.append((422, "The body is not as it should be.", ProblemShown))
    return found


def answer(body: Any, status: int = 200) -> Response:
    """Return an answer in JSON."""
    return Response(current_app.json.dumps(body), status, mimetype="application/json")


def _with_key(view: View) -> View:
    @wraps(view)
    def keyed(*args: Any, **kwargs: Any) -> Any:
        return view(*args, key=_the_key(), **kwargs)

    return keyed  # type: ignore[return-value]


def _the_key() -> str:
    key = request.headers.get(KEY)
    if key is None:
        text = _("Send the header %(name)s with a text of your own for this one change.", name=KEY)
        raise Refused(Problem("no_key", text, (KEY,)))
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        text = _("An idempotency key has 1 to 100 printable characters.")
        raise Refused(Problem("bad_key", text, (KEY,)))
    return key


def _harden(response: Response) -> Response:
    response.headers["Content-Language"] = str(problems.locale()).replace("_", "-")
    response.vary.update(("Authorization", "Accept-Language"))
    return harden(response)
