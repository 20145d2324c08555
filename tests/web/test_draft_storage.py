"""Drafts as they are kept, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from loyalty_core.errors import Refused
from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.storage.migrate import upgrade
from loyalty_core.testing.house import House
from loyalty_web.erp import drafts
from loyalty_web.erp.drafts import Chosen, ChosenLine
from loyalty_web.erp.migrations import WEB

CHOSEN = Chosen(
    lines=(ChosenLine("1", "cut"), ChosenLine("2", "dye", 1_500, 90_000, removed=True)),
    codes=("WELCOME10",),
    taken_off=("promotions:1",),
    manual=ManualDiscount("waited long", percent_bp=500),
)


@pytest.fixture
def house(engine: Engine) -> House:
    made = House(engine)
    upgrade(engine, [WEB])
    return made


def test_a_draft_is_read_as_it_was_chosen(house: House) -> None:
    client_id = house.client("olena")
    with house.work() as unit:
        made = drafts.make(unit, house.branches["podil"], "page", replace(CHOSEN, client_id=client_id))
    with house.reading() as unit:
        assert drafts.read(unit, made.id) == made
    assert (made.number, made.revision, made.author) == (1, 1, "olena")
    with house.neighbour().reading() as unit:
        assert drafts.read(unit, made.id) is None


def test_only_a_change_makes_a_revision_but_who_saw_it_last_is_kept(house: House) -> None:
    with house.work() as unit:
        made = drafts.make(unit, house.branches["podil"], "page", CHOSEN)
        seen = drafts.save(unit, made, replace(CHOSEN, seen=("page", 7)))
    assert seen.revision == 1
    with house.work("maria") as unit:
        kept = drafts.locked(unit, made.id)
        assert kept is not None
        assert kept.chosen.seen == ("page", 7)
        changed = drafts.save(unit, kept, kept.chosen.with_item("cut"))
    assert (changed.revision, changed.author) == (2, "maria")
    assert changed.chosen.lines[0].quantity_milli == 2_000


def test_drafts_wait_until_they_are_issued_or_thrown_away(house: House) -> None:
    podil, obolon = house.branches["podil"], house.branches["obolon"]
    with house.work() as unit:
        first, second, third = (drafts.make(unit, podil, f"page{number}", CHOSEN) for number in range(3))
        drafts.make(unit, obolon, "elsewhere", CHOSEN)
        assert drafts.made_by(unit, "page0") == first
        drafts.became(unit, first, 42)
        drafts.discard(unit, second)
    with house.reading() as unit:
        assert drafts.waiting(unit, [podil], 9) == [third]
        issued = drafts.read(unit, first.id)
    assert issued is not None
    assert issued.sale_id == 42
    with house.work() as unit:
        assert drafts.make(unit, podil, "next", CHOSEN).number == 5


def test_the_same_item_again_is_one_more_of_it_unless_its_price_was_typed() -> None:
    chosen = Chosen().with_item("cut").with_item("cut").with_item("dye")
    assert [(line.key, line.item, line.quantity_milli) for line in chosen.lines] == [
        ("1", "cut", 2_000),
        ("2", "dye", 1_000),
    ]
    priced = Chosen(lines=(ChosenLine("1", "cut", price_minor=5),)).with_item("cut")
    assert len(priced.lines) == 2
    gone = Chosen(lines=(ChosenLine("1", "cut", removed=True),)).with_item("cut")
    assert [line.key for line in gone.kept] == ["2"]
    with pytest.raises(Refused):
        Chosen(lines=tuple(ChosenLine(str(key), f"i{key}") for key in range(1, 501))).with_item("one more")
