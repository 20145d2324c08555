"""Fields of bodies: each takes exactly one kind of JSON value, and says in OpenAPI what it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from marshmallow import fields

from loyalty_core.engine.checking import MAX_QUANTITY_MILLI, text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.facts.money import FULL_PERCENT, MAX_MINOR
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.fields import Whole as CoreWhole
from loyalty_core.plugging.fields import invalid

T = TypeVar("T")

Given = Mapping[str, Any] | None


def _described(settings: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Return the settings of a field with what OpenAPI says of it."""
    return {**settings, "metadata": {**said, **settings.get("metadata", {})}}


class Text(fields.Field[str]):
    """A text of at most `longest` characters, without control characters; empty only with `blank`."""

    def __init__(self, longest: int, *, blank: bool = False, **settings: Any) -> None:
        least = {} if blank else {"minLength": 1}
        super().__init__(**_described(settings, maxLength=longest, **least))
        self.longest, self.blank = longest, blank

    def _deserialize(self, value: Any, attr: str | None, data: Given, **kwargs: Any) -> str:
        text = _text(value)
        problem = None if self.blank and text == "" else text_problem(text, self.longest)
        if problem is not None:
            raise invalid(problem)
        return text


class Name(fields.Field[str]):
    """An id of another system, a key or a code: 1 to `longest` visible characters, in NFC like everywhere else."""

    def __init__(self, longest: int = 100, **settings: Any) -> None:
        super().__init__(**_described(settings, minLength=1, maxLength=longest))
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Given, **kwargs: Any) -> str:
        return _parsed(parsing.external_id, _text(value), self.longest)


class Word(fields.Field[str]):
    """One of a few words."""

    def __init__(self, words: Sequence[str], **settings: Any) -> None:
        super().__init__(**_described(settings, enum=list(words)))
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Given, **kwargs: Any) -> str:
        return _parsed(parsing.one_of, _text(value), self.words)


class Whole(CoreWhole):
    """A whole number between two bounds: no text, no fraction, no truth value."""

    def __init__(self, least: int, most: int, **settings: Any) -> None:
        super().__init__(least, most, **_described(settings, minimum=least, maximum=most))


class Minor(Whole):
    """An amount in minor units."""

    def __init__(self, least: int = 0, **settings: Any) -> None:
        super().__init__(least, MAX_MINOR, **_described(settings, description="minor units"))


class Quantity(Whole):
    """A quantity above zero, in thousandths."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(1, MAX_QUANTITY_MILLI, **_described(settings, description="thousandths"))


class Points(Whole):
    """A percentage in basis points."""

    def __init__(self, least: int = 0, **settings: Any) -> None:
        super().__init__(least, FULL_PERCENT, **_described(settings, description="basis points: 500 is 5 %"))


class Truth(fields.Field[bool]):
    """`true` or `false`, and nothing that might stand for one."""

    def _deserialize(self, value: Any, attr: str | None, data: Given, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise invalid(Problem("not_true_or_false", _("Send true or false.")))
        return value


class Day(fields.Field[date]):
    """A calendar day: `2026-03-31`."""

    def _deserialize(self, value: Any, attr: str | None, data: Given, **kwargs: Any) -> date:
        return _parsed(parsing.day, _text(value))


class Moment(fields.Field[datetime]):
    """An instant with its offset from UTC: `2026-03-31T12:00:00+03:00`."""

    def _deserialize(self, value: Any, attr: str | None, data: Given, **kwargs: Any) -> datetime:
        found = _parsed(parsing.moment, _text(value))
        if found.utcoffset() is None:
            raise invalid(Problem("no_zone", _("Give the time with its offset from UTC.")))
        return found


class Several(fields.List[Any]):
    """A list of at most `most` values, counted before any of them is read."""

    def __init__(self, each: fields.Field[Any], most: int, too_many: Problem | None = None, **settings: Any) -> None:
        super().__init__(each, **_described(settings, maxItems=most))
        self.most = most
        text = _("Send at most %(most)s of these.", most=most)
        self.too_many = too_many or Problem("too_many", text)

    def _deserialize(self, value: Any, attr: str | None, data: Given, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise invalid(_WRONG_TYPE)
        if len(value) > self.most:
            raise invalid(self.too_many)
        return super()._deserialize(value, attr, data, **kwargs)


class Part(fields.Nested):
    """An object within the body."""

    def _deserialize(self, value: Any, attr: str | None, data: Given, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise invalid(_WRONG_TYPE)
        return super()._deserialize(value, attr, data, *args, **kwargs)


_WRONG_TYPE = Problem("wrong_type", _("This is not made up as it should be."))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise invalid(Problem("not_a_text", _("Send this as a text.")))
    return value


def _parsed(parse: Callable[..., T], *given: Any) -> T:
    try:
        return parse(*given)
    except Refused as refused:
        raise invalid(*refused.problems) from None


OPENAPI_TYPES: tuple[tuple[type[fields.Field[Any]], str, str | None], ...] = (
    (Text, "string", None),
    (Name, "string", None),
    (Word, "string", None),
    (CoreWhole, "integer", None),
    (Whole, "integer", None),
    (Minor, "integer", None),
    (Quantity, "integer", None),
    (Points, "integer", None),
    (Truth, "boolean", None),
    (Day, "string", "date"),
    (Moment, "string", "date-time"),
)
"""What each field is in OpenAPI."""
