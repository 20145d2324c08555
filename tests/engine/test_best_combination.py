"""The engine finds what trying all combinations finds, whatever the order, and takes nothing too much."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.combination_checks import answer, holds_against_brute_force, takes_nothing_too_much
from tests.engine.random_tills import Till, tills


@given(tills)
@settings(max_examples=1_000, deadline=None)
def test_the_best_combination_is_the_one_that_trying_all_finds(till: Till) -> None:
    holds_against_brute_force(till)


@pytest.mark.long
@given(tills)
@settings(max_examples=100_000, deadline=None)
def test_the_best_combination_is_the_one_that_trying_all_finds_in_100_000_invoices(till: Till) -> None:
    holds_against_brute_force(till)


@given(tills)
@settings(max_examples=300, deadline=None)
def test_nothing_is_taken_below_a_floor_off_a_forbidden_line_or_above_a_cap(till: Till) -> None:
    takes_nothing_too_much(till)


@given(tills, st.data())
@settings(max_examples=300, deadline=None)
def test_neither_the_order_of_lines_nor_of_offers_changes_anything(till: Till, data: st.DataObject) -> None:
    lines = data.draw(st.permutations(till.invoice.lines))
    offers = data.draw(st.permutations(till.offers))
    shuffled = answer(replace(till, invoice=replace(till.invoice, lines=tuple(lines)), offers=tuple(offers)))
    result = answer(till)
    assert {line.key: line for line in shuffled.lines} == {line.key: line for line in result.lines}
    assert replace(shuffled, lines=()) == replace(result, lines=())
