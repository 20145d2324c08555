"""A plugin's part of a programme: read by the plugin's own schema, kept as plain JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from marshmallow import RAISE, Schema, ValidationError
from marshmallow.exceptions import SCHEMA

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.fields import CoreProblem
from loyalty_core.plugging.freezing import JSON, UNCHECKED, Freezer, NotPlain, thawed
from loyalty_core.plugging.stamping import stamped, stamped_problem

MOST_VALUES = 20_000
"""Values that one part may consist of."""

_STANDARD = {
    "Unknown field.": ("unknown_field", _("There is no such field.")),
    "Missing data for required field.": ("required", _("A value is needed here.")),
    "Field may not be null.": ("required", _("A value is needed here.")),
    "Invalid input type.": ("wrong_type", _("This is not made up as it should be.")),
    "Not a valid list.": ("wrong_type", _("This is not made up as it should be.")),
    "Not a valid string.": ("wrong_type", _("This is not made up as it should be.")),
    "Not a valid boolean.": ("wrong_type", _("This is not made up as it should be.")),
}
"""What marshmallow says by itself, with a code and a text that can be translated."""


class PartRefused(Refused):
    """A part that its schema does not accept; the messages already belong to their catalogues."""


def read_part(schema: type[Schema], given: object, plugin: str) -> Mapping[str, object]:
    """Return a part with its defaults filled in, frozen.

    Raises `PartRefused` with every problem found, paths within the part, and whatever else the schema's own code
    raises.
    """
    try:
        plain = thawed(Freezer(MOST_VALUES, UNCHECKED).freeze(given))
    except NotPlain as wrong:
        raise PartRefused(CoreProblem("wrong_type", wrong.why)) from wrong
    try:
        return _frozen(schema().load(plain, unknown=RAISE))  # type: ignore[arg-type]
    except NotPlain as wrong:
        raise PartRefused(CoreProblem("wrong_type", wrong.why)) from wrong
    except ValidationError as error:
        raise PartRefused(sorted(_problems(error.messages, plugin, ()), key=_place)) from error


def part_to_keep(schema: type[Schema], given: object, plugin: str) -> dict[str, Any]:
    """Return a part as it is stored: validated, defaults included, plain JSON that the schema reads back the same.

    Raises as `read_part`, and `NotPlain` when the schema does not bring back what it wrote.
    """
    part = read_part(schema, given, plugin)
    stored = thawed(_frozen(schema().dump(thawed(part))))
    if read_part(schema, stored, plugin) != part:
        raise NotPlain(_("A part of a programme does not come back as it was stored."))
    assert isinstance(stored, dict)
    return stored


def _frozen(loaded: object) -> Mapping[str, object]:
    frozen = Freezer(MOST_VALUES, JSON).freeze(loaded)
    if not isinstance(frozen, MappingProxyType) or not all(type(key) is str for key in frozen):
        raise NotPlain(_("A part of a programme is read as a dictionary of named fields."))
    return frozen


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
        code, message = _STANDARD.get(found, ("invalid", Message("%(problem)s", MappingProxyType({"problem": found}))))
        return Problem(code, message, path)
    return Problem("invalid", stamped(found, plugin), path)
