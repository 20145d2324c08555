"""Many at once: real threads on both databases, and nothing is counted twice, lost or judged by what no longer holds.

The fixture `house` counts everything anew when a test is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from loyalty_core.errors import Refused
from loyalty_core.facts.invoice import RecordedPayment, ReturnedLine
from loyalty_core.facts.standing import Element
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import anchors, invoices, plugins, reassessment, recount, settings, standing, visits
from loyalty_core.services.unit import Unit
from loyalty_core.testing.house import START, House, a_line, at, days

Act = Callable[[], Any]
RACERS = 8


def race(acts: Iterable[Act]) -> list[Any]:
    """Run acts in threads that start together; return what each answered, or the refusal it met."""
    acts = list(acts)
    barrier = Barrier(len(acts))

    def run(act: Act) -> Any:
        barrier.wait(10)
        try:
            return act()
        except Refused as refused:
            return refused.codes

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result(60) for each in [pool.submit(run, act) for act in acts]]


def at_work(house: House, service: Callable[..., Any], *args: Any, **fields: Any) -> Act:
    """Return a service in a unit of its own."""

    def act() -> Any:
        with house.work() as unit:
            return service(unit, *args, **fields)

    return act


@pytest.fixture
def aside() -> Iterator[Callable[[Act], Future[Any]]]:
    """Start an act in another thread and come back when it is done, or when it seems to wait for us."""
    with ThreadPoolExecutor(RACERS) as pool:

        def start(act: Act) -> Future[Any]:
            future = pool.submit(act)
            wait([future], timeout=0.2)
            return future

        yield start


Aside = Callable[[Act], Future[Any]]


# Many writers


def test_visits_of_one_client_saved_at_once_all_count(house: House) -> None:
    house.programme([("visits", RACERS * 3, 500)])
    given = [[house.a_visit("Olha", START + days(number)) for number in range(3)] for _ in range(RACERS)]

    def save(some: list[Any]) -> Act:
        def act() -> None:
            for each in some:
                at_work(house, visits.save, each)()

        return act

    race(save(some) for some in given)
    assert (house.totals("Olha").visits, house.discount("Olha")) == (RACERS * 3, 500)
    assert len(house.audit("standing.changed")) == 1


def test_invoices_of_one_visit_recorded_at_once_all_count(house: House) -> None:
    visit = house.visit("Olha", START)
    given = [house.an_invoice("Olha", START, a_line(100_00), visit_id=visit) for _ in range(RACERS)]
    race(at_work(house, invoices.record, each) for each in given)
    assert house.totals("Olha").paid_minor == RACERS * 100_00


@pytest.mark.parametrize("key", ["key-1", None])
def test_the_same_visit_saved_at_once_counts_once(house: House, key: str | None) -> None:
    """By one idempotency key, or by the visit's own id (RELIABILITY I6, I7)."""
    visit = house.a_visit("Olha", START)
    saved = race([at_work(house, visits.save, visit, key)] * RACERS)
    assert len({each.id for each in saved}) == 1
    assert sum(each.changed for each in saved) == (RACERS if key else 1), "a key gets the first answer again"
    assert house.totals("Olha").visits == 1
    assert len(house.events("visit_saved")) == 1


@pytest.mark.parametrize("key", ["key-1", None])
def test_the_same_invoice_recorded_at_once_counts_once(house: House, key: str | None) -> None:
    invoice = house.an_invoice("Olha", START, a_line(100_00))
    done = race([at_work(house, invoices.record, invoice, key)] * RACERS)
    assert len({each.id for each in done}) == 1
    assert house.totals("Olha").paid_minor == 100_00


def test_the_same_payment_recorded_at_once_counts_once(house: House) -> None:
    sale = house.invoice("Olha", START, a_line(100_00), paid=0)
    payment = RecordedPayment("p", "cash", 60_00, at(START))
    done = race([at_work(house, invoices.record_payments, [(sale, payment)])] * RACERS)
    assert sum(each.changed for (each,) in done) == 1
    assert house.totals("Olha").paid_minor == 60_00


def test_payments_at_once_never_exceed_what_is_owed(house: House) -> None:
    sale = house.invoice("Olha", START, a_line(100_00), paid=0)
    payments = [RecordedPayment(str(number), "cash", 30_00, at(START)) for number in range(RACERS)]
    done = race(at_work(house, invoices.record_payments, [(sale, each)]) for each in payments)
    assert sorted(map(str, done)).count("('overpaid',)") == RACERS - 3
    assert house.totals("Olha").paid_minor == 90_00


