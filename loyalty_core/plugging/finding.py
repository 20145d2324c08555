"""Where plugins come from: entry points of installed distributions, or modules handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed_entry_points

from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

GROUP = "loyalty.plugins"
"""The entry point group; the name of an entry point is the plugin's identity, kept in databases: it never changes."""


class NotLoadable(Exception):
    """Why a plugin is not loaded; `reason` is shown where plugins are listed."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that is installed and not yet imported; `fetch` imports it."""

    name: str
    fetch: Callable[[], object]
    distribution: str = ""
    version: str = ""


def candidates(entry_points: Iterable[EntryPoint] | None, extra: Mapping[str, object]) -> dict[str, Candidate]:
    """Return what is installed (or the `entry_points` given) and what is in `extra`, by name, sorted.

    A name that two of them claim belongs to neither: which one a database means could not be told.
    """
    found: dict[str, Candidate] = {}
    values: dict[str, str] = {}
    for point in installed_entry_points(group=GROUP) if entry_points is None else entry_points:
        if point.name in found and values[point.name] != point.value:
            found[point.name] = Candidate(point.name, _refuse_twice)
            continue
        values[point.name] = point.value
        distribution = point.dist
        made_by = (distribution.name, distribution.version) if distribution is not None else ("", "")
        found.setdefault(point.name, Candidate(point.name, point.load, *made_by))
    for name, module in extra.items():
        found[name] = Candidate(name, _refuse_twice if name in found else _just(module))
    return dict(sorted(found.items()))


def _just(module: object) -> Callable[[], object]:
    return lambda: module


def _refuse_twice() -> object:
    raise NotLoadable(_("Two installed plugins have this name."))
