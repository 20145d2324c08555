"""Whether the process answers, and whether it can work: for whoever watches it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import DBAPIError

from loyalty_core.storage.migrate import CORE, State, state
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.migrations import WEB
from loyalty_web.permissions import EVERYBODY, needs

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@needs(EVERYBODY)
def alive() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@pages.get("/readyz")
@needs(EVERYBODY)
def ready() -> tuple[Response, int]:
    """Say whether the database answers and its tables fit the program."""
    deployment: Deployment = current_app.extensions["deployment"]
    try:
        behind = [source.name for source in (CORE, WEB) if state(deployment.engine, source) is not State.CURRENT]
    except DBAPIError:
        return jsonify(status="no database"), 503
    if behind:
        return jsonify(status="tables do not fit", sources=behind), 503
    return jsonify(status="ok"), 200
