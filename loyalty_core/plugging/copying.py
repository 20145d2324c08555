"""Copies of facts: each plugin gets its own, so that what it does to them concerns nobody else."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import TypeVar, cast

_PLAIN = frozenset({type(None), bool, int, str, date, datetime, frozenset})
"""What is most often found in facts and is never copied: asked about first, as every quote copies its invoice."""

T = TypeVar("T")


def copied(value: T) -> T:
    """Return a copy of facts: tuples and frozen objects through and through.

    A frozen object can be forced open (`object.__setattr__`). Whoever compares the copy with the original afterwards
    knows whether it was; the original, and everybody else's copy, stay clean. Mappings are read-only views and
    shared: there is no such way into them.
    """
    kind = type(value)
    if kind is tuple:
        return cast(T, tuple([copied(each) for each in cast(tuple[object, ...], value)]))
    names = _fields(cast(Hashable, kind))
    if not names:
        return value
    copy = object.__new__(kind)
    for name in names:
        each = getattr(value, name)
        object.__setattr__(copy, name, each if type(each) in _PLAIN else copied(each))
    return copy


@cache
def _fields(kind: Hashable) -> tuple[str, ...]:
    """Return the names of the fields of a class of facts; none for any other class."""
    return tuple(field.name for field in fields(kind)) if isinstance(kind, type) and is_dataclass(kind) else ()
