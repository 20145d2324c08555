"""The context a plugin is called with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from loyalty_core.facts.money import Currency

Rows = Callable[..., Sequence[Any]]
"""Runs a SELECT over the plugin's own tables, tied to the network, and returns its rows."""


def no_rows(*_args: object, **_kwargs: object) -> Sequence[Any]:
    """Refuse to read: the context of hooks that have no database."""
    raise LookupError("this hook has no access to rows")


@dataclass(frozen=True, slots=True)
class Context:
    """What a plugin may know about the call: the network, the instant, its own settings and facts.

    One object per plugin and call. `settings` are the plugin's own of this network, with their defaults. `rows` works
    in `load_facts` only; `own` is filled in from its answer.
    """

    plugin: str
    network_id: int
    currency: Currency
    now: datetime
    own: Mapping[int, object] = field(default_factory=lambda: MappingProxyType({}))
    rows: Rows = no_rows
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
