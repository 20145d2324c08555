"""Mapping files: what they may say, and that a slip in one is pointed at."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from loyalty_core.errors import Refused
from loyalty_core.facts import parsing
from loyalty_web.erp.importing.mapping import FileMapping, read_mapping


@pytest.fixture
def mapping(tmp_path):
    """Write a mapping file and read it."""

    def read(text: str | bytes) -> FileMapping:
        path = tmp_path / "mapping.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_mapping(path)

    return read


def refusals(mapping, text):
    with pytest.raises(Refused) as caught:
        mapping(text)
    return [(problem.code, problem.path) for problem in caught.value.problems]


def test_a_mapping_file_says_how_another_systems_file_is_read(mapping):
    found = mapping("""
        delimiter = ";"
        decimal = ","
        date = "%d.%m.%Y"
        moment = "%d.%m.%Y %H:%M"
        ignore = ["Коментар"]
        [columns]
        external_id = "Номер"
        [constants]
        branch = "kyiv-1"
        [values.status]
        "прийшов" = "arrived"
    """)
    assert found.columns == {"external_id": "Номер"}
    assert found.constants == {"branch": "kyiv-1"}
    assert found.words == {"status": {"прийшов": "arrived"}}
    assert found.ignored == {"Коментар"}
    assert (found.delimiter, found.point) == (";", ",")
    assert parsing.day("1.02.2026", found.date) == date(2026, 2, 1)
    assert parsing.moment("01.02.2026 9:30", found.moment) == datetime(2026, 2, 1, 9, 30)  # noqa: DTZ001


def test_an_empty_mapping_is_the_standard_form(mapping):
    assert mapping("") == FileMapping()


@pytest.mark.parametrize("text", ["delimiter = ", "[columns", b"\xff", "a = 1\na = 2"])
def test_what_is_not_toml_is_refused(mapping, text):
    assert refusals(mapping, text) == [("broken_toml", ())]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colums = {}", ("unknown_key", ("colums",))),
        ("columns = 1", ("wrong_type", ("columns",))),
        ("columns = {branch = 1}", ("wrong_type", ("columns", "branch"))),
        ("constants = {branch = true}", ("wrong_type", ("constants", "branch"))),
        ("values = 1", ("wrong_type", ("values",))),
        ("values = {status = 'x'}", ("wrong_type", ("values", "status"))),
        ("values = {status = {x = 1}}", ("wrong_type", ("values", "status", "x"))),
        ("ignore = 'x'", ("wrong_type", ("ignore",))),
        ("ignore = [1]", ("wrong_type", ("ignore",))),
        ("delimiter = 'x'", ("unknown_separator", ("delimiter",))),
        ("delimiter = 1", ("unknown_separator", ("delimiter",))),
        ("decimal = ';'", ("unknown_separator", ("decimal",))),
        ("date = 1", ("wrong_type", ("date",))),
        ("date = '%d.%m'", ("bad_form", ("date",))),
        ("date = '%d.%m.%y'", ("bad_form", ("date",))),
        ("date = '%d.%m.%Y %'", ("bad_form", ("date",))),
        ("date = '%d.%m.%Y %d'", ("bad_form", ("date",))),
        ("date = '%d.%m.%Y %H'", ("bad_form", ("date",))),
        ("moment = '%d.%m.%Y'", ("bad_form", ("moment",))),
        (
            "[columns]\nbranch = 'a'\n[constants]\nbranch = 'b'",
            ("mapped_twice", ("constants", "branch")),
        ),
    ],
)
def test_a_slip_in_a_mapping_is_pointed_at(mapping, text, problem):
    assert refusals(mapping, text) == [problem]


def test_all_slips_are_reported_together(mapping):
    assert refusals(mapping, "colums = 1\nignore = 2\ndate = 3") == [
        ("unknown_key", ("colums",)),
        ("wrong_type", ("ignore",)),
        ("wrong_type", ("date",)),
    ]


def test_signs_in_a_form_stand_for_themselves(mapping):
    found = mapping("date = '%Y.%m.%d%%'")
    assert parsing.day("2026.02.01%", found.date) == date(2026, 2, 1)
    with pytest.raises(Refused):
        parsing.day("2026x02x01%", found.date)
