"""What plugins hand over at start-up or contribute to pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from loyalty_core.facts.programme import Level, SoldBasis
from loyalty_core.messages import Message


@dataclass(frozen=True, slots=True)
class ProgrammeKind:
    """A kind of programme: its level and the basis on which it counts what was sold (SEMANTICS 5)."""

    code: str
    title: Message
    level: Level
    basis: SoldBasis


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the programme editor; `template` is rendered by the host, `position` orders the tabs."""

    code: str
    title: Message
    template: str
    position: int = 100
    kinds: frozenset[Level] = field(default_factory=lambda: frozenset(Level))
