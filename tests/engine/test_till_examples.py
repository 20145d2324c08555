"""The worked examples of SEMANTICS 11 that are about prices, by their numbers, and the tax example of section 1."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loyalty_core.decisions.offers import AmountOff, BundlePrice, FixedPrice, LeftAtLeast, PercentOff, UnitsOff
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.facts.combination import CombinationPolicy, Lane
from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.facts.money import Rounding
from loyalty_core.facts.quote import Cause, Fate, Why
from tests.engine.till import fate_of, line, meeting, offer, offs, priced

PROGRAMME, CARD, PROMOTION, CODE = Lane.PROGRAMME, Lane.CARD, Lane.PROMOTION, Lane.CODE


@pytest.mark.parametrize(("from_list", "left"), [(frozenset(), 855_00), (frozenset({PROMOTION}), 850_00)])
def test_example_8_ten_then_five_percent_of_what_is_left_or_of_the_list_price(
    from_list: frozenset[str], left: int
) -> None:
    policy = meeting((PROGRAMME, PROMOTION), from_list=from_list)
    ten, five = offer("ten", PercentOff(10), lane=PROGRAMME), offer("five", PercentOff(5))
    assert priced([line("cut", 1_000_00)], five, ten, policy=policy).owed_minor == left


def test_example_8a_three_lines_of_3_33_at_5_percent_are_51_cents_off() -> None:
    result = priced([line(item, 3_33) for item in "abc"], offer("five", PercentOff(5)))
    assert offs(result) == [17, 17, 17]


def test_example_8a_ten_yen_lines_of_9_at_5_percent_are_nothing_off() -> None:
    result = priced([line(item, 9) for item in "abcdefghij"], offer("five", PercentOff(5)))
    assert sum(offs(result)) == 0
    assert fate_of(result, "five").why == Why(Cause.NOTHING_LEFT)


@pytest.mark.parametrize(
    ("amount", "prices", "shares"),
    [
        (100_00, [333_00, 333_00, 334_00], [33_30, 33_30, 33_40]),
        (10_00, [100_00, 100_00, 100_00], [3_34, 3_33, 3_33]),
        (1_00, [333_33, 333_33, 333_34], [33, 33, 34]),
    ],
)
def test_example_15_a_fixed_amount_is_split_so_that_shares_add_up(
    amount: int, prices: list[int], shares: list[int]
) -> None:
    lines = [line(item, price) for item, price in zip("abc", prices, strict=True)]
    assert offs(priced(lines, offer("off", AmountOff(amount)))) == shares


def test_example_16_90_off_wins_over_10_percent_of_800() -> None:
    ten, ninety = offer("ten", PercentOff(10)), offer("ninety", AmountOff(90_00))
    result = priced([line("cut", 500_00), line("wash", 300_00)], ten, ninety)
    assert sum(offs(result)) == 90_00
    lost = fate_of(result, "ten")
    assert (lost.fate, lost.saves_minor, lost.rival) == (Fate.LOST, 80_00, "test:ninety")
    assert lost.why == Why(Cause.RIVAL, 80_00, 90_00)


def test_example_16a_twenty_percent_capped_at_50_loses_to_10_percent() -> None:
    capped, plain = offer("a", PercentOff(20), cap_minor=50_00), offer("b", PercentOff(10))
    result = priced([line("cut", 1_000_00)], capped, plain)
    assert fate_of(result, "b").saves_minor == sum(offs(result)) == 100_00
    assert fate_of(result, "a").saves_minor == 50_00


def test_example_16b_a_code_that_requires_950_left_is_taken_alone() -> None:
    policy = meeting((PROGRAMME, CODE))
    personal = offer("personal", PercentOff(10), lane=PROGRAMME)
    code = offer("code", AmountOff(120_00), lane=CODE, requirement=LeftAtLeast(950_00))
    result = priced([line("cut", 1_000_00)], personal, code, policy=policy)
    assert sum(offs(result)) == 120_00
    assert fate_of(result, "code").fate is Fate.APPLIED
    assert fate_of(result, "personal").rival == "test:code"


def test_example_16b_the_code_is_not_met_where_the_personal_discount_is_worth_more() -> None:
    policy = meeting((PROGRAMME, CODE))
    personal = offer("personal", PercentOff(15), lane=PROGRAMME)
    code = offer("code", AmountOff(120_00), lane=CODE, requirement=LeftAtLeast(950_00))
    result = priced([line("cut", 1_000_00)], personal, code, policy=policy)
    assert sum(offs(result)) == 150_00
    assert fate_of(result, "code").why == Why(Cause.LEFT, 850_00, 950_00)
    assert result.near == ("test:code",)


def test_example_16b_where_enough_is_left_the_code_comes_on_top() -> None:
    policy = meeting((PROGRAMME, CODE))
    personal = offer("personal", PercentOff(5), lane=PROGRAMME)
    code = offer("code", AmountOff(120_00), lane=CODE, requirement=LeftAtLeast(950_00))
    assert sum(offs(priced([line("cut", 1_000_00)], personal, code, policy=policy))) == 170_00


def test_example_16c_two_lanes_appear_on_one_invoice_on_different_lines() -> None:
    personal = offer("personal", PercentOff(5), lane=PROGRAMME)
    shampoo = offer("shampoo", PercentOff(20), on=["shampoo"])
    result = priced([line("cut", 1_000_00), line("shampoo", 200_00, kind="goods")], personal, shampoo)
    assert offs(result) == [50_00, 40_00]
    assert fate_of(result, "personal").lines == ("cut",)
    assert fate_of(result, "personal").lost_on == ("shampoo",)


def test_example_22_of_a_line_that_an_insurer_shares_only_the_clients_part_is_reduced() -> None:
    personal = offer("personal", PercentOff(10), lane=PROGRAMME)
    result = priced([line("treatment", 1_000_00, third_party_minor=700_00)], personal)
    assert (result.listed_minor, sum(offs(result)), result.owed_minor) == (300_00, 30_00, 270_00)


def test_example_23_a_medicine_is_not_reduced() -> None:
    medicine = line("medicine", 400_00, discountable=False, reason="by law")
    result = priced([medicine, line("consultation", 600_00)], offer("ten", PercentOff(10)))
    assert offs(result) == [0, 60_00]


def test_example_23_what_lies_on_medicine_only_is_excluded_with_the_reason() -> None:
    medicine = line("medicine", 400_00, discountable=False, reason="by law")
    result = priced([medicine], offer("ten", PercentOff(10)))
    assert fate_of(result, "ten").fate is Fate.EXCLUDED
    assert fate_of(result, "ten").why == Why(Cause.NOT_DISCOUNTABLE, note="by law")


def test_example_23_a_fixed_amount_is_shared_over_the_other_lines() -> None:
    medicine = line("medicine", 400_00, discountable=False)
    result = priced([medicine, line("consultation", 600_00)], offer("off", AmountOff(50_00)))
    assert offs(result) == [0, 50_00]


def test_example_25_an_offer_with_40_left_of_its_budget_loses_to_45() -> None:
    """What is left of a budget is the most that an offer can take off: its cap."""
    last, rival = offer("last", AmountOff(60_00), cap_minor=40_00), offer("rival", AmountOff(45_00))
    result = priced([line("cut", 1_000_00)], last, rival)
    assert sum(offs(result)) == 45_00
    assert (fate_of(result, "rival").fate, fate_of(result, "last").rival) == (Fate.APPLIED, "test:rival")


def test_example_26_a_fixed_amount_over_two_tax_rates() -> None:
    lines = [line("cut", 1_200_00, rate_bp=2000), line("vitamins", 535_00, rate_bp=700)]
    result = priced(lines, offer("off", AmountOff(100_00)))
    assert offs(result) == [69_16, 30_84]
    assert [each.owed_minor for each in result.lines] == [1_130_84, 504_16]
    assert [each.tax_minor for each in result.lines] == [188_47, 32_98]


def test_the_tax_example_of_section_1_works_in_the_prices_own_basis() -> None:
    result = priced([line("cut", 100_00, rate_bp=2000, included=False)], offer("ten", PercentOff(10)))
    (only,) = result.lines
    assert (only.left_minor, only.tax_minor, only.owed_minor) == (90_00, 18_00, 108_00)
    assert only.listed_total_minor == 120_00


def test_a_fixed_amount_on_prices_without_tax_is_what_the_client_pays_less() -> None:
    result = priced([line("cut", 100_00, rate_bp=2000, included=False)], offer("off", AmountOff(12_00)))
    assert (result.lines[0].left_minor, sum(offs(result))) == (90_00, 12_00)


def test_a_fixed_price_is_a_ceiling() -> None:
    offers = [offer("ten", PercentOff(10), lane=PROGRAMME), offer("price", FixedPrice(950_00))]
    result = priced([line("cut", 1_000_00)], *offers, policy=meeting((PROGRAMME, PROMOTION)))
    assert result.owed_minor == 900_00
    assert fate_of(result, "price").fate is Fate.LOST


def test_the_second_at_half_price_reduces_the_cheapest() -> None:
    lines = [line("balm", 300_00), line("oil", 500_00), line("mask", 200_00)]
    assert offs(priced(lines, offer("second", UnitsOff(1, 2, 50)))) == [0, 0, 100_00]
    assert offs(priced([line("shampoo", 420_00, 2)], offer("second", UnitsOff(1, 2, 50)))) == [210_00]


def test_too_few_units_are_a_near_miss() -> None:
    result = priced([line("shampoo", 420_00)], offer("second", UnitsOff(1, 2, 50)))
    assert fate_of(result, "second").why == Why(Cause.TOO_FEW_UNITS, 1, 2)
    assert result.near == ("test:second",)


def test_a_bundle_needs_each_of_its_items() -> None:
    bundle = offer("bundle", BundlePrice(500_00), on=["balm", "oil"])
    lines = [line("balm", 300_00), line("oil", 300_00)]
    assert offs(priced(lines, bundle)) == [50_00, 50_00]
    assert fate_of(priced(lines[:1], bundle), "bundle").why == Why(Cause.TOO_FEW_UNITS, 1, 2)


def test_an_offer_that_ties_lines_takes_all_of_them_or_none() -> None:
    tied = offer("tied", AmountOff(200_00), on=["cut", "wash"])
    better = offer("better", PercentOff(90), on=["wash"])
    result = priced([line("cut", 1_000_00), line("wash", 200_00)], tied, better)
    assert offs(result) == [166_67, 33_33]


def test_what_does_not_fit_beside_another_lane_is_spread_over_the_other_lines() -> None:
    card = offer("card", PercentOff(95), on=["wash"], lane=CARD)
    off = offer("off", AmountOff(100_00))
    lines = [line("cut", 100_00), line("wash", 100_00)]
    result = priced(lines, card, off, policy=meeting((CARD, PROMOTION)))
    assert offs(result) == [95_00, 100_00]
    assert fate_of(result, "off").saves_minor == 100_00


def test_what_combines_with_everything_comes_after_the_code_on_what_is_left() -> None:
    result = priced(
        [line("cut", 100_00)],
        offer("five", PercentOff(5), lane=Lane.EVERYTHING),
        offer("ten", PercentOff(10), lane=CODE),
    )
    assert result.owed_minor == 85_50


def test_an_exclusive_offer_competes_alone_against_the_rest() -> None:
    lines = [line("cut", 100_00), line("wash", 100_00)]
    alone = offer("alone", PercentOff(15), on=["cut"], exclusive=True)
    rest = offer("rest", PercentOff(10))
    result = priced(lines, alone, rest)
    assert offs(result) == [10_00, 10_00]
    assert fate_of(result, "alone").why == Why(Cause.EXCLUSIVE, 15_00, 10_00)
    won = priced(lines, alone, rest, taken_off=frozenset({"test:rest"}))
    assert offs(won) == [15_00, 0]
    assert fate_of(won, "rest").fate is Fate.TAKEN_OFF
    assert fate_of(won, "rest").saves_minor == 20_00


def test_a_network_may_make_every_promotion_exclusive() -> None:
    lines = [line("cut", 100_00), line("wash", 100_00)]
    offers = [offer("cut", PercentOff(15), on=["cut"]), offer("wash", PercentOff(10), on=["wash"])]
    result = priced(lines, *offers, policy=CombinationPolicy(exclusive=True))
    assert offs(result) == [15_00, 0]
    assert fate_of(result, "wash").rival == "test:cut"


def test_a_cap_of_the_invoice_cuts_from_the_last_lane_backwards_and_says_so() -> None:
    policy = meeting((CARD, PROMOTION), invoice_cap_bp=1200)
    offers = [offer("card", PercentOff(10), lane=CARD), offer("promotion", PercentOff(10))]
    result = priced([line("cut", 100_00), line("wash", 50_00)], *offers, policy=policy)
    assert offs(result) == [12_00, 6_00]
    assert fate_of(result, "card").saves_minor == 15_00
    assert fate_of(result, "promotion").why == Why(Cause.CAP, 3_00, 13_50)


def test_a_category_cap_covers_the_categories_below_it() -> None:
    policy = CombinationPolicy(category_caps_bp=(("hair", 500),))
    lines = [line("cut", 100_00, categories=("cuts", "hair")), line("nails", 100_00, categories=("nails",))]
    assert offs(priced(lines, offer("ten", PercentOff(10)), policy=policy)) == [5_00, 10_00]


def test_the_lowest_price_holds_against_everything() -> None:
    lines = [line("cut", 100_00, minimum_price_minor=90_00), line("wash", 100_00)]
    assert offs(priced(lines, offer("half", PercentOff(50)))) == [10_00, 50_00]
    assert offs(priced(lines, offer("off", AmountOff(60_00)))) == [10_00, 50_00]


def test_the_manual_discount_comes_last_off_what_is_left() -> None:
    lines = [line("cut", 100_00), line("wash", 100_00, minimum_price_minor=95_00)]
    result = priced(lines, offer("ten", PercentOff(10), on=["cut"]), manual=ManualDiscount("sorry", percent_bp=1000))
    assert offs(result) == [19_00, 5_00]
    manual = result.considered[-1]
    assert (manual.reference, manual.lane, manual.saves_minor) == ("core:manual", Lane.MANUAL, 14_00)


def test_the_manual_discount_meets_exclusive_offers_and_is_shared_like_any_amount() -> None:
    lines = [line("cut", 300_00), line("wash", 100_00), line("card", 500_00, kind="gift_card")]
    alone = offer("alone", PercentOff(50), on=["cut"], exclusive=True)
    result = priced(lines, alone, manual=ManualDiscount("sorry", amount_minor=40_00))
    assert offs(result) == [180_00, 10_00, 0]


def test_a_manual_discount_that_does_not_fit_is_cut_and_says_so() -> None:
    lines = [line("cut", 100_00, minimum_price_minor=90_00)]
    result = priced(lines, manual=ManualDiscount("sorry", amount_minor=40_00))
    assert offs(result) == [10_00]
    assert result.considered[-1].why == Why(Cause.FLOOR, 10_00, 40_00)
    excluded = priced([line("medicine", 1_00, discountable=False)], manual=ManualDiscount("sorry", percent_bp=100))
    assert excluded.considered[-1].fate is Fate.EXCLUDED


def test_by_invoice_a_percentage_is_rounded_once_over_its_lines() -> None:
    lines = [line(item, 3_33) for item in "abc"]
    by_invoice = (Rounding.HALF_UP, RoundingLevel.INVOICE)
    assert offs(priced(lines, offer("five", PercentOff(5)), rounding=by_invoice)) == [17, 17, 16]


def test_by_unit_the_share_of_one_piece_is_rounded() -> None:
    by_unit = (Rounding.HALF_UP, RoundingLevel.UNIT)
    assert offs(priced([line("a", 3_33, 3)], offer("five", PercentOff(5)), rounding=by_unit)) == [51]


def test_of_equals_the_one_with_the_higher_priority_wins_even_at_a_smaller_percentage() -> None:
    lines = [line("gum", 1_00)]
    result = priced(lines, offer("a", PercentOff(5), priority=1), offer("b", PercentOff(Decimal("5.01"))))
    assert fate_of(result, "a").fate is Fate.APPLIED


def test_fewer_offers_win_over_more_that_save_as_much() -> None:
    whole = offer("whole", AmountOff(20_00))
    parts = [offer("cut", AmountOff(10_00), on=["cut"], priority=5), offer("wash", AmountOff(10_00), on=["wash"])]
    result = priced([line("cut", 100_00), line("wash", 100_00)], whole, *parts)
    assert fate_of(result, "whole").fate is Fate.APPLIED


def test_a_search_that_is_stopped_says_what_better_could_still_save_at_most() -> None:
    lines = [line(item, 100_00) for item in "abcd"]
    pairs = ["ab", "bc", "cd", "da", "ac", "bd"]
    offers = [offer(pair, AmountOff(10_00 + number * 7), on=pair) for number, pair in enumerate(pairs)]
    whole, stopped = priced(lines, *offers), priced(lines, *offers, most_steps=0)
    assert whole.gap_minor == 0
    assert stopped.steps == 0
    assert sum(offs(stopped)) + stopped.gap_minor >= sum(offs(whole)) > sum(offs(stopped))
