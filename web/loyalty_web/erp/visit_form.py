"""The form of a new visit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import validates_schema

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.fields import invalid
from loyalty_core.storage.ids import is_id
from loyalty_web import requests
from loyalty_web.client_words import VISIT_STATES
from loyalty_web.forms import Choice, Day, FormSchema, Phrase
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


class Sought(Phrase):
    """What a client is looked for by: shown as needed, though not any more once one is chosen."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(longest=100, **settings)
        self.needed = True

    def deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any
    ) -> str | None:
        """Return what was typed, or nothing."""
        typed = isinstance(value, str) and value.strip()
        return super().deserialize(value, attr, data, **kwargs) if typed else None


def read_client(text: str) -> int | None:
    """Return the id of a client as an address or a form has it; nothing for what is none."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    return number if is_id(number) else None


def _branches() -> Mapping[str, str]:
    actor = requests.the_actor()
    return {each.external_id: each.name for each in requests.around().places if actor.may("visits.edit", each.id)}


class VisitForm(FormSchema):
    """A new visit: who, where, when."""

    q = Sought(label=_("Client"))
    client = Phrase(longest=20)
    branch = Choice(_branches, required=True, label=_("Branch"))
    day = Day(required=True, native=True, label=_("Day"))
    time = Clock(required=True, label=_("Time"))
    status = Choice(STATUSES, required=True, label=_("Status"))

    @validates_schema(skip_on_field_errors=False)
    def check(self, visit: dict[str, Any], **_rest: Any) -> None:
        """Refuse a visit of nobody; that stands at the search."""
        if read_client(visit.get("client") or "") is None:
            chosen = _("Find the client, then choose one of those found.")
            raise invalid(Problem("required", chosen, ("q",)))


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time; one that the clocks skip in spring is the one an hour later."""
    return datetime.combine(day, at, zone).astimezone(UTC)
