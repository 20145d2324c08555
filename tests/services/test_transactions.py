"""Units of work: alone, and as a guest in a host's transaction (DATA, *Transactions*)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, insert, select

from loyalty_core.errors import LoyaltyError, Refused
from loyalty_core.facts.invoice import ReturnedLine
from loyalty_core.services import invoices, programmes, visits
from loyalty_core.services.unit import Unit
from loyalty_core.testing.house import START, House, a_line
from tests.services.refusals import refusals

T = TypeVar("T")

appointment = Table("host_appointment", MetaData(), Column("id", Integer, primary_key=True))
"""A table of the host's own, in the same database."""

VISITS = {"discount_rules": {"rules": [{"metric": "visits", "threshold": 1, "percent_bp": 700}]}}


@pytest.fixture
def appointments(house: House) -> Iterator[House]:
    """The house, beside a table of its host."""
    engine = house.loyalty.storage.engine.execution_options(unscoped=True, write=True)
    appointment.create(engine)
    yield house
    appointment.drop(engine)


class Mishap(Exception):
    """Something that fails after all has gone well."""


@contextmanager
def failing(opening: AbstractContextManager[T]) -> Iterator[T]:
    """Open something that a mishap ends at the last moment."""
    with suppress(Mishap), opening as opened:
        yield opened
        raise Mishap


@contextmanager
def hosting(house: House) -> Iterator[Connection]:
    """Open a transaction as a host does: on its own connection, which it commits itself."""
    engine = house.loyalty.storage.engine
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        yield connection


def booked(house: House) -> list[int]:
    with house.loyalty.storage.engine.connect() as connection:
        return list(connection.execute(select(appointment.c.id).order_by(appointment.c.id)).scalars())


def test_an_exception_in_the_middle_rolls_everything_back(house: House) -> None:
    house.programme([("visits", 1, 500)])
    visit, invoice = house.a_visit("Olha", START), house.an_invoice("Petro", START, a_line(100_00))
    before = house.rows()
    with failing(house.work()) as unit:
        visits.save(unit, visit)
        invoices.record(unit, invoice)
        programmes.save(unit, "branch", house.scopes["obolon"], "Never")
    assert house.rows() == before


def test_a_refusal_of_a_later_service_rolls_back_the_earlier_ones_too(house: House) -> None:
    visit, invoice = house.a_visit("Olha", START), house.an_invoice("Petro", START, a_line(100_00), branch="podil")
    before = house.rows()

    def act(unit: Unit) -> None:
        visits.save(unit, visit)
        invoices.record(unit, invoice)
        invoices.void(unit, 1, "no such invoice")

    assert refusals(house, act) == [("unknown_invoice", ("sale_id",))]
    assert house.rows() == before


def test_a_refusal_that_the_caller_catches_leaves_the_rest_of_the_unit(house: House) -> None:
    visit = house.a_visit("Olha", START)
    with house.work() as unit:
        visits.save(unit, visit)
        with pytest.raises(Refused):
            invoices.void(unit, 1, "no such invoice")
    assert house.totals("Olha").visits == 1


def test_several_services_in_one_unit_see_each_other(house: House) -> None:
    house.programme([("sold", 100_00, 500)])
    visit, invoice = house.a_visit("Olha", START), house.an_invoice("Olha", START, a_line(100_00))
    with house.work() as unit:
        saved = visits.save(unit, visit)
        sale = invoices.record(unit, replace(invoice, visit_id=saved.id))
        invoices.refund(unit, sale.id, [ReturnedLine("1", 1000)], "changed their mind")
        programmes.save(unit, "branch", house.scopes["podil"], "Visits", parts=VISITS)
    assert (house.totals("Olha").visits, house.totals("Olha").paid_minor, house.discount("Olha")) == (1, 0, 700)
    assert {row["at"] for row in house.audit()} == {house.clock.now()}


