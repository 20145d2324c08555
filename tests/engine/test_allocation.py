"""Shares of an amount that add up exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.engine.allocation import Key, part_of, split, split_within

KEYS: list[Key] = [("soap", "1"), ("soap", "2"), ("towel", "1")]

amounts = st.integers(0, 10**12)


@st.composite
def weighted_lines(draw: st.DrawFn) -> tuple[list[int], list[Key]]:
    """Draw one to twelve lines with weights, not all of them zero, and distinct keys."""
    weights = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
    items = draw(st.lists(st.sampled_from("abc"), min_size=len(weights), max_size=len(weights)))
    return weights, [(item, str(number)) for number, item in enumerate(items)]


def test_example_15_a_hundred_off_three_lines_of_about_a_third() -> None:
    assert split(100_00, [333_00, 333_00, 334_00], KEYS) == [33_30, 33_30, 33_40]


def test_example_15_of_equal_lines_the_smaller_key_takes_the_odd_cent() -> None:
    assert split(10_00, [100_00] * 3, KEYS) == [3_34, 3_33, 3_33]


def test_example_15_of_equal_remainders_the_larger_line_takes_the_odd_cent() -> None:
    assert split(1_00, [333_33, 333_33, 333_34], KEYS) == [33, 33, 34]


def test_the_odd_cent_follows_the_item_code_and_then_the_key_never_the_position() -> None:
    assert split(10_00, [100_00] * 3, KEYS[::-1]) == [3_33, 3_33, 3_34]


def test_nothing_is_split_into_nothing_even_over_lines_without_weight() -> None:
    assert split(0, [0, 0], KEYS[:2]) == [0, 0]
    assert split(0, [], []) == []


def test_what_does_not_fit_on_a_line_is_spread_over_the_others() -> None:
    assert split_within(90, [100, 100, 100], [10, 100, 100], KEYS) == [10, 40, 40]
    assert split_within(90, [100, 100, 100], [10, 35, 100], KEYS) == [10, 35, 45]


def test_a_line_filled_by_the_odd_cent_alone_hands_it_on() -> None:
    assert split_within(10_00, [100_00] * 3, [3_33, 5_00, 5_00], KEYS) == [3_33, 3_34, 3_33]


def test_lines_without_weight_share_by_room_when_no_other_has_any_left() -> None:
    assert split_within(80, [100, 0, 0], [50, 20, 40], KEYS) == [50, 10, 20]


def test_an_amount_beyond_all_room_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="does not fit"):
        split_within(101, [1, 1], [50, 50], KEYS[:2])


def test_two_lines_with_one_key_are_our_mistake() -> None:
    with pytest.raises(AssertionError, match="key of its own"):
        split(1, [1, 1], [KEYS[0], KEYS[0]])


@given(amounts, weighted_lines())
def test_shares_add_up_and_lie_within_a_cent_of_the_exact_share(
    amount: int, lines: tuple[list[int], list[Key]]
) -> None:
    weights, keys = lines
    shares = split(amount, weights, keys)
    assert sum(shares) == amount
    assert all(
        abs(share * sum(weights) - amount * weight) < sum(weights)
        for share, weight in zip(shares, weights, strict=True)
    )


@given(amounts, weighted_lines(), st.randoms(use_true_random=False))
def test_shares_do_not_depend_on_the_order_of_the_lines(amount, lines, random) -> None:
    weights, keys = lines
    order = list(range(len(keys)))
    random.shuffle(order)
    shuffled = split(amount, [weights[i] for i in order], [keys[i] for i in order])
    assert shuffled == [split(amount, weights, keys)[i] for i in order]


@given(weighted_lines(), st.data())
def test_shares_stay_within_room_add_up_and_do_not_depend_on_order(lines, data: st.DataObject) -> None:
    weights, keys = lines
    room = data.draw(st.lists(st.integers(0, 1000), min_size=len(keys), max_size=len(keys)))
    amount = data.draw(st.integers(0, sum(room)))
    order = data.draw(st.permutations(range(len(keys))))
    shares = split_within(amount, weights, room, keys)
    shuffled = split_within(amount, [weights[i] for i in order], [room[i] for i in order], [keys[i] for i in order])
    assert sum(shares) == amount
    assert all(0 <= share <= most for share, most in zip(shares, room, strict=True))
    assert shuffled == [shares[i] for i in order]


@given(amounts, weighted_lines())
def test_room_that_does_not_bind_changes_nothing(amount: int, lines: tuple[list[int], list[Key]]) -> None:
    weights, keys = lines
    assert split_within(amount, weights, [amount] * len(keys), keys) == split(amount, weights, keys)


def test_three_pieces_of_33_33_less_10_come_back_as_30_00_and_29_99_and_30_00() -> None:
    assert [part_of(89_99, 1, 3, already) for already in range(3)] == [30_00, 29_99, 30_00]


@given(amounts, st.lists(st.integers(1, 5000), min_size=1, max_size=10))
def test_parts_returned_one_by_one_add_up_to_the_whole(amount: int, quantities: list[int]) -> None:
    parts = [part_of(amount, each, sum(quantities), sum(quantities[:i])) for i, each in enumerate(quantities)]
    assert sum(parts) == amount
    assert min(parts) >= 0


def test_more_than_the_whole_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="more than the whole"):
        part_of(100, 2, 3, 2)
