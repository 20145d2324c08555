"""What came of calling a plugin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from loyalty_core.errors import Problem

OFFENCE = "plugin_offence"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """A plugin that gave no valid answer; `problems` say so to staff, and are never shown to clients.

    Codes: `plugin_failed` it raised; `plugin_answer` its answer does not hold; `plugin_late` it took too long;
    `plugin_offence` it did what no plugin may; `plugin_resting` and `plugin_suspended` it was not asked, for it failed
    too often or offended before; any other is the plugin's own refusal of what a person typed.
    """

    plugin: str
    hook: str
    problems: tuple[Problem, ...]

    @property
    def is_offence(self) -> bool:
        """Whether the plugin is not to be asked again until a person has looked at it."""
        return any(problem.code == OFFENCE for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of calling one plugin: its answer or its failure, and how long it took."""

    plugin: str
    answer: T | None
    failure: Failure | None
    seconds: float


def failures(*groups: Iterable[Outcome[Any]]) -> tuple[Failure, ...]:
    """Return the failures among outcomes, in their order."""
    return tuple(each.failure for outcomes in groups for each in outcomes if each.failure is not None)
