"""What people type for a plugin - settings, a part of a programme, an offer: read by its own schema, kept as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from marshmallow import RAISE, Schema, ValidationError
from marshmallow.exceptions import SCHEMA

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.fields import CoreProblem
from loyalty_core.plugging.freezing import FORM, UNCHECKED, Freezer, NotPlain, thawed
from loyalty_core.plugging.schema_words import told
from loyalty_core.plugging.stamping import stamped, stamped_problem

MOST_VALUES = 20_000
"""Values that one form may consist of."""


class FormRefused(Refused):
    """What a schema does not accept; the messages already belong to their catalogues."""


def read_form(schema: type[Schema], given: object, plugin: str) -> Mapping[str, object]:
    """Return what was typed, or stored, as the schema reads it: with its defaults, frozen.

    Raises `FormRefused` with every problem found, paths within the form, and whatever else the schema's own code
    raises.
    """
    try:
        plain = thawed(Freezer(MOST_VALUES, UNCHECKED).freeze(given))
    except NotPlain as wrong:
        raise FormRefused(CoreProblem("wrong_type", wrong.why)) from wrong
    try:
        return _frozen(_made(schema).load(plain, unknown=RAISE))  # type: ignore[arg-type]
    except NotPlain as wrong:
        raise FormRefused(CoreProblem("wrong_type", wrong.why)) from wrong
    except ValidationError as error:
        raise FormRefused(sorted(_problems(error.messages, plugin, ()), key=_place)) from error


def form_to_keep(schema: type[Schema], given: object, plugin: str) -> dict[str, Any]:
    """Return a form as it is stored: validated, defaults included, plain JSON that the schema reads back the same.

    Raises as `read_form`, and `NotPlain` when the schema does not bring back what it wrote.
    """
    form = read_form(schema, given, plugin)
    stored = _as_json(_frozen(_made(schema).dump(thawed(form))))
    if read_form(schema, stored, plugin) != form:
        raise NotPlain(_("What was typed does not come back as it was stored."))
    assert isinstance(stored, dict)
    return stored


@lru_cache(maxsize=256)
def _made(schema: type[Schema]) -> Schema:
    """Return the one object of a schema: making it costs more than reading by it."""
    return schema()


def _frozen(loaded: object) -> Mapping[str, object]:
    frozen = Freezer(MOST_VALUES, FORM).freeze(loaded)
    if not isinstance(frozen, MappingProxyType) or not all(type(key) is str for key in frozen):
        raise NotPlain(_("What was typed is read as a dictionary of named fields."))
    return frozen


def _as_json(value: object) -> object:
    """Return a frozen value as JSON keeps it: decimal numbers as text, dates as the standard writes them."""
    if isinstance(value, Mapping):
        return {key: _as_json(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date | time) else value


def _problems(found: object, plugin: str, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Yield the problems in marshmallow's tree of them: dictionaries by field or index, lists of texts or problems."""
    if isinstance(found, dict):
        for key, inner in found.items():
            yield from _problems(inner, plugin, path if key == SCHEMA else (*path, key))
    elif isinstance(found, list):
        for inner in found:
            yield from _problems(inner, plugin, path)
    elif isinstance(found, CoreProblem):
        yield found.under(*path)
    elif isinstance(found, Problem):
        yield stamped_problem(found, plugin).under(*path)
    else:
        yield _in_words(found, plugin, path)


def _place(problem: Problem) -> list[tuple[str, str | int]]:
    """Return what problems are sorted by: their order must not depend on that of a set."""
    return [(type(step).__name__, step) for step in problem.path]


def _in_words(found: object, plugin: str, path: tuple[str | int, ...]) -> Problem:
    """Return the problem that a bare text or message stands for."""
    if isinstance(found, str):
        return told(found).under(*path)
    return Problem("invalid", stamped(found, plugin), path)
