"""Networks in one database know nothing of each other; nor do branches (RELIABILITY I13, DATA *Scope*)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from loyalty_core.facts.invoice import RecordedPayment, ReturnedLine
from loyalty_core.facts.standing import Element
from loyalty_core.services import (
    anchors,
    before_visit,
    invoices,
    plugins,
    programmes,
    reassessment,
    recount,
    settings,
    standing,
    visits,
)
from loyalty_core.testing.house import START, House, a_line, at, days
from loyalty_discount_rules.visits import set_for_visit
from tests.services.refusals import Act, are_refused, refusals

NEXT = START + days(1)


@pytest.fixture
def neighbour(house: House) -> House:
    """Another network with a life of its own, its things named as ours are."""
    neighbour = house.neighbour()
    neighbour.programme([("visits", 1, 500)], inactive_days=60)
    visit = neighbour.visit("Olha", START, name="visit")
    neighbour.invoice("Olha", START, a_line(100_00), visit_id=visit, name="invoice", paid=50_00)
    neighbour.opening("Olha", START, visits=1, last_visit_on=START - days(1))
    neighbour.by_hand("Petro", 1200, lapses=True)
    with neighbour.work() as unit:
        set_for_visit(unit, visit, 300, "tests")
    return neighbour


def test_whatever_one_network_does_the_other_stays_as_it_is(house: House, neighbour: House) -> None:
    before = neighbour.rows()
    house.programme([("visits", 1, 700)], inactive_days=30)
    visit = house.visit("Olha", START, name="visit")
    sale = house.invoice("Olha", START, a_line(100_00), visit_id=visit, name="invoice", paid=50_00)
    house.pay(sale, 50_00)
    house.refund(sale, ("1", 500))
    house.opening("Olha", START, visits=1, last_visit_on=START - days(1))
    house.by_hand("Olha", 900)
    house.automatic("Olha")
    house.delete(house.visit("Petro", START))
    client = house.client("Olha")
    with house.work() as unit:
        settings.change(unit, "visits_per_day", True)
        plugins.deactivate(unit, "discount_rules")
        plugins.activate(unit, "discount_rules")
        standing.recalculate(unit, client)
        reassessment.reassess(unit)
        recount.recount(unit, repair=True)
    house.on(START + days(500))
    assert neighbour.rows() == before
    assert neighbour.drift().none


def test_the_same_names_are_other_things_in_another_network(house: House, neighbour: House) -> None:
    with house.reading() as unit:
        assert visits.known(unit, "tests", ["visit"]) == {}
        assert invoices.known(unit, "tests", ["invoice"]) == {}
        assert anchors.known_clients(unit, "tests", ["Olha"]) == {}
        assert not set(anchors.branch_ids(unit).values()) & set(neighbour.branches.values())
        assert not set(anchors.branch_scopes(unit).values()) & set(neighbour.scopes.values())
    assert house.client("Olha") != neighbour.client("Olha")
    assert house.visit("Olha", START, name="visit") != neighbour.visit("Olha", START, name="visit")


def of(service: Callable[..., object], *args: object) -> Act:
    return lambda unit: service(unit, *args)


CLIENT, BRANCH = ("unknown_client", ("client_id",)), ("unknown_branch", ("branch_id",))
VISIT, SALE = ("unknown_visit", ("visit_id",)), ("unknown_invoice", ("sale_id",))
SCOPE = ("unknown_scope", ("scope_id",))


def test_facts_of_another_network_are_as_unknown_as_what_is_nobodys(house: House, neighbour: House) -> None:
    """Foreign answers like absent: the same code, the same place."""
    with neighbour.reading() as unit:
        their_visit = visits.known(unit, "tests", ["visit"])["visit"]
        their_sale = invoices.known(unit, "tests", ["invoice"])["invoice"]
    client, branch = neighbour.client("Olha"), neighbour.branches["podil"]
    visit, invoice = house.a_visit("Olha", START), house.an_invoice("Olha", START, a_line(100_00))
    payment, piece = RecordedPayment("9", "cash", 1, at(START)), ReturnedLine("1", 1)
    before = neighbour.rows()
    are_refused(
        house,
        {
            "a visit's client": (of(visits.save, replace(visit, client_id=client)), CLIENT),
            "a visit's branch": (of(visits.save, replace(visit, branch_id=branch)), BRANCH),
            "a visit": (of(visits.delete, their_visit, "tests"), VISIT),
            "a visit's discount": (of(set_for_visit, their_visit, 1, "tests"), VISIT),
            "an invoice's client": (of(invoices.record, replace(invoice, client_id=client)), CLIENT),
            "an invoice's branch": (of(invoices.record, replace(invoice, branch_id=branch)), BRANCH),
            "an invoice's visit": (of(invoices.record, replace(invoice, visit_id=their_visit)), VISIT),
            "a payment": (of(invoices.record_payments, [(their_sale, payment)]), ("unknown_invoice", (0, "sale_id"))),
            "a refund": (of(invoices.refund, their_sale, [piece], "tests"), SALE),
            "a void": (of(invoices.void, their_sale, "tests"), SALE),
        },
    )
    assert neighbour.rows() == before


def test_clients_and_scopes_of_another_network_are_unknown_to_standing(house: House, neighbour: House) -> None:
    their_client, their_scope = neighbour.client("Petro"), neighbour.scopes["podil"]
    client, scope, discount = house.client("Olha"), house.scopes["podil"], Element.DISCOUNT
    before = neighbour.rows()
    are_refused(
        house,
        {
            "a programme": (of(programmes.save, "branch", their_scope, "Ours"), SCOPE),
            "a client by hand": (of(standing.set_by_hand, their_client, scope, discount, 1, "tests"), CLIENT),
            "a scope by hand": (of(standing.set_by_hand, client, their_scope, discount, 1, "tests"), SCOPE),
            "back to automatic": (of(standing.return_to_automatic, their_client, scope, discount), CLIENT),
            "a recalculation": (of(standing.recalculate, their_client), CLIENT),
        },
    )
    assert neighbour.rows() == before


def test_a_tender_of_another_network_is_unknown(house: House, neighbour: House) -> None:
    with neighbour.work() as unit:
        anchors.add_tenders(unit, [anchors.TenderInput("shells", "Shells", is_money=True, counts_as_paid=True)])
    invoice = house.an_invoice("Olha", START, a_line(100_00), tender="shells")
    found = refusals(house, lambda unit: invoices.record(unit, invoice))
    assert found == [("unknown_tender", ("payments", 0, "tender"))]


def test_nothing_of_another_networks_client_is_read(house: House, neighbour: House) -> None:
    their_client = neighbour.client("Olha")
    assert neighbour.discount("Olha") == 500
    with house.reading() as unit:
        assert standing.of_client(unit, their_client) == {}
        cut = before_visit.Cut(1, their_client, house.branches["podil"], None, at(NEXT), 2**62, NEXT)
        found = before_visit.before(unit, [cut])[1]
    assert (found.totals.visits, found.discount) == (0, None)


def test_an_event_or_audit_row_names_only_its_own_network(house: House, neighbour: House) -> None:
    theirs = {str(id_) for id_ in (*neighbour.branches.values(), *neighbour.scopes.values(), neighbour.client("Olha"))}
    house.programme([("visits", 1, 500)])
    house.came("Olha", START, 100_00)
    assert not [row for row in (*house.audit(), *house.events()) if any(each in str(row) for each in theirs)]


def test_a_branch_neither_counts_nor_judges_what_is_another_branchs(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.programme([("visits", 1, 700)], branch="obolon")
    house.came("Olha", START)
    assert (house.discount("Olha"), house.discount("Olha", "obolon")) == (500, None)
    assert house.totals("Olha", "obolon").visits == 0
    kept = house.verdict("Olha")
    house.programme([("visits", 1, 900)], branch="obolon")
    house.came("Olha", START, branch="obolon")
    assert (house.verdict("Olha"), house.discount("Olha", "obolon")) == (kept, 900)


def test_openings_of_two_networks_may_have_one_id(house: House, neighbour: House) -> None:
    house.opening("Olha", START, visits=2, last_visit_on=START - days(2))
    assert (house.totals("Olha").visits, neighbour.totals("Olha").visits) == (2, 2)