def test_refunds_at_once_never_give_back_more_than_was_sold(house: House) -> None:
    """Exactly as many winners as there are pieces (RELIABILITY I8)."""
    sale = house.invoice("Olha", START, a_line(90_00, quantity_milli=3000))
    piece = [ReturnedLine("1", 1000)]
    done = race([at_work(house, invoices.refund, sale, piece, "tests")] * RACERS)
    assert [each for each in done if isinstance(each, tuple)] == [("too_much",)] * (RACERS - 3)
    assert house.totals("Olha").paid_minor == 0


def test_the_same_refund_under_one_key_gives_back_once(house: House) -> None:
    sale = house.invoice("Olha", START, a_line(90_00, quantity_milli=3000))
    piece = [ReturnedLine("1", 1000)]
    race([at_work(house, invoices.refund, sale, piece, "tests", "key-1")] * RACERS)
    assert house.totals("Olha").paid_minor == 60_00


def test_a_payment_and_a_void_at_once_have_one_winner(house: House) -> None:
    sale = house.invoice("Olha", START, a_line(100_00), paid=0)
    payment = RecordedPayment("p", "cash", 100_00, at(START))
    paid, void = race(
        [
            at_work(house, invoices.record_payments, [(sale, payment)]),
            at_work(house, invoices.void, sale, "tests"),
        ]
    )
    assert [isinstance(each, tuple) for each in (paid, void)] in ([True, False], [False, True])


def test_a_client_first_seen_by_many_at_once_is_one_client(house: House) -> None:
    names = ["Olha", "Petro", "Iryna"]
    found = race([at_work(house, anchors.anchor_clients, "erp", names)] * RACERS)
    assert all(each == found[0] for each in found)
    assert len(house.rows()["core_client"]) == 3


def test_visits_of_one_day_saved_at_once_are_one_visit_where_they_count_per_day(house: House) -> None:
    at_work(house, settings.change, "visits_per_day", True)()
    given = [house.a_visit("Olha", START, hour=9 + number) for number in range(RACERS)]
    saved = race(at_work(house, visits.save, each) for each in given)
    assert house.totals("Olha").visits == 1
    race(at_work(house, visits.delete, each.id, "tests") for each in saved[1:])
    assert house.totals("Olha").visits == 1


# One in the middle, another beside it


def test_an_invoice_recorded_while_its_visit_is_un_arrived_does_not_count(house: House, aside: Aside) -> None:
    visit = house.a_visit("Olha", START)
    invoice = house.an_invoice("Olha", START, a_line(100_00))
    away = replace(visit, status=VisitStatus.CANCELLED)
    for first_away in (True, False):
        at_work(house, visits.save, visit)()
        with house.work() as unit:
            visit_id = visits.known(unit, "tests", [visit.external_id])[visit.external_id]
            its = replace(invoice, visit_id=visit_id, external_id=f"invoice-{first_away}")
            acts: list[tuple[Callable[..., Any], Any]] = [(visits.save, away), (invoices.record, its)]
            here, there = acts if first_away else acts[::-1]
            here[0](unit, here[1])
            beside = aside(at_work(house, *there))
        beside.result(10)
        assert house.totals("Olha").paid_minor == house.totals("Olha").visits == 0


@pytest.mark.parametrize("how", ["moved to another client", "deleted"])
def test_a_visit_stays_what_it_is_while_its_invoice_is_recorded(house: House, aside: Aside, how: str) -> None:
    visit, petro = house.a_visit("Olha", START), house.client("Petro")
    visit_id = at_work(house, visits.save, visit)().id
    invoice = house.an_invoice("Olha", START, a_line(100_00), visit_id=visit_id)

    def away(unit: Unit) -> None:
        if how == "deleted":
            visits.delete(unit, visit_id, "tests")
        else:
            visits.save(unit, replace(visit, client_id=petro))

    with house.work() as unit:
        invoices.record(unit, invoice)
        beside = aside(at_work(house, away))
    with pytest.raises(Refused, match="visit_has_invoice"):
        beside.result(10)
    assert house.totals("Olha").visits == 1