def test_a_reader_leaves_nothing_behind(house: House) -> None:
    visit = house.a_visit("Olha", START)
    before = house.rows()
    with house.reading() as unit:
        assert visits.known(unit, "tests", [visit.external_id]) == {}
    assert house.rows() == before


def test_what_a_host_commits_is_kept_with_the_hosts_own_rows(appointments: House) -> None:
    house = appointments
    house.programme([("visits", 1, 500)])
    visit = house.a_visit("Olha", START)
    with hosting(house) as connection:
        connection.execute(insert(appointment).values(id=1))
        with house.loyalty.guest(connection, house.network_id, "host") as unit:
            visits.save(unit, visit)
        connection.execute(insert(appointment).values(id=2))
    assert booked(house) == [1, 2]
    assert (house.totals("Olha").visits, house.discount("Olha")) == (1, 500)
    assert house.audit("standing.changed")[0]["actor"] == "host"
    assert house.events("visit_saved")


def test_what_a_host_rolls_back_never_was(appointments: House) -> None:
    house = appointments
    visit = house.a_visit("Olha", START)
    before = house.rows()
    with failing(hosting(house)) as connection:
        connection.execute(insert(appointment).values(id=1))
        with house.loyalty.guest(connection, house.network_id, "host") as unit:
            visits.save(unit, visit)
    assert booked(house) == []
    assert house.rows() == before


def test_a_guest_that_fails_leaves_the_hosts_own_rows(appointments: House) -> None:
    house = appointments
    visit = house.a_visit("Olha", START)
    before = house.rows()
    with hosting(house) as connection:
        connection.execute(insert(appointment).values(id=1))
        with failing(house.loyalty.guest(connection, house.network_id, "host")) as unit:
            visits.save(unit, visit)
        with suppress(Refused), house.loyalty.guest(connection, house.network_id, "host") as unit:
            visits.save(unit, visit)
            visits.delete(unit, 1, "no such visit")
        connection.execute(insert(appointment).values(id=2))
    assert booked(house) == [1, 2]
    assert house.rows() == before


def test_after_a_guest_that_failed_another_one_can_do_it(appointments: House) -> None:
    house = appointments
    visit = house.a_visit("Olha", START)
    with hosting(house) as connection:
        with failing(house.loyalty.guest(connection, house.network_id, "host")) as unit:
            visits.save(unit, visit, "key-1")
        with house.loyalty.guest(connection, house.network_id, "host") as unit:
            assert visits.save(unit, visit, "key-1").changed
    assert house.totals("Olha").visits == 1


def test_two_guests_of_one_host_are_two_units(appointments: House) -> None:
    house = appointments
    given = [house.a_visit("Olha", START), house.a_visit("Olha", START)]
    with hosting(house) as connection:
        for visit in given:
            with house.loyalty.guest(connection, house.network_id, "host") as unit:
                visits.save(unit, visit)
    assert house.totals("Olha").visits == 2


def test_a_guest_needs_a_transaction_that_has_begun(house: House) -> None:
    engine = house.loyalty.storage.engine
    with engine.connect() as connection:
        guest = house.loyalty.guest(connection, house.network_id, "host")
        with pytest.raises(LoyaltyError, match="begun"), guest:
            pass


def test_a_guest_needs_a_connection_to_the_same_database(house: House) -> None:
    elsewhere = create_engine("sqlite://")
    with elsewhere.begin() as connection:
        guest = house.loyalty.guest(connection, house.network_id, "host")
        with pytest.raises(LoyaltyError, match="loyalty database"), guest:
            pass
    elsewhere.dispose()


def test_a_programme_saved_in_a_unit_that_fails_is_in_nobodys_cache(house: House) -> None:
    house.came("Olha", START)
    with failing(house.work()) as unit:
        programmes.save(unit, "branch", house.scopes["podil"], "Never", parts=VISITS)
        assert unit.configuration.programmes
    house.came("Olha", START)
    assert house.discount("Olha") is None
    with house.reading() as unit:
        assert unit.configuration.programmes == {}
