"""Slices of long lists, for statements that take lists of ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

CHUNK = 500


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield slices of at most `size` values, in order."""
    return (values[start : start + size] for start in range(0, len(values), size))
