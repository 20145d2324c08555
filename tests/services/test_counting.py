"""What is counted, when, and for whom (SEMANTICS 2 and 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loyalty_core.facts.invoice import PaymentShare, RecordedPayment
from loyalty_core.facts.money import Currency
from loyalty_core.facts.totals import Totals
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import anchors, invoices
from loyalty_core.testing.house import START, House, a_line, at, days

TODAY, TOMORROW = START, START + days(1)


def sums(totals: Totals) -> tuple[int, int, int]:
    return totals.invoiced_minor, totals.listed_minor, totals.paid_minor


@pytest.mark.parametrize("status", [VisitStatus.WAITING, VisitStatus.CONFIRMED, VisitStatus.CANCELLED])
def test_a_visit_that_is_neither_arrived_nor_missed_counts_nowhere(house: House, status: VisitStatus) -> None:
    visit = house.visit("Olha", TODAY, status)
    house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit)
    assert house.totals("Olha") == Totals()


def test_a_missed_visit_counts_as_a_no_show_and_its_invoice_does_not_count(house: House) -> None:
    visit = house.visit("Olha", TODAY, VisitStatus.NO_SHOW)
    house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit)
    assert house.totals("Olha") == Totals(no_shows=1)


def test_a_prepayment_counts_on_the_day_the_client_arrives(house: House) -> None:
    visit = house.visit("Olha", TOMORROW, VisitStatus.CONFIRMED, name="booked")
    house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit)
    assert house.totals("Olha") == Totals()
    house.visit("Olha", TOMORROW, VisitStatus.ARRIVED, name="booked")
    assert house.totals("Olha") == Totals(1, 0, 100_00, 100_00, 100_00, TOMORROW, TOMORROW)


@pytest.mark.parametrize("status", [VisitStatus.WAITING, VisitStatus.CONFIRMED, VisitStatus.CANCELLED])
def test_un_arriving_takes_visit_sold_and_paid_away_and_leaves_the_money_on_the_invoice(
    house: House, status: VisitStatus
) -> None:
    visit = house.visit("Olha", TODAY, name="came")
    house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit)
    house.visit("Olha", TODAY, status, name="came")
    assert house.totals("Olha") == Totals()
    (sale,) = house.rows()["core_sale"]
    assert (sale["state"], sale["paid_minor"]) == ("paid", 100_00)
    house.visit("Olha", TODAY, VisitStatus.ARRIVED, name="came")
    assert house.totals("Olha") == Totals(1, 0, 100_00, 100_00, 100_00, TODAY, TODAY)


def test_a_visit_in_another_branch_counts_there_and_not_here(house: House) -> None:
    house.came("Olha", TODAY, 100_00, branch="obolon")
    assert house.totals("Olha") == Totals()
    assert house.totals("Olha", "obolon").visits == 1


def test_sold_has_two_bases_and_paid_is_the_money(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    house.invoice("Olha", TODAY, a_line(100_00, off_minor=10_00), visit_id=visit, paid=40_00)
    assert sums(house.totals("Olha")) == (90_00, 100_00, 40_00)


def test_part_payments_count_as_they_come(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(1_000_00), visit_id=visit, paid=0)
    paid = []
    for number, amount in enumerate((333_33, 333_33, 333_34)):
        house.pay(sale, amount, f"part-{number}")
        paid.append(house.totals("Olha").paid_minor)
    assert paid == [333_33, 666_66, 1_000_00]


def test_a_payment_belongs_to_the_day_of_the_visit_it_rests_on(house: House) -> None:
    """Not to the day on which it came: the standing before a later visit already has it (SEMANTICS 4)."""
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=0)
    house.on(START + days(30))
    house.pay(sale, 100_00)
    assert house.before("Olha", TOMORROW).totals.paid_minor == 100_00


@pytest.mark.parametrize("kind", ["gift_card", "top_up", "membership"])
def test_lines_that_sell_stored_value_are_in_no_sums(house: House, kind: str) -> None:
    visit = house.visit("Olha", TODAY)
    house.invoice("Olha", TODAY, a_line(500_00, kind=kind), a_line(100_00, "2"), visit_id=visit)
    assert sums(house.totals("Olha")) == (100_00, 100_00, 100_00)


@pytest.mark.parametrize("kind", ["gift_card", "top_up", "membership"])
def test_a_sale_of_stored_value_alone_is_no_last_visit(house: House, kind: str) -> None:
    house.invoice("Olha", TODAY, a_line(500_00, kind=kind))
    assert house.totals("Olha") == Totals()


@pytest.mark.parametrize("kind", ["service", "goods", "fee"])
def test_lines_of_other_kinds_count(house: House, kind: str) -> None:
    visit = house.visit("Olha", TODAY)
    house.invoice("Olha", TODAY, a_line(100_00, kind=kind), visit_id=visit)
    assert sums(house.totals("Olha")) == (100_00, 100_00, 100_00)


def test_a_coupon_pays_the_invoice_and_does_not_count_as_paid(house: House) -> None:
    with house.work() as unit:
        anchors.add_tenders(unit, [anchors.TenderInput("coupon", "Coupon", is_money=False, counts_as_paid=False)])
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=30_00, tender="coupon")
    house.pay(sale, 70_00)
    assert sums(house.totals("Olha")) == (100_00, 100_00, 70_00)
    assert house.rows()["core_sale"][0]["state"] == "paid"


def test_money_on_a_gift_card_line_is_not_paid_even_where_it_was_allocated(house: House) -> None:
    """500.00 of 600.00 lie on the lines in proportion to what is due: five sixths of the 100.00 service."""
    visit = house.visit("Olha", TODAY)
    house.invoice("Olha", TODAY, a_line(500_00, kind="gift_card"), a_line(100_00, "2"), visit_id=visit, paid=500_00)
    assert house.totals("Olha").paid_minor == 83_33


def test_a_goods_sale_without_a_visit_counts_in_the_sums_and_not_in_visits(house: House) -> None:
    house.invoice("Olha", TODAY, a_line(100_00, kind="goods"))
    assert house.totals("Olha") == Totals(0, 0, 100_00, 100_00, 100_00, TODAY, None, TODAY)


def test_a_goods_sale_gives_the_last_visit_only_without_any_visit(house: House) -> None:
    house.invoice("Olha", START + days(9), a_line(100_00, kind="goods"))
    assert house.totals("Olha").last_day == START + days(9)
    visit = house.visit("Olha", TODAY)
    assert house.totals("Olha").last_day == TODAY, "the visit, though the sale is later"
    house.delete(visit)
    assert house.totals("Olha").last_day == START + days(9)


def test_a_wholly_refunded_goods_sale_is_no_last_visit(house: House) -> None:
    house.invoice("Olha", TODAY, a_line(50_00, kind="goods"))
    later = house.invoice("Olha", TOMORROW, a_line(100_00, kind="goods", quantity_milli=2000))
    house.refund(later, ("1", 1000))
    assert house.totals("Olha").last_day == TOMORROW
    house.refund(later, ("1", 1000))
    assert house.totals("Olha") == Totals(0, 0, 50_00, 50_00, 50_00, TODAY, None, TODAY)


def test_a_refund_takes_back_what_the_line_was_sold_and_paid_for(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    lines = (a_line(500_00, "1", off_minor=50_00), a_line(200_00, "2", off_minor=20_00))
    sale = house.invoice("Olha", TODAY, *lines, visit_id=visit)
    house.refund(sale, ("2", 1000))
    assert sums(house.totals("Olha")) == (450_00, 500_00, 450_00)
    assert house.totals("Olha").visits == 1, "the client has been here all the same"


def test_a_line_returned_by_parts_adds_up(house: House) -> None:
    """3 × 33.33 less 10.00 is 89.99: 30.00, 29.99, 30.00 (SEMANTICS 6, *Refunds*)."""
    visit = house.visit("Olha", TODAY)
    line = replace(a_line(99_99, off_minor=10_00, quantity_milli=3000), unit_price_minor=33_33)
    sale = house.invoice("Olha", TODAY, line, visit_id=visit)
    left = [sums(house.totals("Olha"))]
    for _ in range(3):
        house.refund(sale, ("1", 1000))
        left.append(sums(house.totals("Olha")))
    assert left == [(89_99, 99_99, 89_99), (59_99, 66_66, 59_99), (30_00, 33_33, 30_00), (0, 0, 0)]
    assert [row["amount_minor"] for row in house.rows()["core_return_payment"]] == [30_00, 29_99, 30_00]
    assert house.rows()["core_sale"][0]["state"] == "refunded"


def test_a_refund_gives_back_tender_by_tender_and_only_money_lowers_paid(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00, quantity_milli=2000), visit_id=visit, paid=40_00, tender="other")
    house.pay(sale, 60_00)
    house.refund(sale, ("1", 1000))
    assert sums(house.totals("Olha")) == (50_00, 50_00, 30_00)
    assert [row["amount_minor"] for row in house.rows()["core_return_payment"]] == [20_00, 30_00]


def test_a_refund_of_a_part_paid_line_gives_back_no_more_than_was_paid(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=40_00)
    house.refund(sale, ("1", 1000))
    assert sums(house.totals("Olha")) == (0, 0, 0)
    assert house.rows()["core_sale"][0]["returned_minor"] == 40_00


def test_a_void_invoice_counts_nowhere(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=0)
    assert house.totals("Olha").invoiced_minor == 100_00
    house.void(sale)
    assert house.totals("Olha") == Totals(visits=1, first_day=TODAY, visited_on=TODAY)


def test_an_invoice_without_a_client_counts_nowhere(house: House) -> None:
    sale = house.invoice(None, TODAY, a_line(100_00), paid=50_00)
    house.pay(sale, 50_00)
    house.refund(sale, ("1", 1000))
    assert house.rows()["core_measure"] == house.rows()["core_totals"] == []


def test_a_visit_of_several_invoices_is_one_visit(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    for _ in range(3):
        house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit)
    assert house.totals("Olha") == Totals(1, 0, 300_00, 300_00, 300_00, TODAY, TODAY)


def test_a_deleted_visit_counts_no_longer_and_saved_again_it_does(house: House) -> None:
    house.came("Olha", TODAY)
    visit = house.visit("Olha", TOMORROW, name="again")
    house.delete(visit)
    assert house.totals("Olha") == Totals(visits=1, first_day=TODAY, visited_on=TODAY)
    assert house.visit("Olha", TOMORROW, name="again") == visit
    assert house.totals("Olha").visits == 2


def test_a_visit_that_turns_out_to_be_another_clients_moves_to_that_client(house: House) -> None:
    house.visit("Olha", TODAY, name="mistaken")
    house.visit("Petro", TODAY, name="mistaken")
    assert (house.totals("Olha").visits, house.totals("Petro").visits) == (0, 1)


def test_a_visit_moved_to_another_day_takes_its_sums_with_it(house: House) -> None:
    visit = house.visit("Olha", TODAY, name="moved")
    house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit)
    house.visit("Olha", START + days(5), name="moved")
    assert house.totals("Olha") == Totals(1, 0, 100_00, 100_00, 100_00, START + days(5), START + days(5))
    assert house.before("Olha", START + days(4)).totals == Totals()


def test_an_opening_counts_from_its_date_on(house: House) -> None:
    figures: dict[str, Any] = {
        "visits": 3,
        "no_shows": 1,
        "listed_minor": 90_00,
        "invoiced_minor": 80_00,
        "paid_minor": 70_00,
    }
    house.opening("Olha", TODAY, last_visit_on=START - days(3), **figures)
    assert house.totals("Olha") == Totals(3, 1, 80_00, 90_00, 70_00, START - days(3), START - days(3))
    assert house.before("Olha", START - days(1)).totals == Totals()
    assert house.before("Olha", TODAY).totals == house.totals("Olha")


@pytest.mark.parametrize(("digits", "amount"), [(0, 1_000), (3, 1_000_500)])
def test_currencies_without_decimals_and_with_three_count_in_their_own_minor_units(
    crowd: House, digits: int, amount: int
) -> None:
    house = crowd.neighbour(Currency("XTS", digits))
    house.came("Olha", TODAY, amount)
    assert house.totals("Olha").invoiced_minor == amount
    assert house.drift().none


def test_the_largest_amounts_add_up_without_loss(house: House) -> None:
    for _ in range(3):
        house.came("Olha", TODAY, 10**15)
    assert house.totals("Olha").paid_minor == 3 * 10**15


def test_a_payment_by_named_shares_lies_where_it_says(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    invoice = house.an_invoice("Olha", TODAY, a_line(60_00, kind="gift_card"), a_line(60_00, "2"), visit_id=visit)
    shares = (PaymentShare("1", 10_00), PaymentShare("2", 50_00))
    payment = RecordedPayment("1", "cash", 60_00, at(TODAY), shares)
    with house.work() as unit:
        invoices.record(unit, replace(invoice, payments=(payment,)))
    assert house.totals("Olha").paid_minor == 50_00
