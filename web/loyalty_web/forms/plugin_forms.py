"""What a plugin asks for, as people type it: its own schema, its amounts, percentages and times as they write them.

A schema of a plugin speaks in minor units, basis points and minutes of the day. Its fields say so in their `metadata`,
and a form made from it reads and shows what people write (docs/plugins.md, *Forms*):

- `unit`: `minor`, `bp` or `minute`, or a function that gives one of them, or nothing, for a row;
- `choices`: a mapping of values to messages, or the name of something of the host's (`branches`, `items` …);
- `label`, `hint`: messages, for forms that the host lays out by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from flask import request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from loyalty_core.errors import Problem
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.fields import Whole as KeptWhole
from loyalty_core.plugging.fields import invalid
from loyalty_web.forms.fields import Choice, ClockTime, Day, Exact, Flag, Minor, Phrase, Points, Several, Typed, Whole
from loyalty_web.forms.form import Form, FormSchema

LARGEST = 2**63 - 1
LONGEST_PHRASE = 10_000
"""Longer texts are cut off here; the plugin's own schema says what fits."""

UNITS: Mapping[str, Callable[..., Typed[Any]]] = {"minor": Minor, "bp": Points, "minute": ClockTime}


class ByRow(Typed[Any]):
    """A field whose unit depends on the rest of its row: an amount for money, else a number."""

    def __init__(self, choose: Callable[[Mapping[str, Any]], Typed[Any]], **settings: Any) -> None:
        super().__init__(**settings)
        self.choose = choose

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Read the field by the unit of this row."""
        return self.choose(data or {}).deserialize(value, attr, data, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "" if value is None else self.choose(obj).show(value)


def typed_schema(schema: type[Schema] | Schema, plugin: str) -> Schema:
    """Return the schema by which people type what a plugin's `schema` keeps; nested fields get names with dots."""
    made = schema() if isinstance(schema, type) else schema
    return FormSchema.from_dict(dict(_typed_fields(made, plugin)), name=f"{type(made).__name__}Typed")()


def sent(schema: type[Schema], plugin: str, given: Mapping[str, str] | None = None) -> Form:
    """Return the form that was sent, read; several values of one name are lines of one text."""
    return Form.sent(typed_schema(schema, plugin), given if given is not None else texts_sent())


def showing(schema: type[Schema], plugin: str, stored: Mapping[str, Any]) -> Form:
    """Return a form that shows what is kept; dates and numbers are read from its JSON by the plugin's own schema."""
    made = schema()
    return Form.showing(typed_schema(made, plugin), _loaded(made, stored))


def kept(form: Form) -> dict[str, Any]:
    """Return what was typed as the plugin's schema takes it, dates as JSON has them.

    What stayed empty is left out, so that the plugin's own default holds.
    """
    return {name: _plain(value) for name, value in form.values.items() if value is not None}


def typed_in_rows(schema: type[Schema], plugin: str) -> dict[str, list[str]]:
    """Return, for each list of rows, the fields in which something is typed rather than chosen."""
    return {
        name: [inner for inner, each in field.inner.schema.fields.items() if not isinstance(each, Choice)]
        for name, field in typed_schema(schema, plugin).fields.items()
        if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested)
    }


def texts_sent() -> dict[str, str]:
    """Return the texts of the form that was sent with this request."""
    return {name: "\n".join(values) for name, values in request.form.lists()}


def _loaded(schema: Schema, stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return stored JSON with dates and decimals as such; what does not fit any more is left as it is."""
    found = dict(stored)
    for name, field in schema.fields.items():
        value = found.get(name)
        if isinstance(value, str) and isinstance(field, fields.Date | fields.Decimal):
            found[name] = field.deserialize(value)
    return found


def _typed_fields(schema: Schema, plugin: str) -> Iterator[tuple[str, fields.Field[Any]]]:
    for name, field in schema.fields.items():
        if isinstance(field, fields.Nested):
            yield from ((f"{name}.{inner}", each) for inner, each in _typed_fields(field.schema, plugin))
        elif isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            yield name, fields.List(fields.Nested(typed_schema(field.inner.schema, plugin)), load_default=list)
        else:
            yield name, _typed(field, plugin)


def _typed(field: fields.Field[Any], plugin: str) -> fields.Field[Any]:
    """Return the field in which one value is typed. What is required is so here too: a text that says what to do."""
    unit = field.metadata.get("unit")
    label = {"label": _label(field, plugin)}
    settings: dict[str, Any] = {"required": field.required, **label}
    if callable(unit):
        return ByRow(lambda row: _in_unit(field, unit(row), settings), **settings)
    if isinstance(field, fields.Boolean):
        return Flag(**label)
    if isinstance(field, fields.List):
        return Several(numbers=isinstance(field.inner, KeptWhole | fields.Integer), **label)
    if isinstance(field, fields.Date):
        return Day(native=True, **settings)
    if isinstance(field, fields.Decimal | fields.Float):
        return Exact(**settings)
    if isinstance(field, KeptWhole | fields.Integer):
        return _in_unit(field, unit, settings)
    offered = _offered(field, plugin)
    return Choice(offered, **settings) if offered else Phrase(LONGEST_PHRASE, **settings)


def _in_unit(field: fields.Field[Any], unit: str | None, settings: Mapping[str, Any]) -> Typed[Any]:
    if unit is not None:
        least = getattr(field, "least", 0)
        return UNITS[unit](**settings, validate=_above_zero if least > 0 else None)
    return Whole(getattr(field, "least", 0), getattr(field, "most", LARGEST), **settings)


def _above_zero(value: int) -> None:
    """Refuse nothing where the plugin wants something: its own words would speak of minor units."""
    if value == 0:
        raise invalid(Problem("too_small", _("Enter more than 0: nothing would come of it.")))


def _offered(field: fields.Field[Any], plugin: str) -> Mapping[str, Message | str]:
    """Return what may be chosen: as the field's metadata name it, else the words themselves."""
    words = field.metadata.get("choices")
    if isinstance(words, Mapping):
        return {str(value): replace(word, domain=plugin) for value, word in words.items()}
    for each in field.validators:
        if isinstance(each, OneOf):
            return {str(value): str(value) for value in each.choices}
    return {}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True, slots=True)
class Laid:
    """A field of a plugin's form as the host lays it out by itself: which macro shows it, and its hint."""

    name: str
    macro: str
    hint: Message | str


MACROS: tuple[tuple[type[fields.Field[Any]], str], ...] = (
    (Flag, "flag"),
    (Choice, "choice"),
    (Minor, "money_field"),
    (Points, "percent_field"),
    (Day, "day_field"),
    (Several, "long_text"),
)


def laid_out(schema: type[Schema], plugin: str) -> list[Laid]:
    """Return the fields of a plugin's form in their order, each with how it is shown."""
    made = schema()
    found = []
    for name, field in typed_schema(made, plugin).fields.items():
        macro = next((macro for kind, macro in MACROS if isinstance(field, kind)), "field")
        hint = made.fields[name].metadata.get("hint") if name in made.fields else None
        found.append(Laid(name, macro, replace(hint, domain=plugin) if isinstance(hint, Message) else ""))
    return found


def _label(field: fields.Field[Any], plugin: str) -> Message | None:
    """Return what a field is called: as its schema says, else its name in words."""
    said = field.metadata.get("label")
    if isinstance(said, Message):
        return replace(said, domain=plugin)
    words = field.name.replace("_", " ").capitalize() if field.name else ""
    return Message("%(name)s", MappingProxyType({"name": words}))
