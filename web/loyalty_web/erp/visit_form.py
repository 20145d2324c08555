"""The form of a new visit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.fields import invalid
from loyalty_core.storage.ids import is_id
from loyalty_web import requests
from loyalty_web.client_words import VISIT_STATES
from loyalty_web.forms import Choice, Day, Form, FormSchema, Phrase
from loyalty_web.forms.fields import Typed

MOST_FOUND = 8
CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:.\s-]?([0-5][0-9])")
STATUSES: Mapping[str, Message] = {
    each.value: VISIT_STATES[each][0] for each in (VisitStatus.WAITING, VisitStatus.CONFIRMED, VisitStatus.ARRIVED)
}


class Clock(Typed[time]):
    """A time of day: `14:30`, `14.30`, `1430`."""

    def read(self, text: str) -> time:
        """Return the time."""
        found = CLOCK.fullmatch(text.strip())
        if found is None or not text.isascii():
            raise Refused(Problem("not_a_time", _("Write the time as 14:30.")))
        return time(int(found[1]), int(found[2]))

    def show(self, value: time) -> str:
        """Return the time as fields have it."""
        return value.isoformat("minutes")


class Chosen(Typed[str]):
    """The id of a client that the search has shown."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> str:
        """Return the id; nothing chosen is said at the search."""
        text = value if isinstance(value, str) else ""
        if read_client(text) is None:
            raise invalid(Problem("required", _("Find the client, then choose one of those found.")))
        return text


def read_client(text: str) -> int | None:
    """Return the id of a client as an address or a form has it; nothing for what is none."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    return number if is_id(number) else None


def _branches() -> Mapping[str, str]:
    actor = requests.the_actor()
    return {each.external_id: each.name for each in requests.around().places if actor.may("visits.edit", each.id)}


class VisitForm(FormSchema):
    """A new visit: who, where, when."""

    q = Phrase(longest=100)
    client = Chosen()
    branch = Choice(_branches, required=True)
    day = Day(required=True, native=True)
    time = Clock(required=True)
    status = Choice(STATUSES, required=True, load_default=VisitStatus.WAITING.value)


def sent() -> Form:
    """Return the form that was sent; that no client is chosen stands at the search."""
    form = Form.sent(VisitForm())
    form.problems = [
        Problem(each.code, each.message, ("q",)) if each.path[:1] == ("client",) else each for each in form.problems
    ]
    return form


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time; one that the clocks skip in spring is the one an hour later."""
    return datetime.combine(day, at, zone).astimezone(UTC)
