"""Bringing the JSON API into an application: the small host's, or an ERP's own."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, current_app, request
from flask_smorest import Api
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from loyalty_web.api import clients, invoices, quotes, visits
from loyalty_web.api.blueprint import ApiBlueprint, View, answer
from loyalty_web.api.callers import OPEN, ApiState, Authenticate
from loyalty_web.api.fields import OPENAPI_TYPES
from loyalty_web.api.shown import ProblemShown
from loyalty_web.permissions import EVERYBODY, needs

PREFIX = "/api/v1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

GROUPS = ((quotes.api, "/quotes"), (invoices.api, "/invoices"), (visits.api, "/visits"), (clients.api, "/clients"))

rest = ApiBlueprint("api", __name__, "What the API is made of.")


class JsonApi(Api):  # type: ignore[misc]
    """Describes the routes in OpenAPI; their failures are answered by `problems`, those of the host by the host."""

    ERROR_SCHEMA = ProblemShown
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave the handlers of the application alone: every group of routes has its own."""

    def _register_doc_blueprint(self) -> None:
        """Leave the description to a route of ours."""


def bring_api(app: Flask, authenticate: Authenticate, url_prefix: str = PREFIX) -> None:
    """Bring the JSON API under `url_prefix`, after the extension; `authenticate` knows the tokens.

    Where the application protects itself against forged forms, the API is left out of that: it takes no cookies.
    """
    app.extensions["loyalty_api"] = ApiState(authenticate)
    api = JsonApi(app, spec_kwargs=_described(), config_prefix="LOYALTY")
    for field, kind, form in OPENAPI_TYPES:
        api.register_field(field, kind, form)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    groups = [*GROUPS, (rest, "")]
    for group, path in groups:
        if group is rest:
            app.register_blueprint(rest, url_prefix=url_prefix)
        else:
            api.register_blueprint(group, url_prefix=url_prefix + path)
        if "csrf" in app.extensions:
            app.extensions["csrf"].exempt(group)
    app.extensions["loyalty_openapi"] = api.spec.to_dict()


def _described() -> dict[str, Any]:
    return {
        "title": "Loyalty",
        "version": version("loyalty"),
        "openapi_version": "3.1.0",
        "marshmallow_plugin": MarshmallowPlugin(),
        "info": {"description": "Price, issue, pay and give back; say who came. Money is whole minor units."},
        "security": [{"token": []}],
    }


def _open(view: View) -> View:
    setattr(view, OPEN, True)
    return view


@_open
@needs(EVERYBODY)
def openapi() -> Response:
    """Describe the API."""
    return answer(current_app.extensions["loyalty_openapi"])


@_open
@needs(EVERYBODY)
def nothing(path: str = "") -> Response:
    """Answer what no route answers: 405 where another method would do, else 404."""
    allowed = [method for method in METHODS if _answers(method)]
    raise MethodNotAllowed(allowed) if allowed else NotFound


def _answers(method: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None, "a request has an address"
    try:
        endpoint, _values = adapter.match(method=method)
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return False
    return bool(endpoint != request.endpoint)


rest.add_url_rule("/openapi.json", view_func=openapi)
rest.add_url_rule("/", view_func=nothing, endpoint="nothing_at_all", methods=METHODS)
rest.add_url_rule("/<path:path>", view_func=nothing, methods=METHODS)
