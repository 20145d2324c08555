"""The story of the invoice page's prototype: a haircut, a colouring and two shampoos on a Thursday afternoon."""

from __future__ import annotations

from datetime import date, datetime

from loyalty_core.decisions.offers import (
    AmountOff,
    Covers,
    During,
    ListedAtLeast,
    Offer,
    PercentOff,
    UnitsOff,
    VisitNumber,
)
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.quote import Cause, Fate, Priced, Why
from tests.engine.till import KYIV, client, fate_of, line, offer, offs, priced

AT = datetime(2026, 11, 26, 14, 0, tzinfo=KYIV)
LINES = (
    line("haircut", 850_00),
    line("colouring", 1_600_00),
    line("shampoo", 420_00, 2, kind="goods"),
)
WEEKDAYS = During(ends_before=date(2026, 12, 1), weekdays=frozenset({0, 1, 2, 3}))
OFFERS = (
    offer("personal", PercentOff(5), lane=Lane.PROGRAMME),
    offer("colour", PercentOff(15), on=["colouring"], conditions=(WEEKDAYS,)),
    offer("care", UnitsOff(1, 2, 50), on=["shampoo"]),
    offer("300 off", AmountOff(300_00), conditions=(ListedAtLeast(3_500_00),)),
    offer("WELCOME10", PercentOff(10), lane=Lane.CODE, conditions=(VisitNumber(1),)),
)
CARD = (
    offer("card services", PercentOff(7), lane=Lane.CARD, covers=Covers(kinds=frozenset({"service"}))),
    offer("card goods", PercentOff(3), lane=Lane.CARD, covers=Covers(kinds=frozenset({"goods"}))),
)


def told(*offers: Offer, taken_off: frozenset[str] = frozenset()) -> Priced:
    return priced(LINES, *offers, at=AT, to=client(number=35, discount_bp=500), taken_off=taken_off)


def test_with_the_family_card_the_personal_discount_is_lost_on_every_line() -> None:
    result = told(*OFFERS, *CARD)
    assert (result.listed_minor, result.owed_minor) == (3_290_00, 2_780_50)
    assert offs(result) == [59_50, 240_00, 210_00]
    personal = fate_of(result, "personal")
    assert (personal.fate, personal.saves_minor, personal.rival) == (Fate.LOST, 164_50, "test:colour")
    assert personal.lost_on == ("colouring", "haircut", "shampoo")
    assert personal.why == Why(Cause.RIVAL, 164_50, 509_50)
    services = fate_of(result, "card services")
    assert (services.saves_minor, services.lines, services.lost_on) == (59_50, ("haircut",), ("colouring",))


def test_what_almost_applied_and_what_did_not_say_why() -> None:
    result = told(*OFFERS, *CARD)
    assert result.near == ("test:300 off",)
    assert fate_of(result, "300 off").why == Why(Cause.LISTED, 3_290_00, 3_500_00)
    assert fate_of(result, "WELCOME10").why == Why(Cause.VISIT_NUMBER, 35, 1)


def test_without_cards_the_personal_discount_lies_on_the_haircut_alone() -> None:
    result = told(*OFFERS)
    assert offs(result) == [42_50, 240_00, 210_00]
    assert fate_of(result, "personal").lines == ("haircut",)
    assert fate_of(result, "personal").lost_on == ("colouring", "shampoo")


def test_of_an_offer_taken_off_the_next_best_steps_in() -> None:
    result = told(*OFFERS, *CARD, taken_off=frozenset({"test:colour"}))
    assert offs(result) == [59_50, 112_00, 210_00]
    taken_off = fate_of(result, "colour")
    assert (taken_off.fate, taken_off.saves_minor) == (Fate.TAKEN_OFF, 240_00)


def test_on_a_friday_the_colouring_is_dearer() -> None:
    friday = priced(LINES, *OFFERS, at=AT.replace(day=27), to=client(number=35))
    assert fate_of(friday, "colour").why == Why(Cause.WEEKDAY, 4)
    assert offs(friday) == [42_50, 80_00, 210_00]
