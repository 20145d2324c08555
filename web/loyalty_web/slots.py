"""Named places of pages that others fill: tiles of Today, panels of the client card.

Of a contribution that fails one line is shown, and the log says more; the page goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from loyalty_web.permissions import SIGNED_IN
from loyalty_web.requests import scope, the_actor

log = logging.getLogger(__name__)

TODAY = "today"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a page: a template and what it is filled with."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


FAILED = Fragment("loyalty/slot_failed.html")

Fill = Callable[..., "Fragment | None"]
"""Makes a fragment from what the slot's page knows; nothing where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Who fills a place: for whom, in which order."""

    name: str
    fill: Fill
    needs: str = SIGNED_IN
    order: int = 50


@contextmanager
def _apart() -> Iterator[None]:
    """Keep a failed statement from spoiling the transaction of the page."""
    unit = scope().unit
    if unit is None:
        yield
    else:
        with unit.connection.begin_nested():
            yield


def filled(slots: list[Slot], name: str, **known: Any) -> list[Fragment]:
    """Return the fragments of a slot, in order; a line in the place of one that fails."""
    fragments = []
    for slot in sorted((each for each in slots if each.name == name), key=lambda each: each.order):
        if slot.needs != SIGNED_IN and not the_actor().may(slot.needs):
            continue
        try:
            with _apart():
                fragment = slot.fill(**known)
        except Exception:  # a tile is not worth the page
            if current_app.testing:
                raise
            log.exception("slot %s: %s.%s failed", name, slot.fill.__module__, slot.fill.__qualname__)
            fragment = FAILED
        if fragment is not None:
            fragments.append(fragment)
    return fragments
