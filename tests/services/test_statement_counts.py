"""How many statements a verb takes: fixed, whatever the number of lines, visits before it, or clients beside it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from loyalty_core.facts.programme import JudgedOn
from loyalty_core.services import invoices, visits
from loyalty_core.services.before_visit import Cut, before
from loyalty_core.testing.house import START, House, a_line, at, days
from tests.services.statements import counting, listening

LIFETIME, SINCE_RESET = JudgedOn.LIFETIME, JudgedOn.SINCE_RESET


def recording(house: House, since: Callable[[], int], client: str, lines: int) -> int:
    """Record an invoice of so many lines, each with an adjustment, and return the number of statements."""
    day = START
    visit = house.came(client, day)
    sold = [a_line(10_00, str(number), off_minor=1_00) for number in range(lines)]
    invoice = house.an_invoice(client, day, *sold, visit_id=visit)
    since()
    with house.work() as unit:
        invoices.record(unit, invoice)
    return since()


def test_an_invoice_of_fifty_lines_takes_as_many_statements_as_one_of_one_line(house: House) -> None:
    with counting(house) as since:
        recording(house, since, "warming up", 1)
        assert recording(house, since, "Olha", 50) == recording(house, since, "Petro", 1)


def test_a_refund_of_fifty_lines_takes_as_many_statements_as_one_of_one_line(house: House) -> None:
    taken = []
    with counting(house) as since:
        for lines in (1, 1, 50):
            sold = [a_line(10_00, str(number)) for number in range(lines)]
            sale = house.invoice("Olha", START, *sold)
            since()
            house.refund(sale, *((str(number), 1000) for number in range(lines)))
            taken.append(since())
    assert taken[1] == taken[2]


@pytest.mark.parametrize("judged_on", [LIFETIME, SINCE_RESET])
def test_saving_a_visit_takes_as_many_statements_however_long_the_clients_history(
    house: House, judged_on: JudgedOn
) -> None:
    house.programme([("visits", 1, 500), ("visits", 50, 700)], inactive_days=60, judged_on=judged_on)
    taken = []
    with counting(house) as since:
        for number in range(12):
            visit = house.a_visit("Olha", START + days(number))
            since()
            with house.work() as unit:
                visits.save(unit, visit)
            taken.append(since())
    assert len(set(taken[2:])) == 1, "after the first, which gives the discount"


def test_many_visits_at_once_take_as_many_statements_as_a_few(house: House) -> None:
    taken = []
    with counting(house) as since:
        for number in (3, 3, 60):
            given = [house.a_visit(f"client-{number}-{each}", START) for each in range(number)]
            since()
            with house.work() as unit:
                visits.save_many(unit, given, judge=False)
            taken.append(since())
    assert taken[1] == taken[2]


@pytest.mark.parametrize("judged_on", [LIFETIME, SINCE_RESET])
def test_judging_everybody_takes_as_many_statements_for_many_as_for_a_few(house: House, judged_on: JudgedOn) -> None:
    taken = []
    with counting(house) as since:
        for number in (3, 3, 30):
            for each in range(number):
                house.came(f"client-{number}-{each}", START)
            since()
            house.programme([("visits", 1, 100 + len(taken))], inactive_days=60, judged_on=judged_on)
            taken.append(since())
    assert taken[1] == taken[2]


def test_the_standing_before_a_hundred_visits_takes_as_many_statements_as_before_one(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60, judged_on=SINCE_RESET)
    house.came("Olha", START)
    day, client, branch = START + days(1), house.client("Olha"), house.branches["podil"]
    taken = []
    with counting(house) as since:
        for number in (1, 1, 100):
            cuts = [Cut(each, client, branch, None, at(day), 2**62, day) for each in range(number)]
            with house.reading() as unit:
                before(unit, cuts)
            taken.append(since())
    assert taken[1] == taken[2]


def test_a_visit_that_leaves_standing_as_it_was_does_not_write_it(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    with listening(house) as seen:
        house.came("Olha", START + days(1), 100_00)
    written = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) core_(standing|audit|reset)\b")
    assert [statement for statement in seen if written.match(statement)] == []
