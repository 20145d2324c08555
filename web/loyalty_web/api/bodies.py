"""Bodies of requests, read strictly: JSON and nothing that only looks like it (RELIABILITY I19)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from flask import Request, request
from marshmallow import Schema, ValidationError
from marshmallow.exceptions import SCHEMA
from webargs.flaskparser import FlaskParser

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.schema_words import told

JSON = "application/json"


class Unreadable(Refused):
    """A body that says nothing: of another kind than JSON (415), or not made up as JSON is (400)."""


class _Twice(ValueError):
    """A field that is named twice: which of the two was meant?"""


def read_json(body: bytes) -> Any:
    """Return what a body says. Raises `Unreadable`: `bad_json`, `field_twice`.

    What Python reads beyond JSON is refused: `NaN` and `Infinity`, a field named twice, bytes that are no UTF-8,
    numbers of thousands of digits, brackets nested so deeply that nobody means them.
    """
    try:
        return json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_each_once)
    except _Twice as twice:
        raise Unreadable(Problem("field_twice", _("Name each field once."), (_short(str(twice)),))) from None
    except (ValueError, RecursionError):
        raise Unreadable(Problem("bad_json", _("Send JSON: this body cannot be read."))) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _Twice(next(name for name, _value in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return found


class StrictParser(FlaskParser):
    """Reads bodies by `read_json`, and refuses them with codes and translatable texts."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the body of a request that says it is JSON."""
        return the_body()

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse a body that its schema refused."""
        found = error.messages
        raise Refused(problems_in(found["json"] if isinstance(found, dict) and "json" in found else found)) from None


def the_body() -> Any:
    """Return the body of the request. Raises `Unreadable`: `not_json`, and those of `read_json`."""
    if request.mimetype != JSON:
        raise Unreadable(Problem("not_json", _("Send the body as %(kind)s.", kind=JSON)))
    return read_json(request.get_data())


def problems_in(found: object, path: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    """Yield the problems in marshmallow's tree of them: dictionaries by field or index, lists of texts or problems."""
    if isinstance(found, dict):
        for key, inner in found.items():
            yield from problems_in(inner, path if key == SCHEMA else (*path, _short(key)))
    elif isinstance(found, list):
        for inner in found:
            yield from problems_in(inner, path)
    elif isinstance(found, Problem):
        yield found.under(*path)
    else:
        yield told(str(found)).under(*path)


LONGEST_STEP = 100


def _short(step: str | int) -> str | int:
    """Return a step of a path; a name that somebody made endless is not sent back whole."""
    return step[:LONGEST_STEP] if isinstance(step, str) else step
