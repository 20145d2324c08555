"""The same thing again has one effect: by idempotency key, and by the sender's own ids (RELIABILITY I6, I7)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from loyalty_core.facts.invoice import RecordedPayment, ReturnedLine, SaleState
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import invoices, openings, visits
from loyalty_core.services.unit import Unit
from loyalty_core.testing.house import START, House, a_line, at, days
from tests.services.refusals import refusals

Verb = Callable[[Unit, str | None], object]


def saving(house: House) -> tuple[Verb, Verb]:
    one = house.a_visit("Olha", START, name="one")
    other = replace(one, starts_at=at(START, 15))
    return lambda unit, key: visits.save(unit, one, key), lambda unit, key: visits.save(unit, other, key)


def recording(house: House) -> tuple[Verb, Verb]:
    one = house.an_invoice("Olha", START, a_line(100_00), name="one")
    other = replace(one, external_id="other")
    return lambda unit, key: invoices.record(unit, one, key), lambda unit, key: invoices.record(unit, other, key)


def refunding(house: House) -> tuple[Verb, Verb]:
    sale = house.invoice("Olha", START, a_line(100_00, quantity_milli=3000))

    def back(milli: int) -> Verb:
        return lambda unit, key: invoices.refund(unit, sale, [ReturnedLine("1", milli)], "tests", key)

    return back(1000), back(2000)


def voiding(house: House) -> tuple[Verb, Verb]:
    sales = [house.invoice("Olha", START, a_line(100_00), paid=0) for _ in range(2)]

    def void(sale: int) -> Verb:
        return lambda unit, key: invoices.void(unit, sale, "tests", key)

    return void(sales[0]), void(sales[1])


VERBS = pytest.mark.parametrize("verb", [saving, recording, refunding, voiding], ids=lambda verb: verb.__name__)
Maker = Callable[[House], tuple[Verb, Verb]]


def run(house: House, verb: Verb, key: str | None, actor: str = "olena") -> Any:
    with house.work(actor) as unit:
        return verb(unit, key)


@VERBS
def test_the_same_key_and_request_get_the_same_answer_and_have_one_effect(house: House, verb: Maker) -> None:
    one, _other = verb(house)
    first = run(house, one, "key-1")
    before = house.rows()
    for later in (0, 30):
        house.clock.set(at(START + days(later), 10))
        assert run(house, one, "key-1") == first
    assert house.rows() == before


@VERBS
def test_the_same_key_with_another_request_is_refused(house: House, verb: Maker) -> None:
    one, other = verb(house)
    run(house, one, "key-1")
    before = house.rows()
    assert refusals(house, lambda unit: other(unit, "key-1")) == [("key_reused", ("key",))]
    assert house.rows() == before
    assert run(house, other, "key-2").changed


def test_a_key_belongs_to_the_verb_it_was_used_for(house: House) -> None:
    one, _other = saving(house)
    record, _another = recording(house)
    run(house, one, "key-1")
    assert refusals(house, lambda unit: record(unit, "key-1")) == [("key_reused", ("key",))]


def test_two_actors_may_use_the_same_key(house: House) -> None:
    one, other = refunding(house)
    run(house, one, "key-1", actor="till 1")
    assert run(house, other, "key-1", actor="till 2").state is SaleState.REFUNDED
    assert len(house.rows()["core_idempotency"]) == 2


def test_two_networks_may_use_the_same_key(house: House) -> None:
    neighbour = house.neighbour()
    run(house, saving(house)[0], "key-1")
    assert run(neighbour, saving(neighbour)[1], "key-1").changed
    assert neighbour.drift().none


@VERBS
def test_without_a_key_the_verb_itself_says_what_the_same_again_means(house: House, verb: Maker) -> None:
    one, _other = verb(house)
    run(house, one, None)
    assert house.rows()["core_idempotency"] == []
    if verb is voiding:
        assert refusals(house, lambda unit: one(unit, None)) == [("already_void", ("sale_id",))]
    else:
        assert run(house, one, None).changed is (verb is refunding)


def test_a_refused_effect_leaves_no_key_and_the_key_can_be_used_for_what_is_right(house: House) -> None:
    wrong = replace(house.a_visit("Olha", START, name="v"), branch_id=1)
    right = replace(wrong, branch_id=house.branches["podil"])
    assert refusals(house, lambda unit: visits.save(unit, wrong, "key-1")) == [("unknown_branch", ("branch_id",))]
    assert house.rows()["core_idempotency"] == []
    assert run(house, lambda unit, key: visits.save(unit, right, key), "key-1").changed


def test_an_effect_that_is_rolled_back_leaves_no_key(house: House) -> None:
    one, _other = saving(house)
    with suppress(ZeroDivisionError), house.work() as unit:
        one(unit, "key-1")
        raise ZeroDivisionError
    assert house.rows()["core_idempotency"] == house.rows()["core_visit"] == []
    assert run(house, one, "key-1").changed


@pytest.mark.parametrize("key", ["", "k" * 101, "line\nbreak", 7, True, b"key"], ids=repr)
def test_a_key_that_is_none_is_refused(house: House, key: Any) -> None:
    one, _other = saving(house)
    assert refusals(house, lambda unit: one(unit, key)) == [("bad_key", ("key",))]


def test_the_answer_is_the_first_one_even_if_the_visit_has_changed_since(house: House) -> None:
    visit = house.a_visit("Olha", START, VisitStatus.CONFIRMED, name="v")
    first = run(house, lambda unit, key: visits.save(unit, visit, key), "key-1")
    house.visit("Olha", START, VisitStatus.ARRIVED, name="v")
    before = house.rows()
    assert run(house, lambda unit, key: visits.save(unit, visit, key), "key-1") == first
    assert house.rows() == before, "a late repetition does not turn the clock back"


def test_the_same_visit_again_changes_nothing(house: House) -> None:
    visit = house.a_visit("Olha", START)
    first = run(house, lambda unit, _key: visits.save(unit, visit), None)
    before = house.rows()
    again = run(house, lambda unit, _key: visits.save(unit, visit), None)
    assert (first.changed, again.changed, again.id, again.revision) == (True, False, first.id, first.revision)
    assert house.rows() == before


def test_each_change_of_a_visit_raises_its_revision(house: House) -> None:
    visit = house.a_visit("Olha", START, VisitStatus.WAITING)
    saved = []
    for status in (VisitStatus.WAITING, VisitStatus.CONFIRMED, VisitStatus.CONFIRMED, VisitStatus.ARRIVED):
        with house.work() as unit:
            saved.append(visits.save(unit, replace(visit, status=status)))
    assert [each.revision for each in saved] == [1, 2, 2, 3]
    assert len({each.id for each in saved}) == 1


def test_two_sources_may_use_the_same_id(house: House) -> None:
    visit = house.a_visit("Olha", START, name="1")
    with house.work() as unit:
        saved = visits.save_many(unit, [visit, replace(visit, source="other system")])
    assert saved[0].id != saved[1].id
    assert house.totals("Olha").visits == 2


def test_the_same_invoice_again_changes_nothing_whatever_became_of_it(house: House) -> None:
    invoice = house.an_invoice("Olha", START, a_line(100_00), paid=40_00)
    found = []
    for act in (lambda sale: None, lambda sale: house.pay(sale, 60_00), lambda sale: house.refund(sale, ("1", 1000))):
        with house.work() as unit:
            done = invoices.record(unit, invoice)
        found.append((done.state, done.changed))
        act(done.id)
    before = house.rows()
    with house.work() as unit:
        done = invoices.record(unit, invoice)
    assert house.rows() == before
    assert found == [(SaleState.PART_PAID, True), (SaleState.PART_PAID, False), (SaleState.PAID, False)]
    assert (done.state, done.changed) == (SaleState.REFUNDED, False)


def test_the_same_payment_again_changes_nothing(house: House) -> None:
    sale = house.invoice("Olha", START, a_line(100_00), paid=0)
    payment = RecordedPayment("p", "cash", 60_00, at(START))
    with house.work() as unit:
        (first,) = invoices.record_payments(unit, [(sale, payment)])
    before = house.rows()
    with house.work() as unit:
        (again,) = invoices.record_payments(unit, [(sale, payment)])
    assert (first.changed, again.changed, again.state) == (True, False, SaleState.PART_PAID)
    assert house.rows() == before


def test_a_payment_that_came_with_the_invoice_is_known_by_itself_too(house: House) -> None:
    invoice = house.an_invoice("Olha", START, a_line(100_00), paid=60_00)
    with house.work() as unit:
        sale = invoices.record(unit, invoice).id
    before = house.rows()
    with house.work() as unit:
        (again,) = invoices.record_payments(unit, [(sale, invoice.payments[0])])
    assert again.changed is False
    assert house.rows() == before


def test_the_same_opening_again_changes_nothing(house: House) -> None:
    house.opening("Olha", START, visits=3, last_visit_on=START - days(1))
    before = house.rows()
    house.opening("Olha", START, visits=3, last_visit_on=START - days(1))
    assert house.rows() == before


def test_some_known_and_some_new_things_may_come_together(house: House) -> None:
    known, new = house.a_visit("Olha", START), house.a_visit("Petro", START)
    with house.work() as unit:
        visits.save(unit, known)
        saved = visits.save_many(unit, [known, new])
    assert [each.changed for each in saved] == [False, True]
    sales = [house.an_invoice(name, START, a_line(100_00)) for name in ("Olha", "Petro")]
    with house.work() as unit:
        invoices.record(unit, sales[0])
        assert [each.changed for each in invoices.record_many(unit, sales)] == [False, True]
    assert house.totals("Petro").visits == 1


def test_in_bulk_or_one_by_one_the_same_is_kept(house: House) -> None:
    """What `judge=False` leaves to the caller is standing and events, nothing else."""
    house.programme([("visits", 2, 500)])
    neighbour = house.neighbour()
    neighbour.programme([("visits", 2, 500)])
    for each in (house, neighbour):
        given = [each.a_visit("Olha", START + days(number), name=str(number)) for number in range(3)]
        with each.work() as unit:
            if each is house:
                visits.save_many(unit, given, judge=False)
            else:
                for visit in given:
                    visits.save(unit, visit)
    assert house.totals("Olha") == neighbour.totals("Olha")
    assert (house.discount("Olha"), neighbour.discount("Olha")) == (None, 500)
    house.programme([("visits", 2, 500), ("visits", 3, 500)])
    assert house.discount("Olha") == 500


def test_known_ids_are_found_and_deleted_visits_are_not(house: House) -> None:
    visit, gone = house.visit("Olha", START, name="here"), house.visit("Olha", START, name="gone")
    house.delete(gone)
    sale = house.invoice("Olha", START, a_line(1), name="sold")
    with house.reading() as unit:
        assert visits.known(unit, "tests", ["here", "gone", "never"]) == {"here": visit}
        assert visits.known(unit, "elsewhere", ["here"]) == {}
        assert invoices.known(unit, "tests", ["sold", "never"]) == {"sold": sale}


def test_nothing_at_all_is_no_mistake(house: House) -> None:
    before = house.rows()
    with house.work() as unit:
        assert visits.save_many(unit, []) == []
        assert invoices.record_many(unit, []) == []
        assert invoices.record_payments(unit, []) == []
        assert openings.record_many(unit, []) == []
    assert house.rows() == before
