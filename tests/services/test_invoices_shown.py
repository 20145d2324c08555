"""One invoice read whole, lists of them, and paying at the till."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from loyalty_core.errors import Refused
from loyalty_core.facts.invoice import ReturnedLine, SaleState
from loyalty_core.services import invoices
from loyalty_core.services.invoices import listing, showing
from loyalty_core.services.invoices.listing import Wanted
from loyalty_core.services.invoices.paying import pay
from loyalty_core.services.invoices.showing import InvoiceShown
from loyalty_core.testing.house import START, House, a_line
from tests.services.statements import counting


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


def shown(house: House, sale_id: int) -> InvoiceShown:
    with house.reading() as unit:
        found = showing.invoice(unit, sale_id)
    assert found is not None
    return found


def take(house: House, sale_id: int, amount_minor: int, key: str | None = None, tender: str = "cash") -> SaleState:
    with house.work() as unit:
        return pay(unit, sale_id, tender, amount_minor, key).state


def test_an_invoice_is_shown_with_its_lines_what_came_off_and_payments(house: House) -> None:
    sale_id = house.invoice("olena", START, a_line(100_000, off_minor=10_000), a_line(20_000, "2"), paid=50_000)
    found = shown(house, sale_id)
    assert (found.listed_minor, found.owed_minor, found.paid_minor, found.due_minor) == (
        120_000,
        110_000,
        50_000,
        60_000,
    )
    assert [(line.key, line.listed_minor, line.owed_minor) for line in found.lines] == [
        ("1", 100_000, 90_000),
        ("2", 20_000, 20_000),
    ]
    assert [(each.reason, each.amount_minor, each.reference) for each in found.lines[0].adjustments] == [
        ("agreed", 10_000, "")
    ]
    assert [(each.tender.name, each.amount_minor) for each in found.payments] == [("Cash", 50_000)]
    assert not found.priced


def test_what_would_go_back_is_what_goes_back_part_by_part(house: House) -> None:
    sale_id = house.invoice("olena", START, a_line(9_999, off_minor=1_000, quantity_milli=3_000), paid=5_000)
    house.pay(sale_id, 3_999, tender="card")
    for _part in range(3):
        expected = {tender.code: minor for tender, minor in shown(house, sale_id).would_return({"1": 1_000}).items()}
        with house.work() as unit:
            invoices.refund(unit, sale_id, [ReturnedLine("1", 1_000)], "broken")
        last = shown(house, sale_id).returns[-1]
        assert {tender.code: minor for tender, minor in last.given_back.items()} == expected
        assert last.quantities == {1: 1_000}
    found = shown(house, sale_id)
    assert found.returned_minor == 8_999
    assert found.state is SaleState.REFUNDED
    assert found.due_minor == 0
    assert found.would_return({"1": 1_000}) == {}


def test_an_invoice_of_another_network_is_not_there(house: House) -> None:
    sale_id = house.invoice("olena", START, a_line(1_000))
    with house.neighbour().reading() as unit:
        assert showing.invoice(unit, sale_id) is None
        assert listing.summed(unit, Wanted()).count == 0


def test_an_invoice_is_read_in_as_many_statements_whatever_its_lines(house: House) -> None:
    few = house.invoice("olena", START, a_line(1_000))
    many = house.invoice("olena", START, *(a_line(1_000, str(key)) for key in range(40)))
    house.refund(few, ("1", 1_000))
    house.refund(many, ("1", 1_000), ("2", 1_000))
    counted = []
    with counting(house) as since:
        for sale_id in (few, many):
            with house.reading() as unit:
                since()
                showing.invoice(unit, sale_id)
                counted.append(since())
    assert counted[0] == counted[1]


def test_a_list_is_narrowed_by_place_day_client_state_and_number(house: House) -> None:
    first = house.invoice("olena", START, a_line(1_000), name="i-1")
    second = house.invoice("ivan", START + timedelta(1), a_line(3_000, off_minor=500), paid=0, name="i-2")
    third = house.invoice(None, START + timedelta(2), a_line(2_000), branch="obolon", name="i-3")
    house.void(second)
    olena, podil = house.client("olena"), house.branches["podil"]
    cases = [
        (Wanted(), [third, second, first]),
        (Wanted(branches=[podil]), [second, first]),
        (Wanted(branches=[]), []),
        (Wanted(clients=[olena]), [first]),
        (Wanted(states=[SaleState.VOID]), [second]),
        (Wanted(number="i-3"), [third]),
        (Wanted(first=START + timedelta(1), last=START + timedelta(1)), [second]),
    ]
    with house.reading() as unit:
        for wanted, expected in cases:
            assert [row.id for row in listing.rows(unit, wanted)] == expected
            assert listing.summed(unit, wanted).count == len(expected)
        assert [row.id for row in listing.rows(unit, Wanted(), by="owed", descending=False)] == [first, third, second]
        assert [row.id for row in listing.rows(unit, Wanted(), limit=1, offset=1)] == [second]
        assert listing.summed(unit, Wanted()) == listing.Summed(3, 3_000, 0)


def test_an_invoice_is_paid_in_parts_and_never_more_than_is_due(house: House) -> None:
    sale_id = house.invoice("olena", START, a_line(10_000), paid=0)
    assert take(house, sale_id, 4_000) is SaleState.PART_PAID
    with pytest.raises(Refused) as refused:
        take(house, sale_id, 6_001, tender="card")
    assert refused.value.codes == ("overpaid",)
    assert "60.00" in str(refused.value)
    assert take(house, sale_id, 6_000, tender="card") is SaleState.PAID
    assert house.totals("olena").paid_minor == 10_000


def test_paying_twice_with_one_key_takes_the_money_once(house: House) -> None:
    sale_id = house.invoice("olena", START, a_line(10_000), paid=0)
    for _time in range(2):
        assert take(house, sale_id, 4_000, "key") is SaleState.PART_PAID
    assert shown(house, sale_id).paid_minor == 4_000
    with pytest.raises(Refused) as refused:
        take(house, sale_id, 5_000, "key")
    assert refused.value.codes == ("key_reused",)


@pytest.mark.parametrize(
    ("tender", "amount", "code"),
    [("stones", 100, "unknown_tender"), ("cash", 0, "too_small"), ("cash", -5, "too_small")],
)
def test_a_payment_that_is_none_is_refused(house: House, tender: str, amount: int, code: str) -> None:
    sale_id = house.invoice("olena", START, a_line(10_000), paid=0)
    with pytest.raises(Refused) as refused:
        take(house, sale_id, amount, tender=tender)
    assert refused.value.codes == (code,)
    assert shown(house, sale_id).paid_minor == 0


def test_a_void_invoice_takes_no_money(house: House) -> None:
    sale_id = house.invoice("olena", START, a_line(10_000), paid=0)
    house.void(sale_id)
    with pytest.raises(Refused) as refused:
        take(house, sale_id, 100)
    assert refused.value.codes == ("invoice_closed",)
