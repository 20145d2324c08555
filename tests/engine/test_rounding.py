"""A percentage off several lines, by mode and level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.engine.rounding import RoundingLevel, percent_off
from loyalty_core.facts.money import MILLI, Rounding, percent_of, round_ratio

AMOUNTS = st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 20)), min_size=1, max_size=8)


def off(amounts: list[int], percent_bp: int, **more: object) -> list[int]:
    """What comes off lines of one piece each."""
    keys = [(str(number),) for number in range(len(amounts))]
    return percent_off(amounts, [MILLI] * len(amounts), keys, percent_bp, **more)  # type: ignore[arg-type]


def test_example_8a_three_lines_of_3_33_at_5_percent_are_51_cents_off() -> None:
    assert off([333, 333, 333], 500) == [17, 17, 17]


def test_example_8a_ten_yen_lines_of_9_at_5_percent_are_nothing_off() -> None:
    assert off([9] * 10, 500) == [0] * 10


def test_by_invoice_the_sum_is_rounded_once_and_split() -> None:
    assert off([333, 333, 333], 500, level=RoundingLevel.INVOICE) == [17, 17, 16]


def test_by_unit_the_share_of_one_piece_is_rounded() -> None:
    three_pieces = percent_off([999], [3 * MILLI], [("a",)], 500, level=RoundingLevel.UNIT)
    assert three_pieces == [51]
    assert percent_off([999], [3 * MILLI], [("a",)], 500) == [50]


def test_a_weighed_line_is_rounded_as_a_line() -> None:
    assert percent_off([999], [1234], [("a",)], 500, level=RoundingLevel.UNIT) == [50]


@pytest.mark.parametrize(
    ("mode", "half", "above", "below"),
    [
        (Rounding.HALF_UP, 3, 3, 2),
        (Rounding.HALF_EVEN, 2, 3, 2),
        (Rounding.UP, 3, 3, 3),
        (Rounding.DOWN, 2, 2, 2),
    ],
)
def test_modes_differ_where_they_must(mode: Rounding, half: int, above: int, below: int) -> None:
    assert round_ratio(5, 2, mode) == half
    assert round_ratio(26, 10, mode) == above
    assert round_ratio(24, 10, mode) == below
    assert round_ratio(-5, 2, mode) == -half


@given(AMOUNTS, st.integers(0, 10_000), st.sampled_from(Rounding), st.sampled_from(RoundingLevel))
def test_never_more_than_a_line_costs_and_never_less_than_nothing(
    lines: list[tuple[int, int]], percent_bp: int, mode: Rounding, level: RoundingLevel
) -> None:
    amounts = [amount for amount, _pieces in lines]
    keys = [(str(number),) for number in range(len(lines))]
    shares = percent_off(amounts, [pieces * MILLI for _amount, pieces in lines], keys, percent_bp, mode, level)
    assert all(0 <= share <= amount for share, amount in zip(shares, amounts, strict=True))
    if level is RoundingLevel.INVOICE:
        assert sum(shares) == percent_of(sum(amounts), percent_bp, mode)


@given(st.lists(st.integers(0, 10**15), max_size=5), st.integers(0, 10_000), st.sampled_from(Rounding))
def test_by_line_many_amounts_are_rounded_as_each_alone(amounts: list[int], percent_bp: int, mode: Rounding) -> None:
    assert off(amounts, percent_bp, mode=mode) == [percent_of(amount, percent_bp, mode) for amount in amounts]
