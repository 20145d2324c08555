"""Issuing: what was quoted is what is booked, or nothing is (SEMANTICS 6; RELIABILITY I5, I7, I11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from loyalty_core.errors import Refused
from loyalty_core.facts.draft import Person, Tax
from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.quote import Fate
from loyalty_core.services import invoices, offers
from loyalty_core.services.invoices import issuing, tickets
from loyalty_core.services.invoices.deciding import decision_of
from loyalty_core.services.invoices.issuing import PriceChanged
from loyalty_core.storage import tables
from loyalty_core.storage.base import Base
from loyalty_core.storage.work import table_of
from loyalty_core.testing.house import House, at
from loyalty_core.testing.till import Till, a_draft_line, by_hand

FIVE_PERCENT = {"name": {"en": "Five off"}, "state": "active", "percent_bp": 500}
LINE = a_draft_line(100_000)


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def till(house: House) -> Till:
    return Till(house)


def rows(house: House, model: type[Base]) -> list[SimpleNamespace]:
    keys = [column.name for column in table_of(model).primary_key]
    found = [SimpleNamespace(**row) for row in house.all_of(model)]
    return sorted(found, key=lambda row: [getattr(row, key) for key in keys])


def sales(house: House) -> int:
    return len(rows(house, tables.Sale))


def test_what_was_quoted_is_booked_line_by_line(house: House, till: Till) -> None:
    house.programme([("visits", 1, 500)])
    visit = house.came("Olena", date(2026, 1, 4))
    house.on(date(2026, 1, 5))
    visit = house.came("Olena", date(2026, 1, 5))
    saved = till.promotion({**FIVE_PERCENT, "percent_bp": 2000, "items": ["shampoo"]})
    draft = till.draft(LINE, a_draft_line(20_000, "shampoo", kind="goods"), client="Olena", visit=visit)
    quoted = till.quote(draft)
    sale = till.issue(draft, till.ticket(quoted))
    (row,) = rows(house, tables.Sale)
    assert (row.id, row.origin, row.state) == (sale.id, "priced", "issued")
    assert (row.listed_minor, row.discount_minor, row.owed_minor) == (120_000, 9_000, 111_000)
    assert (row.fingerprint, row.config_version) == (quoted.fingerprint, quoted.config_version)
    given = [(each.line_number, each.lane, each.plugin, each.amount_minor) for each in rows(house, tables.Adjustment)]
    assert given == [(1, "programme", "core", 5_000), (2, "promotion", "promotions", 4_000)]
    assert rows(house, tables.Adjustment)[1].version_id == saved.version_id
    totals = house.totals("Olena")
    assert (totals.listed_minor, totals.invoiced_minor, totals.paid_minor) == (120_000, 111_000, 0)
    assert house.drift().none


def test_a_decision_comes_back_as_it_was_made(house: House, till: Till) -> None:
    till.promotion({**FIVE_PERCENT, "name": {"uk": "П'ять", "en": "Five"}})
    till.promotion({**FIVE_PERCENT, "percent_bp": 300, "minimum_minor": 200_000})
    draft = by_hand(till.draft(LINE, client="Olena", person=Person(date(1990, 2, 28), "uk")), percent_bp=100)
    quoted = till.quote(draft)
    sale = till.issue(draft, till.ticket(quoted))
    with house.reading() as unit:
        record = decision_of(unit, sale.id)
        assert decision_of(unit, 1) is None
    assert record is not None
    assert record.priced == quoted.priced
    assert {each.fate for each in record.priced.considered} == {Fate.APPLIED, Fate.NOT_MET}
    assert record.facts["client"]["birthday"] == "1990-02-28"
    assert record.facts["draft"]["manual"]["reason"] == "a stain on the coat"


def test_an_invoice_that_costs_nothing_is_paid_at_once(till: Till) -> None:
    sale = till.issue(by_hand(till.draft(LINE), percent_bp=10_000))
    assert (sale.state, sale.owed_minor) == (SaleState.PAID, 0)


def test_a_happy_hour_shown_is_a_happy_hour_booked(house: House, till: Till) -> None:
    till.promotion({**FIVE_PERCENT, "from_minute": 10 * 60, "to_minute": 16 * 60})
    house.clock.set(at(date(2026, 1, 5), 15, 59))
    draft = till.draft(LINE)
    ticket = till.ticket(till.quote(draft))
    house.clock.set(at(date(2026, 1, 5), 16, 13))
    assert till.issue(draft, ticket).owed_minor == 95_000


def test_a_promotion_that_ends_meanwhile_is_still_booked(house: House, till: Till) -> None:
    saved = till.promotion(FIVE_PERCENT)
    draft = till.draft(LINE)
    ticket = till.ticket(till.quote(draft))
    till.promotion({**FIVE_PERCENT, "state": "ended"}, saved.id)
    assert till.quote(draft).priced.owed_minor == 100_000
    sale = till.issue(draft, ticket)
    assert sale.owed_minor == 95_000
    (row,) = rows(house, tables.Adjustment)
    assert row.version_id == saved.version_id


def test_a_rule_that_changes_meanwhile_prices_as_it_was_shown(house: House, till: Till) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olena", date(2026, 1, 4))
    draft = till.draft(LINE, client="Olena")
    ticket = till.ticket(till.quote(draft))
    house.programme([("visits", 1, 700)])
    assert till.quote(draft).priced.owed_minor == 93_000
    assert till.issue(draft, ticket).owed_minor == 95_000


def test_after_fifteen_minutes_the_price_is_shown_anew(house: House, till: Till) -> None:
    draft = till.draft(LINE)
    ticket = till.ticket(till.quote(draft))
    house.clock.set(house.clock.now() + timedelta(minutes=15, seconds=1))
    with pytest.raises(PriceChanged) as changed:
        till.issue(draft, ticket)
    assert changed.value.codes == ("quote_expired",)
    assert sales(house) == 0
    assert till.issue(draft, till.ticket(changed.value.quote)).owed_minor == 100_000


def test_when_the_client_has_something_else_by_now_nothing_is_booked(house: House, till: Till) -> None:
    house.programme([("visits", 1, 500)])
    draft = till.draft(LINE, client="Olena")
    ticket = till.ticket(till.quote(draft))
    house.by_hand("Olena", 1200)
    with pytest.raises(PriceChanged) as changed:
        till.issue(draft, ticket)
    assert changed.value.codes == ("price_changed",)
    assert changed.value.quote.priced.owed_minor == 88_000
    assert sales(house) == 0


def test_what_happens_to_the_client_after_the_quote_comes_to_light(house: House, till: Till) -> None:
    house.programme([("sold", 100_000, 500)])
    draft = till.draft(LINE, client="Olena")
    ticket = till.ticket(till.quote(draft))
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    till.sell(LINE, client="Olena")
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    with pytest.raises(PriceChanged) as changed:
        till.issue(draft, ticket)
    assert changed.value.quote.priced.owed_minor == 95_000


def test_another_draft_cannot_be_issued_by_the_ticket_of_a_cheaper_one(house: House, till: Till) -> None:
    draft = till.draft(LINE)
    ticket = till.ticket(till.quote(draft))
    for other in (
        replace(draft, lines=(a_draft_line(100_001),)),
        replace(draft, external_id="another"),
        replace(draft, branch_id=house.branches["obolon"]),
        replace(draft, lines=(replace(LINE, name="Something else"),)),
    ):
        with pytest.raises(PriceChanged):
            till.issue(other, ticket)
    assert sales(house) == 0


@pytest.mark.parametrize("wrong", ["", "x", "a.b", "a.b.c", "é.é", "." * 100, "bm8.bm8"])
def test_a_ticket_that_is_none_is_refused(till: Till, wrong: str) -> None:
    with pytest.raises(Refused) as refused:
        till.issue(till.draft(LINE), wrong or "no")
    assert refused.value.codes == ("bad_ticket",)


def test_a_ticket_of_another_network_or_secret_is_refused(house: House, till: Till) -> None:
    draft = till.draft(LINE)
    quoted = till.quote(draft)
    stolen = tickets.Ticket(1, quoted.priced_at, quoted.config_version, quoted.fingerprint)
    for text in (tickets.sign(stolen, house.loyalty.secret), tickets.sign(stolen, b"guess")):
        with pytest.raises(Refused) as refused:
            till.issue(draft, text)
        assert refused.value.codes == ("bad_ticket",)


def test_an_invoice_is_issued_once(house: House, till: Till) -> None:
    draft = till.draft(LINE)
    ticket = till.ticket(till.quote(draft))
    first = till.issue(draft, ticket, key="k1")
    assert till.issue(draft, ticket, key="k1") == first
    with pytest.raises(Refused) as refused:
        till.issue(draft, ticket, key="k2")
    assert refused.value.codes == ("already_issued",)
    with pytest.raises(Refused) as refused:
        till.issue(till.draft(LINE), ticket, key="k1")
    assert refused.value.codes == ("key_reused",)
    assert sales(house) == 1


def test_nothing_of_a_failed_issue_is_left(house: House, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(issuing, "settle_sales", fail)
    with pytest.raises(RuntimeError):
        till.issue(till.draft(LINE, client="Olena"))
    for table in (tables.Sale, tables.SaleLine, tables.Decision, tables.Adjustment):
        assert rows(house, table) == []


def test_an_issued_invoice_is_paid_refunded_and_counted_as_any_other(house: House, till: Till) -> None:
    sale = till.sell(a_draft_line(33_333, quantity_milli=3000), client="Olena")
    house.pay(sale.id, 99_999)
    assert house.totals("Olena").paid_minor == 99_999
    house.refund(sale.id, ("cut", 1000))
    totals = house.totals("Olena")
    assert (totals.invoiced_minor, totals.paid_minor) == (66_666, 66_666)
    assert house.drift().none


def test_example_22_what_the_insurer_pays_is_not_discounted(house: House, till: Till) -> None:
    house.programme([("visits", 1, 1000)])
    house.came("Olena", date(2026, 1, 4))
    sale = till.sell(a_draft_line(100_000, third_party_minor=70_000), client="Olena")
    assert sale.owed_minor == 27_000
    (line,) = rows(house, tables.SaleLine)
    assert (line.listed_minor, line.discount_minor, line.third_party_minor) == (30_000, 3_000, 70_000)


def test_example_26_tax_is_within_what_is_left(house: House, till: Till) -> None:
    till.promotion({"name": {"en": "100 off"}, "state": "active", "amount_minor": 10_000})
    food = a_draft_line(53_500, "food", kind="goods", tax=Tax(700))
    till.sell(a_draft_line(120_000, tax=Tax(2000)), food)
    found = rows(house, tables.SaleLine)
    assert [line.discount_minor for line in found] == [6_916, 3_084]
    assert [line.listed_minor - line.discount_minor for line in found] == [113_084, 50_416]
    assert [line.tax_minor for line in found] == [18_847, 3_298]


def test_a_net_price_is_owed_with_its_tax(house: House, till: Till) -> None:
    """SEMANTICS 1: net 100.00 + 20 % tax, 10 % off: net 90.00, tax 18.00, owed 108.00, sold list 120.00."""
    till.promotion({**FIVE_PERCENT, "percent_bp": 1000})
    sale = till.sell(a_draft_line(10_000, tax=Tax(2000, included=False)), client="Olena")
    (line,) = rows(house, tables.SaleLine)
    assert (sale.owed_minor, line.listed_minor, line.discount_minor, line.tax_minor) == (10_800, 12_000, 1_200, 1_800)
    totals = house.totals("Olena")
    assert (totals.listed_minor, totals.invoiced_minor) == (12_000, 10_800)


def test_a_gift_card_line_is_neither_sold_nor_discounted(house: House, till: Till) -> None:
    till.promotion(FIVE_PERCENT)
    sale = till.sell(a_draft_line(50_000, "voucher", kind="gift_card"), LINE, client="Olena")
    assert sale.owed_minor == 50_000 + 95_000
    assert house.totals("Olena").listed_minor == 100_000


def test_versions_of_an_offer_are_kept(house: House, till: Till) -> None:
    saved = till.promotion(FIVE_PERCENT)
    assert not till.promotion(FIVE_PERCENT, saved.id).changed
    till.promotion({**FIVE_PERCENT, "percent_bp": 700}, saved.id)
    with house.reading() as unit:
        versions = offers.history(unit, saved.id)
        assert [(each.number, each.form["percent_bp"], each.actor) for each in versions] == [
            (1, 500, "olena"),
            (2, 700, "olena"),
        ]
        assert offers.of_plugin(unit, "promotions")[saved.id]["percent_bp"] == 700
    for plugin, form, offer_id, code in (
        ("branch", {}, None, "unknown_form"),
        ("promotions", {}, None, "required"),
        ("promotions", FIVE_PERCENT, 5, "unknown_offer"),
        ("promotions", {**FIVE_PERCENT, "percent_bp": 10_001}, saved.id, "too_large"),
    ):
        with house.work() as unit, pytest.raises(Refused) as refused:
            offers.save(unit, plugin, form, offer_id)
        assert refused.value.codes == (code,)


def test_a_void_invoice_lets_its_number_be_seen_as_issued(house: House, till: Till) -> None:
    draft = till.draft(LINE)
    sale = till.issue(draft)
    with house.work() as unit:
        assert invoices.void(unit, sale.id, "mistake").state is SaleState.VOID
    with pytest.raises(Refused) as refused:
        till.issue(draft)
    assert refused.value.codes == ("already_issued",)
