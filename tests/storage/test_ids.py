"""Ids strictly increase within a source, keep to the time, and differ between sources."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.ports import FixedClock, SystemClock
from loyalty_core.storage.ids import SLOT, IdSource

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch):
    """Let the test say which nodes are drawn, in order."""
    drawn: list[int] = []
    monkeypatch.setattr("secrets.randbits", lambda bits: drawn.pop(0))
    return drawn


def test_an_id_is_made_of_milliseconds_node_and_sequence(nodes):
    nodes.append(5)
    source = IdSource(FixedClock(datetime(2024, 1, 1, 0, 0, 7, tzinfo=UTC)))
    assert source.next() == (7000 << 22) + (5 << 11)
    assert source.next() == (7000 << 22) + (5 << 11) + 1


def test_ids_fit_into_63_bits_for_decades():
    assert 0 < IdSource(FixedClock(datetime(2090, 1, 1, tzinfo=UTC))).next() < 2**63


def test_a_later_millisecond_gives_a_greater_id_whatever_the_node(nodes):
    nodes += [2047, 0]
    earlier = IdSource(FixedClock(START)).next()
    later = IdSource(FixedClock(START + timedelta(milliseconds=1))).next()
    assert earlier < later


def test_the_sequence_starts_anew_with_each_millisecond():
    clock = FixedClock(START)
    source = IdSource(clock)
    source.block(100)
    clock.set(START + timedelta(milliseconds=1))
    assert source.next() % SLOT == 0


def test_a_block_is_consecutive_and_nothing_else_gets_its_ids():
    source = IdSource(FixedClock(START))
    first = source.block(1000)
    assert source.next() == first + 1000


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 3 * SLOT)), min_size=1, max_size=60),
    st.sampled_from([START, datetime(2024, 1, 1, tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC)]),
)
def test_ids_strictly_increase_whatever_the_clock_does(steps, start):
    clock = FixedClock(start)
    source = IdSource(clock)
    last = 0
    for milliseconds, count in steps:
        clock.set(clock.now() + timedelta(milliseconds=milliseconds))
        first = source.block(count)
        assert first > last
        last = first + count - 1


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, SLOT)), max_size=60),
    st.lists(st.integers(0, 2047), min_size=2, max_size=2, unique=True),
)
def test_two_sources_under_one_standing_clock_never_meet(steps, drawn):
    one, other = IdSource(FixedClock(START)), IdSource(FixedClock(START))
    one._node, other._node = drawn
    given_out: set[int] = set()
    for first_source, count in steps:
        first = (one if first_source else other).block(count)
        block = set(range(first, first + count))
        assert not block & given_out
        given_out |= block


def test_a_source_that_ran_ahead_keeps_to_the_clock_again_once_it_is_caught_up():
    clock = FixedClock(START)
    source = IdSource(clock)
    for _ in range(5):
        source.block(SLOT)
    clock.set(START + timedelta(seconds=1))
    behind = IdSource(FixedClock(START + timedelta(seconds=1) - timedelta(milliseconds=1)))
    assert behind.next() < source.next()


def test_threads_never_get_one_id_twice():
    source = IdSource(SystemClock())
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: [source.next() for _ in range(2000)], range(8)))
    assert len({each for some in taken for each in some}) == 8 * 2000
    assert all(some == sorted(some) for some in taken)


def test_a_forked_process_draws_a_node_of_its_own(nodes, monkeypatch: pytest.MonkeyPatch):
    nodes += [9, 3]
    source = IdSource(FixedClock(START))
    before = source.next()
    child = os.getpid() + 1
    monkeypatch.setattr("os.getpid", lambda: child)
    after = source.next()
    assert (before >> 11) % 2048 == 9
    assert (after >> 11) % 2048 == 3
    assert after > before


def test_an_empty_block_is_a_mistake_of_ours():
    with pytest.raises(AssertionError):
        IdSource(FixedClock(START)).block(0)
