"""The form of a person: several phones and addresses, one a line, the first the main one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from babel import Locale

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_web import phones, requests
from loyalty_web.erp.importing.persons import KnownPerson
from loyalty_web.erp.tables import LONGEST_EMAIL
from loyalty_web.forms import Choice, Day, FormSchema, Phrase
from loyalty_web.forms.fields import Typed

MOST_LINES = 10
EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


class Lines(Typed[tuple[str, ...]]):
    """Several values, one a line; each is read by `one`, and shown by `shown`."""

    def __init__(self, one: Callable[[str], str], shown: Callable[[str], str] = str, **settings: Any) -> None:
        super().__init__(load_default=(), **settings)
        self.one, self.shown = one, shown

    def read(self, text: str) -> tuple[str, ...]:
        """Return the values, each once; every line that is wrong is named."""
        lines = [line.strip() for line in re.split(r"[\n;]", text) if line.strip()]
        if len(lines) > MOST_LINES:
            raise Refused(Problem("too_many", _("Write at most %(most)s, one a line.", most=MOST_LINES)))
        found: dict[str, None] = {}
        problems = []
        for number, line in enumerate(lines, start=1):
            try:
                found[self.one(line)] = None
            except Refused as refused:
                problems += [_named(problem, number, len(lines)) for problem in refused.problems]
        if problems:
            raise Refused(problems)
        return tuple(found)

    def show(self, value: tuple[str, ...]) -> str:
        """Return the values as lines."""
        return "\n".join(self.shown(each) for each in value)


def _named(problem: Problem, number: int, lines: int) -> Problem:
    """Say which line it is, where there are several."""
    if lines == 1:
        return problem
    return Problem(problem.code, _("Line %(number)s: %(problem)s", number=number, problem=problem.message))


def _phone(text: str) -> str:
    place = requests.working_place()
    zone = place.zone if place is not None else requests.around().zone
    return phones.read(text, phones.region_of(zone.key))


def _email(text: str) -> str:
    if len(text) > LONGEST_EMAIL or not text.isprintable() or not EMAIL.fullmatch(text):
        raise Refused(Problem("not_an_email", _("Write the address as name@example.org.")))
    return text


class Birthday(Day):
    """A day that has been."""

    def read(self, text: str) -> Any:
        """Return the day."""
        found = super().read(text)
        if found > requests.today():
            raise Refused(Problem("in_future", _("A birthday lies in the past.")))
        return found


def _languages() -> Mapping[str, Message | str]:
    reader = requests.reader()
    found = (Locale.parse(str(each)) for each in requests.extension().texts.locales())
    return {str(each): str(each.get_display_name(reader.locale)) for each in found}


class PersonForm(FormSchema):
    """What a business knows of a person."""

    name = Phrase(required=True, label=_("Name"))
    phones = Lines(_phone, phones.shown, label=_("Phones"))
    emails = Lines(_email, label=_("E-mail"))
    birthday = Birthday(past=True, label=_("Birthday"))
    locale = Choice(_languages, label=_("Language"))


def person_of(values: Mapping[str, Any], old: KnownPerson) -> KnownPerson:
    """Return the person that was typed; main phone and address first, the others sorted, as they are kept."""
    several = {name: _main_first(values[name]) for name in ("phones", "emails")}
    return old._replace(name=values["name"], birthday=values["birthday"], locale=values["locale"], **several)


def _main_first(found: tuple[str, ...]) -> tuple[str, ...]:
    return (*found[:1], *sorted(found[1:]))


def values_of(person: KnownPerson) -> dict[str, Any]:
    """Return what the form shows of a person."""
    return person._asdict()