def test_a_unit_judges_by_the_programme_that_was_saved_while_it_ran(house: House, aside: Aside) -> None:
    house.programme([("visits", 1, 500)])
    visit = house.a_visit("Olha", START)
    with house.work() as unit:
        assert len(unit.configuration.programmes) == 1, "it has read the configuration"
        beside = aside(lambda: house.programme([("visits", 1, 700)]))
        visits.save(unit, visit)
    beside.result(10)
    assert house.discount("Olha") == 700


def test_a_programme_saved_while_a_visit_is_not_yet_committed_judges_it_too(house: House, aside: Aside) -> None:
    house.programme([("visits", 1, 500)])
    visit = house.a_visit("Olha", START)
    with house.work() as unit:
        visits.save(unit, visit)
        beside = aside(lambda: house.programme([("visits", 1, 700)]))
    beside.result(10)
    assert house.discount("Olha") == 700


def test_a_value_set_by_hand_beside_a_visit_stands(house: House, aside: Aside) -> None:
    house.programme([("visits", 1, 500), ("visits", 2, 700)])
    for name in ("Olha", "Petro"):
        if name == "Olha":
            house.came(name, START)
        visit = house.a_visit(name, START)
        with house.work() as unit:
            visits.save(unit, visit)
            beside = aside(partial(house.by_hand, name, 1200))
        beside.result(10)
        assert house.discount(name) == 1200


def test_a_visit_saved_beside_a_return_to_automatic_counts(house: House, aside: Aside) -> None:
    house.programme([("visits", 1, 500)])
    house.by_hand("Olha", 1200)
    visit, client = house.a_visit("Olha", START), house.client("Olha")
    with house.work() as unit:
        standing.return_to_automatic(unit, client, house.scopes["podil"], Element.DISCOUNT)
        beside = aside(at_work(house, visits.save, visit))
    beside.result(10)
    assert house.discount("Olha") == 500


# Everybody's evaluation against single changes


def busy(house: House, name: str) -> Act:
    """Return the work of one till: visits that come, are paid, move away and come back."""
    visit = house.a_visit(name, START, name=f"till-{name}")
    line = a_line(100_00)

    def act() -> None:
        for number in range(4):
            status = VisitStatus.NO_SHOW if number % 2 else VisitStatus.ARRIVED
            with house.work() as unit:
                saved = visits.save(unit, replace(visit, status=status))
            house.invoice(name, START, line, visit_id=saved.id, paid=50_00)

    return act


def programmes_saved(house: House) -> None:
    for number in range(5):
        house.programme([("visits", 1, 100 * number + 100), ("sold", 150_00, 900)], inactive_days=30 + number)


def days_pass(house: House) -> None:
    for _ in range(5):
        at_work(house, reassessment.reassess)()
        at_work(house, reassessment.reassess_due)()


def plugins_switched(house: House) -> None:
    for _ in range(2):
        at_work(house, plugins.deactivate, "discount_rules")()
        at_work(house, plugins.activate, "discount_rules")()


def settings_changed(house: House) -> None:
    for value in (True, False, True):
        at_work(house, settings.change, "visits_per_day", value)()


def repaired(house: House) -> None:
    for _ in range(3):
        at_work(house, recount.recount, repair=True)()


def loaded(house: House) -> None:
    """Load visits of the same clients in bulk, as an import does."""
    for number in range(2):
        given = [house.a_visit(name, START, name=f"bulk-{number}-{name}") for name in ("Olha", "Petro", "Iryna")]
        with house.work() as unit:
            visits.save_many(unit, given[:2], judge=False)
            visits.save_many(unit, given[2:], judge=False)
            reassessment.reassess(unit)


FOR_ALL = (programmes_saved, days_pass, plugins_switched, settings_changed, repaired, loaded)


@pytest.mark.parametrize("work", FOR_ALL, ids=lambda work: work.__name__)
def test_everybody_is_judged_while_tills_are_busy(house: House, work: Callable[[House], None]) -> None:
    """Nobody waits for ever, nothing is judged by what no longer holds: no drift at the end."""
    house.programme([("visits", 1, 500)], inactive_days=30)
    race([busy(house, "Olha"), busy(house, "Petro"), busy(house, "Iryna"), lambda: work(house)])
    drift = house.drift()
    assert drift.none, drift
    assert {house.totals(name).no_shows for name in ("Olha", "Petro", "Iryna")} == {1}
