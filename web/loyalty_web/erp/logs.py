"""What is logged: JSON lines in UTC with request, actor and route, never what people typed (RELIABILITY I18)."""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from flask import Flask, Response, g, has_request_context, request

from loyalty_core.ports import Clock
from loyalty_web import requests

LONG_DIGITS = re.compile(r"\d{6,}")
"""Phones and codes: a run of digits that no route or id of ours shows is not kept."""

QUIET = ("alembic", "huey", "waitress.queue")
"""Libraries that say at length that all is well."""

log = logging.getLogger("loyalty_web.access")


def set_up(app: Flask, clock: Clock) -> None:
    """Give every request a reference and log it when it is done. Where logs go is said by `to_stream`."""

    @app.before_request
    def begin() -> None:
        g.reference = _reference()
        g.began = clock.now()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("reference", "")
        began = g.get("began")
        took = (clock.now() - began).total_seconds() * 1000 if began else 0
        level = logging.DEBUG if request.path.startswith(("/static/", "/healthz", "/readyz")) else logging.INFO
        log.log(level, "request", extra={"status": response.status_code, "ms": round(took)})
        return response


def _reference() -> str:
    """Return what a person can read out: `7F3A-91C2`."""
    code = secrets.token_hex(4).upper()
    return f"{code[:4]}-{code[4:]}"


@contextmanager
def to_stream(stream: TextIO | None = None, level: int = logging.INFO) -> Iterator[None]:
    """Write what is logged to a stream as JSON lines, and nowhere else, while the block runs."""
    root = logging.getLogger()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_json_lines())
    before = root.handlers[:], root.level
    for noisy in QUIET:
        logging.getLogger(noisy).setLevel(logging.ERROR)
    root.handlers[:] = [handler]
    root.setLevel(level)
    try:
        yield
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])


def _json_lines() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=("status", "ms", "plugin")),
            _about_request,
            structlog.processors.format_exc_info,
            _without_numbers,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _about_request(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add which request it was: the template of its route, as the path itself may say whom it is about."""
    if has_request_context():
        entry["request_id"] = g.get("reference", "")
        entry["method"] = request.method
        entry["route"] = str(request.url_rule) if request.url_rule is not None else "none"
        here = g.get("loyalty")
        if isinstance(here, requests.Scope) and here.actor is not None:
            entry["actor"] = here.actor.key
    return entry


def _without_numbers(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in ("event", "exception"):
        if isinstance(entry.get(name), str):
            entry[name] = LONG_DIGITS.sub("…", entry[name])
    return entry
