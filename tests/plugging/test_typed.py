"""Settings and offers that people type: read by the plugin's schema, kept as plain JSON, the same when read again."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import CORE_DOMAIN
from loyalty_core.plugging.loading import Plugins
from loyalty_core.plugging.schema_words import told
from loyalty_core.testing import a_plugin


class Form(Schema):
    """All that a form may be made of."""

    percent = fields.Decimal(load_default=Decimal(10), validate=validate.Range(0, 100))
    days = fields.Integer(load_default=3, validate=validate.Range(0, 31))
    on = fields.Date(load_default=None, allow_none=True)
    at = fields.Time(load_default=None, allow_none=True)
    names = fields.List(fields.String(validate=validate.Length(1, 5)), load_default=list)


class Crashing(Schema):
    """A schema that fails when it is used."""

    days = fields.Integer(load_default=3, validate=lambda days: 1 // (days - 13))


def plugins(form: type[Schema] = Form) -> Plugins:
    hooks: Any = {"loyalty_register_settings": lambda: form, "loyalty_register_offer_form": lambda: form}
    bare = a_plugin("bare", loyalty_compile_offers=lambda: ())
    return Plugins.load([], {"salon": a_plugin("salon", **hooks), "bare": bare})


GIVEN = {"percent": "12.50", "days": 7, "on": "2026-03-14", "at": "09:30:00", "names": ["a", "b"]}


def test_decimals_dates_and_times_are_kept_as_json_and_come_back() -> None:
    found = plugins()
    for check, read in ((found.check_settings, found.read_settings), (found.check_offer, found.read_offer)):
        stored = check("salon", GIVEN)
        assert stored == GIVEN
        assert json.loads(json.dumps(stored)) == stored
        values = read("salon", stored)
        assert values == {
            **GIVEN,
            "percent": Decimal("12.5"),
            "on": date(2026, 3, 14),
            "at": time(9, 30),
            "names": ("a", "b"),
        }
        with pytest.raises(TypeError):
            values["days"] = 1  # type: ignore[index]


def test_a_number_that_a_browser_sends_is_a_decimal_too() -> None:
    assert plugins().read_settings("salon", {"percent": 7.25})["percent"] == Decimal("7.25")


@pytest.mark.parametrize("percent", ["1E-20", "NaN", "Infinity", "1_0.5e", [1], "0." + "1" * 40])
def test_a_decimal_that_is_no_plain_one_is_refused(percent: object) -> None:
    with pytest.raises(Refused):
        plugins().check_settings("salon", {"percent": percent})


def test_every_problem_is_told_with_its_place() -> None:
    with pytest.raises(Refused) as refused:
        plugins().check_offer("salon", {"percent": -1, "days": "x", "on": "tomorrow", "names": ["", 5], "more": 1})
    found = [(problem.path, problem.code) for problem in refused.value.problems]
    assert found == [
        (("days",), "not_whole"),
        (("more",), "unknown_field"),
        (("names", 0), "wrong_length"),
        (("names", 1), "wrong_type"),
        (("on",), "not_a_date"),
        (("percent",), "out_of_range"),
    ]
    assert {problem.message.domain for problem in refused.value.problems} == {CORE_DOMAIN}


@pytest.mark.parametrize("name", ["bare", "nobody"])
def test_a_plugin_without_settings_or_offers_refuses_them(name: str) -> None:
    found = plugins()
    for check, code in (
        (found.check_settings, "no_settings"),
        (found.read_settings, "no_settings"),
        (found.check_offer, "no_offer_form"),
        (found.read_offer, "no_offer_form"),
    ):
        with pytest.raises(Refused) as refused:
            check(name, {})
        assert refused.value.codes == (code,)


def test_a_schema_that_crashes_is_contained() -> None:
    found = plugins(Crashing)
    for check in (found.check_settings, found.read_settings, found.check_offer, found.read_offer):
        with pytest.raises(Refused) as refused:
            check("salon", {"days": 13})
        assert refused.value.codes == ("plugin_failed",)


@pytest.mark.parametrize(
    ("validator", "value", "said"),
    [
        (validate.Range(1, 5), 6, "Give a number from 1 to 5."),
        (validate.Range(1), 0, "Give at least 1."),
        (validate.Range(max=5), 6, "Give at most 5."),
        (validate.Length(max=2), "abc", "Shorten this: at most 2 fit in."),
        (validate.Length(2), "a", "Add to this: at least 2 are needed."),
        (validate.Length(2, 3), "a", "Give at least 2 and at most 3."),
        (validate.OneOf(["a", "b"]), "c", "Choose one of: a, b."),
    ],
)
def test_what_marshmallow_says_is_said_in_words_that_can_be_translated(validator: Any, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validator(value)
    problem = told(str(refused.value.messages[0]))
    assert (str(problem.message), problem.code == "invalid") == (said, False)


@pytest.mark.parametrize(
    "field", [fields.Integer, fields.Decimal, fields.Date, fields.Time, fields.Boolean, fields.List]
)
def test_no_field_says_what_cannot_be_translated(field: Any) -> None:
    made = field(fields.String()) if field is fields.List else field()
    for value in (object(), "rubbish", None):
        with pytest.raises(ValidationError) as refused:
            made.deserialize(value)
        problem: Problem = told(str(refused.value.messages[0]))
        assert problem.code != "invalid"
