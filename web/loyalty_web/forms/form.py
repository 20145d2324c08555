"""A form between two requests: what it shows, what was typed, what was wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow.exceptions import SCHEMA

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

INVALID = _("This cannot be used as it is.")
MOST_ROWS = 500


class FormSchema(Schema):
    """A schema of a form; what a form sends besides its fields (a token, which button) is not looked at."""

    class Meta:
        unknown = EXCLUDE

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return a value by the name of its field, `name.uk` within `name`; a mapping's own methods are no values."""
        found = obj
        for name in attr.split("."):
            found = found.get(name, default) if isinstance(found, Mapping) else getattr(found, name, default)
        return found


@dataclass
class Form:
    """Fields by name with their texts and problems.

    A field in a row is called `rules.0.percent_bp`; its id is the name with hyphens, so a problem's link finds it.
    """

    schema: Schema
    texts: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def showing(cls, schema: Schema, values: Mapping[str, Any] | None = None) -> Form:
        """Return a form that shows what is there now, nothing typed yet."""
        return cls(schema, _flat(schema.dump(values or {})))

    @classmethod
    def sent(cls, schema: Schema, given: Mapping[str, str] | None = None) -> Form:
        """Return the form that was sent with this request, read: `values`, or `problems`."""
        sent = request.form if given is None else given
        texts = {name: value for name, value in sent.items() if name != "csrf_token"}
        form = cls(schema, texts)
        try:
            form.values = schema.load(nested(texts))
        except ValidationError as error:
            form.problems = list(_problems(error.messages, ()))
        return form

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return bool(self.problems)

    @property
    def status(self) -> int:
        """Return the status to answer with."""
        return 422 if self.problems else 200

    def refuse(self, refused: Refused, names: Mapping[str, str] | None = None) -> None:
        """Show what the core refused, each problem at its field; `names` says what a path is called here."""
        for problem in refused.problems:
            name = ".".join(str(step) for step in problem.path)
            known = (names or {}).get(name, name)
            self.problems.append(Problem(problem.code, problem.message, tuple(known.split(".")) if known else ()))

    def text(self, name: str) -> str:
        """Return what stands in a field."""
        return self.texts.get(name, "")

    def checked(self, name: str, value: str = "") -> bool:
        """Whether a check-box is checked, or a choice is the one chosen."""
        return bool(self.text(name)) if not value else self.text(name) == value

    def chosen(self, name: str) -> list[str]:
        """Return the values that are chosen in a field that takes several."""
        return [line for line in self.text(name).splitlines() if line]

    def wrong(self, name: str) -> list[Message]:
        """Return what is wrong with a field."""
        return [problem.message for problem in self.problems if name_of(problem) == name]

    def id(self, name: str) -> str:
        """Return the id of a field's element."""
        return "f-" + name.replace(".", "-")

    def options(self, name: str) -> Mapping[str, Message | str]:
        """Return what a field of choice offers."""
        found: Mapping[str, Message | str] = self._field(name).options
        return found

    def needed(self, name: str) -> bool:
        """Whether a field may not stay empty."""
        return bool(getattr(self._field(name), "needed", False))

    def rows(self, name: str) -> list[int]:
        """Return the numbers of the rows of a list of fields."""
        found = {key.split(".")[1] for key in self.texts if key.startswith(f"{name}.")}
        return sorted(int(number) for number in found if _is_row(number))

    def summary(self) -> list[tuple[Message, str | None]]:
        """Return every problem with the id of the field it is about, for the list on top."""
        shown: list[tuple[Message, str | None]] = []
        for problem in self.problems:
            name = name_of(problem)
            if name and self._has(name):
                shown.append((self._named(name, problem.message), self.id(name)))
            else:
                shown.append((problem.message, None))
        return shown

    def label(self, name: str) -> Message | str:
        """Return what a field is called."""
        return getattr(self._field(name), "label", None) or ""

    def _named(self, name: str, message: Message) -> Message:
        """Return a problem with the name of its field, and the number of its row."""
        label, number = self.label(name), name.split(".")[1:2]
        if not label:
            return message
        if number and number[0].isdecimal():
            row = int(number[0]) + 1
            return _("Row %(row)s, %(field)s: %(problem)s", row=row, field=label, problem=message)
        return _("%(field)s: %(problem)s", field=label, problem=message)

    def _has(self, name: str) -> bool:
        return name in self.texts or name.partition(".")[0] in self.schema.fields

    def _field(self, name: str) -> Any:
        """Return a field of the schema, in a row too; None for a name that only a template knows."""
        first, *rest = (name,) if name in self.schema.fields else name.split(".")
        found: Any = self.schema.fields.get(first)
        return found.inner.schema.fields.get(rest[-1]) if rest and hasattr(found, "inner") else found


def name_of(problem: Problem) -> str:
    """Return the name of the field that a problem is about."""
    return ".".join(str(step) for step in problem.path)


def nested(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return fields by name, with rows as lists: `rules.0.metric` is the metric of the first of `rules`."""
    found: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for name, text in texts.items():
        head, _dot, rest = name.partition(".")
        number, _dot, inner = rest.partition(".")
        if inner and _is_row(number):
            rows.setdefault(head, {}).setdefault(int(number), {})[inner] = text
        else:
            found[name] = text
    for name, by_number in rows.items():
        found[name] = [by_number.get(number, {}) for number in range(max(by_number) + 1)]
    return found


def _is_row(number: str) -> bool:
    """Whether this part of a field's name is the number of a row; a longer one is not even read."""
    return number.isdecimal() and number.isascii() and len(number) <= len(str(MOST_ROWS)) and int(number) < MOST_ROWS


def _flat(dumped: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of fields by name; rows get numbers."""
    texts: dict[str, str] = {}
    for name, value in dumped.items():
        if isinstance(value, list):
            for number, row in enumerate(value):
                texts.update({f"{name}.{number}.{inner}": text for inner, text in row.items()})
        else:
            texts[name] = value
    return texts


def _problems(found: object, path: tuple[str | int, ...]) -> Iterable[Problem]:
    """Yield the problems in marshmallow's tree of them."""
    if isinstance(found, dict):
        for key, inner in found.items():
            yield from _problems(inner, path if key == SCHEMA else (*path, key))
    elif isinstance(found, list):
        for inner in found:
            yield from _problems(inner, path)
    elif isinstance(found, Problem):
        yield found.under(*path)
    else:
        yield Problem("invalid", found if isinstance(found, Message) else INVALID, path)
