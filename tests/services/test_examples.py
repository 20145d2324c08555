"""The worked examples of SEMANTICS 11 that visits, sums and the personal discount already answer, by number."""

from __future__ import annotations

from loyalty_core.facts.standing import Origin
from loyalty_core.facts.totals import Totals
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.testing.house import START, House, a_line, days


def test_example_1_sold_from_five_thousand_gives_five_percent_from_the_next_visit(house: House) -> None:
    house.programme([("sold", 5_000_00, 500)])
    first = house.came("Olha", START, 4_999_99)
    assert house.discount("Olha") is None
    second = house.visit("Olha", START + days(1))
    house.invoice("Olha", START + days(1), a_line(1), visit_id=second)
    assert house.totals("Olha").invoiced_minor == 5_000_00
    assert house.discount("Olha") == 500
    assert house.before("Olha", START, first).discount is None
    assert house.before("Olha", START + days(1), second).discount is None, "the visit that reaches it pays in full"
    following = house.before("Olha", START + days(2)).discount
    assert following is not None
    assert (following.value, following.origin, following.rule) == (500, Origin.RULE, "sold:500000")


def test_example_2_the_third_arrived_visit_gives_five_percent_from_the_fourth(house: House) -> None:
    house.programme([("visits", 3, 500)])
    comings = [START + days(number) for number in range(3)]
    ids = [house.came("Petro", day) for day in comings]
    assert [house.before("Petro", day, id_).discount for day, id_ in zip(comings, ids, strict=True)] == [None] * 3
    assert house.discount("Petro") == 500
    fourth = house.before("Petro", START + days(3))
    assert fourth.number == 4
    assert fourth.discount is not None
    assert fourth.discount.value == 500


def test_example_3_sixty_days_keep_the_discount_and_the_sixty_first_resets_it(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Iryna", START)
    house.on(START + days(60))
    assert house.discount("Iryna") == 500
    kept = house.before("Iryna", START + days(60)).discount
    assert kept is not None
    assert kept.value == 500
    house.on(START + days(61))
    assert house.discount("Iryna") is None
    returned = house.came("Iryna", START + days(61), 1_000_00)
    assert house.before("Iryna", START + days(61), returned).discount is None, "the visit on day 61 is priced at 0"


def test_example_6_of_two_rules_that_match_the_larger_percent_is_given(house: House) -> None:
    house.programme([("sold", 1_000_00, 700), ("visits", 1, 500)])
    house.came("Maria", START)
    assert house.discount("Maria") == 500
    house.came("Maria", START + days(1), 1_000_00)
    assert house.discount("Maria") == 700


def test_example_7_a_manual_value_stands_until_it_is_returned_to_automatic(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Oksana", START)
    house.by_hand("Oksana", 1200)
    house.came("Oksana", START + days(1), 1_000_00)
    house.on(START + days(400))
    given = house.given("Oksana")
    assert given is not None
    assert (given.value, given.origin) == (1200, Origin.MANUAL)
    house.automatic("Oksana")
    given = house.given("Oksana")
    assert given is not None
    assert (given.value, given.origin) == (500, Origin.RULE)


def test_example_11_a_paid_invoice_counts_at_arrived_and_the_second_save_changes_nothing(house: House) -> None:
    house.programme([("sold", 1_000_00, 500)])
    booked = house.visit("Danylo", START, VisitStatus.CONFIRMED, name="booked")
    house.invoice("Danylo", START, a_line(1_000_00), visit_id=booked)
    assert house.totals("Danylo") == Totals()
    assert house.discount("Danylo") is None
    house.visit("Danylo", START, VisitStatus.ARRIVED, name="booked")
    counted = Totals(1, 0, 1_000_00, 1_000_00, 1_000_00, START, START)
    assert house.totals("Danylo") == counted
    assert house.discount("Danylo") == 500
    before = house.rows()
    house.visit("Danylo", START, VisitStatus.ARRIVED, name="booked")
    assert house.rows() == before


def test_example_12_a_visit_saved_as_no_show_takes_back_what_it_counted(house: House) -> None:
    house.programme([("sold", 1_000_00, 500)])
    came = house.visit("Yuliia", START, name="came")
    sale = house.invoice("Yuliia", START, a_line(1_000_00), visit_id=came)
    assert house.totals("Yuliia") == Totals(1, 0, 1_000_00, 1_000_00, 1_000_00, START, START)
    assert house.discount("Yuliia") == 500
    house.visit("Yuliia", START, VisitStatus.NO_SHOW, name="came")
    assert house.totals("Yuliia") == Totals(no_shows=1)
    assert house.discount("Yuliia") is None
    (kept,) = house.rows()["core_sale"]
    assert (kept["id"], kept["state"], kept["paid_minor"]) == (sale, "paid", 1_000_00), "the money lies on the invoice"


def test_example_27_an_opening_counts_with_the_visits_after_it(house: House) -> None:
    opened = START - days(4)
    house.opening(
        "Andrii",
        opened,
        visits=9,
        listed_minor=18_000_00,
        invoiced_minor=18_000_00,
        paid_minor=18_000_00,
        last_visit_on=opened - days(10),
    )
    house.came("Andrii", START, 2_500_00)
    totals = house.totals("Andrii")
    assert (totals.invoiced_minor, totals.visits) == (20_500_00, 10)
    assert totals.last_day == START
