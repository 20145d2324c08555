"""The menu: one for everybody, without what somebody may not see, in three groups by reach (UI 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask import request, url_for

from loyalty_core.messages import Message
from loyalty_web.permissions import SIGNED_IN
from loyalty_web.requests import around, the_actor, working_place


class Reach(Enum):
    """How far the work behind an entry reaches, which is also the order of daily use."""

    DAILY = "daily"
    OFFERS = "offers"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu. `icon` is a symbol of `icons.svg`; entries stand by `order`, then by endpoint.

    `phone` puts it into the bar at the bottom of small screens, which holds four. An entry `of_branch` leads to the
    page of the working branch, whose URL has a part `branch`.
    """

    label: Message
    endpoint: str
    icon: str
    needs: str
    reach: Reach = Reach.DAILY
    order: int = 50
    phone: bool = False
    of_branch: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as it is shown on this page."""

    label: Message
    url: str
    icon: str
    current: bool
    phone: bool


def menu(entries: Iterable[Entry]) -> dict[str, list[Shown]]:
    """Return what the actor sees, by group; a group that is empty is left out."""
    shown: dict[str, list[Shown]] = {}
    ordered = sorted(entries, key=lambda entry: (entry.order, entry.endpoint))
    for reach in Reach:
        found = [line for entry in ordered if entry.reach is reach and (line := _shown(entry)) is not None]
        if found:
            shown[reach.value] = found
    return shown


def _shown(entry: Entry) -> Shown | None:
    actor = the_actor()
    if entry.needs != SIGNED_IN and not actor.may(entry.needs):
        return None
    values: dict[str, Any] = {}
    if entry.of_branch:
        place = working_place() or next(iter(around().places), None)
        if place is None or not actor.may(entry.needs, place.id):
            return None
        values["branch"] = place.external_id
    return Shown(entry.label, url_for(entry.endpoint, **values), entry.icon, _is_current(entry), entry.phone)


def _is_current(entry: Entry) -> bool:
    """Whether this page belongs to the entry: it is about the same noun, be it the host's page or the core's."""
    here, there = (request.endpoint or "").split("."), entry.endpoint.split(".")
    return here[-2:-1] == there[-2:-1]


def most_used(groups: dict[str, list[Shown]], most: int = 4) -> Sequence[Shown]:
    """Return what the bar at the bottom of small screens holds."""
    return [line for lines in groups.values() for line in lines if line.phone][:most]
