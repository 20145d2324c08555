"""Ids: time-ordered 63-bit integers made by the application, without asking the database."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TypeGuard

from loyalty_core.ports import Clock

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NODE_BITS = 11
_SEQUENCE_BITS = 11
_TIME_SHIFT = _NODE_BITS + _SEQUENCE_BITS

LARGEST = 2**63 - 1

SLOT = 1 << _SEQUENCE_BITS
"""How many ids one source makes in one millisecond before it borrows from the next; the longest safe block."""


def is_id(value: object) -> TypeGuard[int]:
    """Whether a value may be an id at all; what may not is as unknown as an id that nobody has."""
    return type(value) is int and 0 < value <= LARGEST


class IdSource:
    """Makes ids of 41 bits of milliseconds since 2024, 11 bits of node, 11 bits of sequence.

    The node is drawn at random for each source, again in a process that was forked. The sequence starts anew each
    millisecond. Ids of one source strictly increase, whatever the clock does: a source whose sequence is used up, or
    whose clock stands still or goes back, borrows the next millisecond and runs ahead; the clock catches up. So a
    fixed clock, as in tests and the demo, only makes the ids look a little later than they are.

    Two sources (processes, or runs under one fixed clock) differ by their node, and never meet, though both borrow,
    unless they drew the same one: 1 in 2048. A block longer than `SLOT` spills over the nodes that follow in its
    millisecond, so two processes that both take such blocks may meet as well. Then the primary key refuses the
    second row and its transaction is rolled back: nothing is merged by accident.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._last = 0
        self._draw_node()

    def next(self) -> int:
        """Return an id greater than any that this source gave before."""
        return self.block(1)

    def block(self, count: int) -> int:
        """Return the first of `count` consecutive ids; `count` is at least 1."""
        assert count > 0, "a block of ids holds at least one"
        with self._lock:
            if os.getpid() != self._process:
                self._draw_node()
            first = self._start_of((self._clock.now() - _EPOCH) // _MILLISECOND)
            if first <= self._last:
                first = self._last + 1
                if not self._in_own_slot(first, count):
                    first = self._start_of((self._last >> _TIME_SHIFT) + 1)
            self._last = first + count - 1
            return first

    def _draw_node(self) -> None:
        self._process = os.getpid()
        self._node = secrets.randbits(_NODE_BITS)

    def _start_of(self, millisecond: int) -> int:
        return max(millisecond, 0) << _TIME_SHIFT | self._node << _SEQUENCE_BITS

    def _in_own_slot(self, first: int, count: int) -> bool:
        slot, sequence = divmod(first, SLOT)
        return slot % (1 << _NODE_BITS) == self._node and sequence + count <= SLOT
