"""Many tills at once: an invoice is issued once, by the price that was shown, or not at all (I7, I11)."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Engine

from loyalty_core.services.invoices import issuing
from loyalty_core.services.invoices.issuing import IssuedSale
from loyalty_core.storage import tables
from loyalty_core.testing.house import House
from loyalty_core.testing.till import Till, a_draft_line
from tests.services.test_races import RACERS, at_work, race

LINE = a_draft_line(100_000)
TEN_PERCENT = {"name": {"en": "Ten off"}, "state": "active", "percent_bp": 1000}


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def till(house: House) -> Till:
    return Till(house)


def test_one_draft_issued_at_once_by_many_is_issued_once(house: House, till: Till) -> None:
    draft = till.draft(LINE, client="Olena")
    ticket = till.ticket(till.quote(draft))
    found = race(at_work(house, issuing.issue, draft, ticket, till.staff) for _racer in range(RACERS))
    assert Counter(type(each) for each in found) == {IssuedSale: 1, tuple: RACERS - 1}
    assert {each for each in found if isinstance(each, tuple)} == {("already_issued",)}
    assert len(house.all_of(tables.Sale)) == 1


def test_under_one_key_all_get_the_same_answer(house: House, till: Till) -> None:
    draft = till.draft(LINE, client="Olena")
    ticket = till.ticket(till.quote(draft))
    found = race(at_work(house, issuing.issue, draft, ticket, till.staff, "key") for _racer in range(RACERS))
    assert len(set(found)) == 1
    assert len(house.all_of(tables.Sale)) == 1


def test_invoices_and_promotions_saved_at_once_book_what_was_shown(house: House, till: Till) -> None:
    saved = till.promotion(TEN_PERCENT)
    drafts = [till.draft(LINE, client="Olena") for _racer in range(RACERS)]
    tickets = [till.ticket(till.quote(draft)) for draft in drafts]

    def change() -> None:
        for percent in range(100, 1000, 100):
            till.promotion({**TEN_PERCENT, "percent_bp": percent}, saved.id)

    issue = [
        at_work(house, issuing.issue, draft, ticket, till.staff) for draft, ticket in zip(drafts, tickets, strict=True)
    ]
    race([*issue, change])
    assert {row["owed_minor"] for row in house.all_of(tables.Sale)} == {90_000}
    assert house.drift().none


def test_a_first_visit_discount_is_not_given_twice(house: House, till: Till) -> None:
    """What one invoice changes of the client's own facts, the next one sees: it is priced anew, or refused."""
    house.programme([("sold", 100_000, 500)])
    drafts = [till.draft(LINE, client="Olena") for _racer in range(RACERS)]
    tickets = [till.ticket(till.quote(draft)) for draft in drafts]
    found = race(
        at_work(house, issuing.issue, draft, ticket, till.staff) for draft, ticket in zip(drafts, tickets, strict=True)
    )
    issued = [each for each in found if isinstance(each, IssuedSale)]
    refused = [each for each in found if not isinstance(each, IssuedSale)]
    assert issued
    assert set(refused) <= {("price_changed",)}
    assert all(each.owed_minor == 100_000 for each in issued)
    assert house.totals("Olena").invoiced_minor == 100_000 * len(issued)
    assert house.drift().none
