"""Plugins' own schemas as people type them; rows that come and go."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from loyalty_core.errors import Refused
from loyalty_discount_rules.schemas import Part
from loyalty_promotions.schemas import PromotionForm
from loyalty_web.actor import Actor
from loyalty_web.forms import plugin_forms, rows, typed
from tests.web.office import Office

TEXTS = {"rules.0.metric": "sold", "rules.0.threshold": "5", "rules.1.metric": "visits", "rules.1.threshold": "7"}


@pytest.mark.parametrize(
    ("text", "minutes"), [("9", 540), ("09:30", 570), ("18.05", 1085), ("24:00", 1440), ("0", 0), (" 7:00 ", 420)]
)
def test_times_of_day_are_read_as_people_write_them(text: str, minutes: int) -> None:
    assert typed.minute_of_day(text) == minutes


@pytest.mark.parametrize("text", ["", "24:01", "9:60", "-1", "noon", "1e1", "٩", "9:5"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        typed.minute_of_day(text)


@pytest.mark.parametrize(("text", "number"), [("12", "12"), ("12,5", "12.5"), ("1 000.25", "1000.25")])
def test_exact_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert typed.exact(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "1.2.3", "-5", "NaN", "1e9", "x"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        typed.exact(text)


def test_a_row_is_added_at_the_end_taken_away_and_put_back_in_its_place() -> None:
    added = rows.press(TEXTS, "add:rules")
    assert added is not None
    assert rows.rows_of(added, "rules")[2] == {"fresh": "on"}
    gone = rows.press(TEXTS, "del:rules:0")
    assert gone is not None
    assert rows.rows_of(gone, "rules") == [{"metric": "visits", "threshold": "7"}]
    assert rows.rows_of(gone, "rules-gone") == [{"metric": "sold", "threshold": "5", "at": "0"}]
    back = rows.press(gone, "undo:rules:0")
    assert back == TEXTS


@pytest.mark.parametrize("button", ["", "save", "add", "add:", "burn:rules:0"])
def test_what_is_no_row_button_is_told_apart(button: str) -> None:
    assert rows.press(TEXTS, button) is None


@pytest.mark.parametrize("button", ["del:rules:9", "del:rules:x", "undo:rules:0", "del:rules:-1", "del:other:0"])
def test_a_button_of_a_row_that_is_not_there_changes_nothing(button: str) -> None:
    assert rows.press(TEXTS, button) == TEXTS


def test_there_is_an_end_to_the_rows() -> None:
    many = {f"rules.{number}.threshold": "1" for number in range(rows.MOST + 50)}
    assert len(rows.rows_of(many, "rules")) == rows.MOST
    assert rows.rows_of(rows.press(many, "add:rules") or {}, "rules")[-1] == {"threshold": "1"}


def test_rows_in_which_nothing_was_typed_are_left_out_and_the_rest_close_up() -> None:
    texts = {**TEXTS, "rules.0.threshold": " ", "inactive_days": "60"}
    found = rows.without_empty(texts, "rules", ["threshold"])
    assert found == {"rules.0.metric": "visits", "rules.0.threshold": "7", "inactive_days": "60"}


@pytest.fixture
def asked(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A request of somebody who reads English."""
    actor = Actor("tests", "Tests", office.network_id)
    monkeypatch.setattr(office.app.extensions["loyalty"], "identify", lambda: actor)
    with office.app.test_request_context():
        yield


@pytest.mark.usefixtures("asked")
def test_a_plugins_form_comes_back_as_it_was_shown() -> None:
    stored = {
        "name": {"en": "Spring", "uk": "Весна", "ru": ""},
        "percent_bp": 750,
        "starts_on": "2026-03-01",
        "weekdays": [0, 6],
        "items": ["cut", "wash"],
        "from_minute": 600,
        "exclusive": True,
        "state": "active",
    }
    shown = plugin_forms.showing(PromotionForm, "promotions", stored)
    assert shown.text("name.uk") == "Весна"
    assert shown.text("percent_bp") == "7.5"
    assert shown.chosen("weekdays") == ["0", "6"]
    again = plugin_forms.sent(PromotionForm, "promotions", shown.texts)
    assert again.problems == []
    kept = plugin_forms.kept(again)
    assert {name: kept[name] for name in stored if name != "name"} == {
        name: value for name, value in stored.items() if name != "name"
    }
    assert kept["name"] == {"en": "Spring", "uk": "Весна"}


@pytest.mark.usefixtures("asked")
def test_the_unit_of_a_field_may_depend_on_its_row() -> None:
    texts = {"rules.0.percent_bp": "5", "rules.1.percent_bp": "3", **TEXTS}
    form = plugin_forms.sent(Part, "discount_rules", texts)
    assert [rule["threshold"] for rule in form.values["rules"]] == [500, 7]
    stored = {"rules": [{"metric": "sold", "threshold": 123_456, "percent_bp": 500}], "inactive_days": None}
    assert plugin_forms.showing(Part, "discount_rules", stored).text("rules.0.threshold") == "1,234.56"
