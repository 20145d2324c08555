"""A programme: a rule set with a scope and the plugin that provides it (SEMANTICS 1 and 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Whether a programme belongs to one branch or to the network."""

    BRANCH = "branch"
    NETWORK = "network"


class SoldBasis(StrEnum):
    """What "sold" means in a programme: line amounts after adjustments, or before any (SEMANTICS 2)."""

    INVOICED = "invoiced"
    LISTED = "list"


class JudgedOn(StrEnum):
    """What a client who returns after an inactivity gap is judged on (SEMANTICS 4)."""

    LIFETIME = "lifetime"
    SINCE_RESET = "since_reset"


@dataclass(frozen=True, slots=True)
class Programme:
    """One version of a programme as a plugin sees it.

    `part` is the plugin's own part of the programme, validated by the schema it registered.
    """

    id: int
    version_id: int
    number: int
    kind: str
    level: Level
    scope_id: int
    basis: SoldBasis
    judged_on: JudgedOn
    name: str
    part: Mapping[str, object]
