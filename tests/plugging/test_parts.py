"""A plugin's part of a programme: whatever its schema does, the caller gets plain JSON or a reason."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validates_schema

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import CORE_DOMAIN, gettext
from loyalty_core.plugging.fields import Whole, invalid
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import a_plugin


class Form(Schema):
    """A part with all that may go wrong."""

    days = Whole(1, 31, load_default=7)
    name = fields.String(load_default="")
    on = fields.Boolean(load_default=False)
    steps = fields.List(Whole(1, 9), load_default=list)

    @pre_load
    def fill(self, given: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        """Change what was sent, as schemas may."""
        given.setdefault("name", "filled")
        return given

    @validates_schema
    def check(self, part: dict[str, Any], **_rest: Any) -> None:
        """Fail in every way a schema can."""
        FAULTS.get(part["name"], lambda: None)()


def _raise(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


FAULTS: dict[str, Callable[[], None]] = {
    "own": _raise(invalid(Problem("odd", gettext("%(what)s is odd.", what="It"), ("days",)))),
    "message": _raise(ValidationError([gettext("A message")])),
    "text": _raise(ValidationError("100 % wrong")),
    "tree": _raise(ValidationError({"steps": {2: ["wrong"]}})),
    "crash": _raise(RuntimeError("crash")),
    "exit": _raise(SystemExit(1)),
    "object": _raise(ValidationError([object()])),
}

PLUGINS = Plugins.load([], {"salon": a_plugin("salon", loyalty_register_programme_part=lambda: Form)})


def refused(given: object, plugin: str = "salon") -> list[Problem]:
    with pytest.raises(Refused) as found:
        PLUGINS.check_parts({plugin: given})
    return list(found.value.problems)


def test_a_part_is_stored_with_its_defaults_as_plain_json() -> None:
    stored = PLUGINS.check_parts({"salon": {"days": 3}})
    assert stored == {"salon": {"days": 3, "name": "filled", "on": False, "steps": []}}
    assert json.loads(json.dumps(stored)) == stored


def test_what_was_sent_is_not_changed() -> None:
    given: dict[str, object] = {"days": 3}
    PLUGINS.check_parts({"salon": given})
    assert given == {"days": 3}


def test_a_part_of_a_plugin_that_is_not_there_is_refused() -> None:
    (problem,) = refused({}, "barber")
    assert (problem.code, problem.path) == ("unknown_part", ("barber",))


def test_a_refusal_in_the_plugins_words_is_of_the_plugins_catalogue() -> None:
    (problem,) = refused({"name": "own"})
    assert (problem.code, str(problem.message), problem.path) == ("odd", "It is odd.", ("salon", "days"))
    assert problem.message.domain == "salon"
    (problem,) = refused({"name": "message"})
    assert (problem.code, str(problem.message), problem.message.domain) == ("invalid", "A message", "salon")


def test_a_refusal_in_the_cores_words_is_of_the_cores_catalogue() -> None:
    for given in ({"days": 0}, {"nights": 1}, {"on": "perhaps"}, 5):
        (problem,) = refused(given)
        assert problem.message.domain == CORE_DOMAIN


def test_a_bare_text_is_shown_as_it_is() -> None:
    (problem,) = refused({"name": "text"})
    assert (problem.code, str(problem.message), problem.path) == ("invalid", "100 % wrong", ("salon",))


def test_a_tree_of_texts_is_told_with_its_places() -> None:
    (problem,) = refused({"name": "tree"})
    assert problem.path == ("salon", "steps", 2)
    assert [problem.path for problem in refused({"steps": [1, 0, 99]})] == [
        ("salon", "steps", 1),
        ("salon", "steps", 2),
    ]


@pytest.mark.parametrize("fault", ["crash", "exit", "object"])
def test_a_schema_that_fails_is_contained_and_reported(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        (problem,) = refused({"name": fault})
    assert (problem.code, problem.path) == ("plugin_failed", ("salon",))
    assert any("salon" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "given",
    [
        {"name": "\ud800"},
        {"name": "a\0b"},
        {"name": object()},
        {"days": {1, 2}},
        {None: 1},
        {"steps": [[[[[[[[[[]]]]]]]]]]},
    ],
)
def test_what_is_no_plain_value_is_refused(given: object) -> None:
    assert [problem.code for problem in refused(given)] == ["wrong_type"]


def test_a_part_without_end_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert [problem.code for problem in refused({"steps": endless})] == ["wrong_type"]
    assert [problem.code for problem in refused({"steps": [1] * 30_000})] == ["wrong_type"]


def test_the_problems_of_all_parts_are_told_at_once() -> None:
    with pytest.raises(Refused) as found:
        PLUGINS.check_parts({"salon": {"days": 0, "steps": [0]}, "barber": {}})
    assert [problem.path for problem in found.value.problems] == [
        ("barber",),
        ("salon", "days"),
        ("salon", "steps", 0),
    ]


def test_a_schema_whose_part_does_not_come_back_is_not_loaded() -> None:
    class Forgetful(Schema):
        days = fields.Integer(load_default=3, load_only=True)
        nights = fields.Integer(load_default=4)

        @post_load
        def count(self, part: dict[str, Any], **_rest: Any) -> dict[str, Any]:
            return {**part, "nights": part["nights"] + 1}

    plugins = Plugins.load([], {"salon": a_plugin("salon", loyalty_register_programme_part=lambda: Forgetful)})
    assert "come back" in str(plugins.broken["salon"])


@pytest.mark.parametrize("value", [1.0, 1.5, True, "1", "1_0", "٣", b"1", [1], {}, Decimal(1)])
def test_a_whole_number_is_a_number_that_is_whole(value: object) -> None:
    with pytest.raises(ValidationError):
        Whole(0, 100).deserialize(value)


@pytest.mark.parametrize(
    ("value", "holds"), [(0, False), (1, True), (31, True), (32, False), (-1, False), (10**400, False)]
)
def test_a_whole_number_lies_between_its_bounds(value: int, holds: bool) -> None:
    field = Whole(1, 31)
    if holds:
        assert field.deserialize(value) == value
    else:
        with pytest.raises(ValidationError):
            field.deserialize(value)
