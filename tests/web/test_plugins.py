"""The pages of plugins: what each adds, how it does, its switch, its settings, its suspension."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from marshmallow import Schema, fields

from loyalty_core.api import hookimpl
from loyalty_core.hookspecs import HOOKS
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import plugins
from loyalty_web.plugin_pages import HOOK_WORDS
from tests.web.office import Office, words

URL = "/admin/plugins"


class Settings(Schema):
    """Settings of every kind that a plugin may have."""

    percent = fields.Decimal(load_default=Decimal("5.5"))
    days = fields.Integer(load_default=7)
    loud = fields.Boolean(load_default=False)
    word = fields.String(load_default="hello")
    rate_bp = fields.Integer(load_default=250, metadata={"unit": "bp"})


class Bell:
    """A plugin with settings, that fails whenever it is asked about an invoice."""

    @staticmethod
    @hookimpl
    def loyalty_register_settings() -> type[Settings]:
        return Settings

    @staticmethod
    @hookimpl
    def loyalty_propose_adjustments() -> Any:
        raise RuntimeError("the bell is broken")


@pytest.fixture
def office_with_bell(office_template, tmp_path, monkeypatch):
    """An office whose installation has the plugin `bell`, switched on."""
    import shutil

    from loyalty_web.erp.deployment import Deployment

    monkeypatch.setattr(Deployment, "plugins", property(lambda self: BELL))
    made = Office(shutil.copytree(office_template, tmp_path / "office"))
    with made.work() as unit:
        plugins.activate(unit, "bell")
    yield made
    made.close()


BELL = Plugins.load(extra={"bell": Bell})


def test_the_list_says_of_each_plugin_what_it_adds_and_how_it_does(office: Office) -> None:
    shown = office.as_("administrator").shown(URL)
    assert "3 installed · 3 on · 0 in trouble" in shown
    assert "Discount rules" in shown
    assert "a part of programmes · rules for what clients have" in shown
    assert "not called yet" in shown


def test_every_hook_has_words() -> None:
    assert list(HOOK_WORDS) == list(HOOKS)


def test_calls_are_counted_and_timed(office: Office) -> None:
    client = office.as_("administrator")
    client.get("/branches/podil/programme/discount_rules")
    shown = client.shown(f"{URL}/discount_rules")
    assert "no failures · mostly" in shown
    assert "tab of the programme editor: Discount rules" in shown
    assert "discount_rules_visit_discount" in shown


def test_switching_off_is_asked_with_facts_and_keeps_the_data(office: Office) -> None:
    client = office.as_("administrator")
    shown = client.shown(f"{URL}/discount_rules")
    assert "1 client has something by its rules" in shown
    assert "1 programme needs it" in shown
    answer = client.send(f"{URL}/discount_rules", do="off")
    assert answer.status_code == 303
    shown = client.shown(answer.location)
    assert "“discount_rules” is off. Its data is kept." in shown
    assert "Switch on Discount rules" in shown
    with office.reading() as unit:
        assert "discount_rules" not in unit.configuration.active
    client.send(f"{URL}/discount_rules", do="on")
    assert "1 client has something by its rules" in client.shown(f"{URL}/discount_rules")


@pytest.mark.parametrize("do", ["", "lift", "explode"])
def test_other_buttons_change_nothing(office: Office, do: str) -> None:
    client = office.as_("administrator")
    assert "Nothing was changed." in client.shown(client.send(f"{URL}/branch", do=do).location)


def test_settings_are_shown_and_set_by_the_plugins_own_schema(office_with_bell: Office) -> None:
    client = office_with_bell.as_("administrator")
    html = client.get(f"{URL}/bell").text
    assert "as the plugin has them by default" in html
    assert 'name="percent" type="text" value="5.5"' in html
    assert 'name="rate_bp" type="text" value="2.5"' in html
    sent = {"percent": "7,25", "days": "3", "loud": "on", "word": "<b>ding</b>", "rate_bp": "10 %"}
    assert client.send(f"{URL}/bell", **sent, do="settings").status_code == 303
    with office_with_bell.reading() as unit:
        kept = unit.configuration.plugin_settings["bell"]
    assert kept == {"percent": "7.25", "days": 3, "loud": True, "word": "<b>ding</b>", "rate_bp": 1000}
    assert "set in this network" in client.shown(f"{URL}/bell")


def test_settings_that_do_not_hold_are_told_at_their_fields(office_with_bell: Office) -> None:
    client = office_with_bell.as_("administrator")
    answer = client.send(f"{URL}/bell", percent="much", days="1.5", rate_bp="101", do="settings")
    assert answer.status_code == 422
    shown = words(answer.text)
    for says in ("Write a number such as 12.5.", "Enter a whole number", "Enter a percent from 0 to 100."):
        assert shown.count(says) == 2
    assert 'value="much"' in answer.text


def test_a_plugin_that_offended_is_shown_first_and_lifted_by_a_person(office: Office) -> None:
    client = office.as_("administrator")
    with office.work() as unit:
        plugins.suspend(unit, "promotions", "It changed what it was given.")
    listed = client.shown(URL)
    assert "1 in trouble" in listed
    assert listed.index("It changed what it was given.") < listed.index("Branch programme")
    shown = client.shown(f"{URL}/promotions")
    assert "It did what no plugin may" in shown
    assert "Lift the suspension" in shown
    assert "is asked again" in client.shown(client.send(f"{URL}/promotions", do="lift").location)
    assert "0 in trouble" in client.shown(URL)


def test_a_plugin_that_fails_again_and_again_rests_and_says_so(office_with_bell: Office) -> None:
    from loyalty_core.facts.draft import Draft, DraftLine
    from loyalty_core.facts.staff import ANYBODY
    from loyalty_core.services.invoices.quoting import quote

    draft = Draft("tests", "1", office_with_bell.branch("podil"), (DraftLine("1", "cut", "Cut", "service", 1000, 100),))
    for _call in range(6):
        with office_with_bell.reading() as unit:
            quote(unit, draft, ANYBODY)
    shown = office_with_bell.as_("administrator").shown(f"{URL}/bell")
    assert "It failed again and again" in shown
    assert "6 calls · 6 failures" in shown


def test_plugins_are_for_those_who_manage_them_and_unknown_ones_are_not_there(office: Office) -> None:
    for login in ("cashier", "manager", "marketer"):
        assert office.as_(login).get(URL).status_code == 403
        assert office.as_(login).send(f"{URL}/branch", do="off").status_code == 403
        assert "/admin/plugins" not in office.as_(login).get("/").text
    client = office.as_("integrator")
    assert client.get(URL).status_code == 200
    assert client.get(f"{URL}/nobody").status_code == 404
    assert client.send(f"{URL}/nobody", do="on").status_code == 404
    assert client.send(f"{URL}/branch", do="settings").status_code == 404


def test_a_plugin_that_is_gone_can_be_switched_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from loyalty_core.storage.tables import PluginState

    with office.work() as unit:
        row = {"plugin": "departed", "active": True, "changed_at": unit.now, "actor": "tests"}
        unit.insert(PluginState, [row])
        unit.configuration_changed()
    client = office.as_("administrator")
    assert "not installed any more" in client.shown(f"{URL}/departed")
    assert client.send(f"{URL}/departed", do="off").status_code == 303
    assert client.get(f"{URL}/departed").status_code == 404
