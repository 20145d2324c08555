"""A plugin that fails at the till blocks no sale; one that offends is suspended until a person lifts it (I23)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from marshmallow import Schema, fields
from sqlalchemy import Engine

from loyalty_core.api import Message, PercentOff, Proposal, hookimpl
from loyalty_core.api import gettext as _
from loyalty_core.errors import Refused
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import plugins
from loyalty_core.services.house import Loyalty
from loyalty_core.services.invoices.deciding import decision_of
from loyalty_core.storage import tables
from loyalty_core.testing.house import House
from loyalty_core.testing.till import Till, a_draft_line, off

FIVE_PERCENT = {"name": {"en": "Five off"}, "state": "active", "percent_bp": 500}
LINE = a_draft_line(10_000)

Propose = Callable[..., Any]


class Settings(Schema):
    percent = fields.Integer(load_default=10)


def a_house(engine: Engine, propose: Propose) -> House:
    """A salon with a plugin `guest` that proposes what it is told to."""
    guest = ModuleType("guest")

    def loyalty_propose_adjustments(invoice: Any, client: Any, ctx: Any) -> Any:
        return propose(invoice, client, ctx)

    def loyalty_register_settings() -> type[Schema]:
        return Settings

    vars(guest)["loyalty_propose_adjustments"] = hookimpl(loyalty_propose_adjustments)
    vars(guest)["loyalty_register_settings"] = hookimpl(loyalty_register_settings)
    return House(engine, Plugins.load(extra={"guest": guest}))


def proposes(_invoice: Any, _client: Any, ctx: Any) -> Iterator[Proposal]:
    yield Proposal("guest", _("Guest"), PercentOff(ctx.settings["percent"]))


def raises(*_arguments: object) -> None:
    raise RuntimeError("no offers today")


def exits(*_arguments: object) -> None:
    raise SystemExit(1)


def talks_rubbish(*_arguments: object) -> object:
    return [Proposal("guest", Message("Guest"), PercentOff(1000)), "and more"]


def takes_too_much(*_arguments: object) -> list[Proposal]:
    return [Proposal("guest", _("Guest"), PercentOff(101))]


def spoils_the_invoice(invoice: Any, *_arguments: object) -> list[Proposal]:
    object.__setattr__(invoice.lines[0], "listed_minor", 1)
    return []


def test_a_proposal_competes_with_all_other_offers(engine: Engine) -> None:
    till = Till(a_house(engine, proposes))
    till.promotion(FIVE_PERCENT)
    quoted = till.quote(till.draft(LINE))
    assert off(quoted) == [1_000]
    assert quoted.priced.lines[0].steps[0].reference == "guest:guest"


@pytest.mark.parametrize("fault", [raises, exits, talks_rubbish, takes_too_much, spoils_the_invoice])
def test_the_sale_goes_on_without_it_and_the_record_says_so(engine: Engine, fault: Propose) -> None:
    house = a_house(engine, fault)
    till = Till(house)
    till.promotion(FIVE_PERCENT)
    quoted = till.quote(till.draft(LINE))
    assert off(quoted) == [500]
    assert [failure.plugin for failure in quoted.failures] == ["guest"]
    sale = till.sell(LINE)
    assert sale.owed_minor == 9_500
    with house.reading() as unit:
        record = decision_of(unit, sale.id)
    assert record is not None
    assert [each["plugin"] for each in record.failed] == ["guest"]


def test_one_that_offends_is_suspended_until_a_person_lifts_it(engine: Engine) -> None:
    asked = []

    def spoils_once(invoice: Any, *arguments: object) -> list[Proposal]:
        asked.append(invoice)
        return spoils_the_invoice(invoice) if len(asked) == 1 else [Proposal("guest", _("Guest"), PercentOff(10))]

    house = a_house(engine, spoils_once)
    till = Till(house)
    till.quote(till.draft(LINE))
    with house.reading() as unit:
        (suspended,) = plugins.suspensions(unit)
    assert suspended == "guest"
    assert off(till.quote(till.draft(LINE))) == [0]
    house.loyalty = Loyalty(engine, a_house_of_another_process(spoils_once), house.clock)
    assert off(till.quote(till.draft(LINE))) == [0]
    assert len(asked) == 1
    with house.work("maria") as unit:
        assert plugins.lift(unit, "guest")
        assert not plugins.lift(unit, "guest")
    assert off(till.quote(till.draft(LINE))) == [1_000]
    actions = [(row["action"], row["actor"]) for row in house.audit() if row["action"].startswith("plugin.")]
    assert actions[-2:] == [("plugin.suspended", "core"), ("plugin.lifted", "maria")]


def a_house_of_another_process(propose: Propose) -> Plugins:
    guest = ModuleType("guest")

    def loyalty_propose_adjustments(invoice: Any, client: Any, ctx: Any) -> Any:
        return propose(invoice, client, ctx)

    vars(guest)["loyalty_propose_adjustments"] = hookimpl(loyalty_propose_adjustments)
    return Plugins.load(extra={"guest": guest})


def test_one_that_is_lifted_elsewhere_is_asked_again_here(engine: Engine) -> None:
    asked = []

    def spoils_once(invoice: Any, *_arguments: object) -> list[Proposal]:
        asked.append(invoice)
        return spoils_the_invoice(invoice) if len(asked) == 1 else [Proposal("guest", _("Guest"), PercentOff(10))]

    house = a_house(engine, spoils_once)
    till = Till(house)
    till.quote(till.draft(LINE))
    here = house.loyalty
    house.loyalty = Loyalty(engine, a_house_of_another_process(spoils_once), house.clock)
    with house.work() as unit:
        plugins.lift(unit, "guest")
    house.loyalty = here
    assert off(till.quote(till.draft(LINE))) == [1_000]


def test_settings_of_a_plugin_hold_from_their_commit_on(engine: Engine) -> None:
    house = a_house(engine, proposes)
    till = Till(house)
    draft = till.draft(LINE)
    ticket = till.ticket(till.quote(draft))
    with house.work() as unit:
        assert plugins.configure(unit, "guest", {"percent": 20})
        assert not plugins.configure(unit, "guest", {"percent": 20})
    assert off(till.quote(draft)) == [2_000]
    assert till.issue(draft, ticket).owed_minor == 9_000, "a quote keeps the settings it was made with"
    for plugin, given, code in (
        ("guest", {"percent": "a lot"}, "not_whole"),
        ("guest", {"colour": 1}, "unknown_field"),
        ("nobody", {}, "unknown_plugin"),
    ):
        with house.work() as unit, pytest.raises(Refused) as refused:
            plugins.configure(unit, plugin, given)
        assert refused.value.codes[0] == code
    assert [row["action"] for row in house.audit("plugin.configured")] == ["plugin.configured"]


def test_a_plugin_that_is_switched_off_keeps_its_settings(engine: Engine) -> None:
    house = a_house(engine, proposes)
    till = Till(house)
    with house.work() as unit:
        plugins.configure(unit, "guest", {"percent": 20})
        plugins.deactivate(unit, "guest")
    assert off(till.quote(till.draft(LINE))) == [0]
    with house.work() as unit:
        plugins.activate(unit, "guest")
    assert off(till.quote(till.draft(LINE))) == [2_000]


def test_a_reading_unit_in_which_a_plugin_offends_writes_the_suspension_and_nothing_else(engine: Engine) -> None:
    house = a_house(engine, spoils_the_invoice)
    till = Till(house)
    before = house.rows()
    till.quote(till.draft(LINE))
    after = house.rows()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        tables.PluginState.__tablename__,
        tables.Network.__tablename__,
        tables.PastConfiguration.__tablename__,
        tables.Audit.__tablename__,
        tables.Event.__tablename__,
    }
