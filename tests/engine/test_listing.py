"""From a draft to the invoice that is priced."""

from __future__ import annotations

from datetime import UTC, datetime

from loyalty_core.engine.listing import invoice_of
from loyalty_core.facts.draft import Draft
from loyalty_core.facts.money import Rounding
from tests.engine.till import KYIV, UAH, invoice, line


def test_the_list_amount_is_quantity_times_price_as_the_network_rounds() -> None:
    weighed = line("tea", 9_99, quantity_milli=1_234)
    assert invoice([weighed]).lines[0].listed_minor == 12_33
    assert invoice([weighed], mode=Rounding.DOWN).lines[0].listed_minor == 12_32


def test_the_floor_is_that_of_all_units_and_never_above_the_list_amount() -> None:
    assert invoice([line("cut", 100_00, 3, minimum_price_minor=80_00)]).lines[0].floor_minor == 240_00
    shared = line("treatment", 1_000_00, third_party_minor=700_00, minimum_price_minor=500_00)
    (found,) = invoice([shared]).lines
    assert (found.listed_minor, found.floor_minor) == (300_00, 300_00)


def test_a_share_that_rounding_leaves_above_the_line_leaves_nothing_to_the_client() -> None:
    half_a_cent = line("tea", 1, quantity_milli=500, third_party_minor=1)
    assert invoice([half_a_cent], mode=Rounding.DOWN).lines[0].listed_minor == 0


def test_the_invoice_is_of_the_branchs_day() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    draft = Draft(source="test", external_id="1", branch_id=7, lines=(line("cut", 1_00),), codes=("A",), visit_id=3)
    found = invoice_of(draft, late, KYIV, UAH)
    assert (found.date.day, found.at.hour, found.branch_id, found.visit_id) == (2, 1, 7, 3)
    assert (found.currency, found.codes) == (UAH, ("A",))
