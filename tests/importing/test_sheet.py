"""A file seen as the columns of a kind: headers that fit or do not, cells with their problems."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.errors import Refused
from loyalty_core.facts.money import Currency
from loyalty_web.erp.importing import clients, columns, items, visits
from loyalty_web.erp.importing.columns import Column, Forms
from loyalty_web.erp.importing.mapping import FileMapping
from loyalty_web.erp.importing.reading import CsvFile
from loyalty_web.erp.importing.sheet import Sheet

COLUMNS = (
    Column("id", columns.external_id),
    Column("amount", columns.money),
    Column("born", columns.day, required=False),
)


@pytest.fixture
def sheet(tmp_path):
    """Write a file and bind it to three columns."""

    def bind(text: str, mapping: FileMapping | None = None, group: str | None = None) -> Sheet:
        path = tmp_path / "file.csv"
        path.write_text(text, "utf-8")
        return Sheet(CsvFile(path), COLUMNS, mapping or FileMapping(), Forms(Currency("USD")), group)

    return bind


def refusals(sheet, *args):
    with pytest.raises(Refused) as caught:
        sheet(*args)
    return [(problem.code, problem.path) for problem in caught.value.problems]


def test_cells_become_values_wherever_their_columns_stand(sheet):
    problems = []
    readings = list(sheet("born,amount,id\n1990-02-28,1.50,a\n,2,b\n").read(problems))
    assert problems == []
    assert [reading.record.line for reading in readings] == [2, 3]
    assert readings[0].record.values["amount"] == 150
    assert readings[1].record.values == {"id": "b", "amount": 200, "born": None}


def test_an_optional_column_that_is_absent_gives_no_value_at_all(sheet):
    (reading,) = sheet("id,amount\na,1\n").read([])
    assert reading.record.values == {"id": "a", "amount": 100}


def test_every_bad_cell_is_reported_with_its_line_and_column(sheet):
    problems = []
    readings = list(sheet("id,amount,born\n,-1,1990-02-30\nb,2,\nc\n").read(problems))
    assert [reading.record is None for reading in readings] == [True, False, True]
    assert [(problem.code, problem.path) for problem in problems] == [
        ("required", (2, "id")),
        ("negative", (2, "amount")),
        ("no_such_date", (2, "born")),
        ("wrong_number_of_cells", (4,)),
    ]


def test_a_header_that_does_not_fit_is_reported_whole(sheet):
    assert refusals(sheet, "") == [("empty_file", ())]
    assert refusals(sheet, "\n\n") == [("empty_file", ())]
    assert refusals(sheet, "id,id,amont\n") == [
        ("column_twice", (1, "id")),
        ("column_missing", (1, "amount")),
        ("unknown_column", (1, "amont")),
    ]


def test_a_mapping_renames_ignores_translates_and_fills_in(sheet):
    mapping = FileMapping(
        columns={"id": "No"}, constants={"amount": "5"}, words={"born": {"?": ""}}, ignored=frozenset({"x"})
    )
    bound = sheet("No,x,born\na,1,?\n", mapping)
    (reading,) = bound.read([])
    assert reading.record.values == {"id": "a", "amount": 500, "born": None}
    assert bound.titles == {"id": "No", "amount": "amount", "born": "born"}


def test_problems_name_the_column_as_the_file_does(sheet):
    problems = []
    list(sheet("Kwota,id\nx,a\n", FileMapping(columns={"amount": "Kwota"})).read(problems))
    assert [(problem.code, problem.path) for problem in problems] == [("not_a_number", (2, "Kwota"))]


def test_all_other_columns_can_be_ignored_at_once(sheet):
    (reading,) = sheet("x,id,y,amount\n1,a,2,3\n", FileMapping(ignored=frozenset({"*"}))).read([])
    assert reading.record.values == {"id": "a", "amount": 300}


def test_a_mapping_that_does_not_fit_the_kind_or_the_file_is_refused(sheet):
    wrong = FileMapping(columns={"ident": "x", "born": "gone"}, constants={"amount": "1,5"}, words={"nothing": {}})
    assert sorted(refusals(sheet, "id\na\n", wrong)) == [
        ("column_missing", (1, "gone")),
        ("not_a_number", (1, "amount")),
        ("unknown_column", (1, "ident")),
        ("unknown_column", (1, "nothing")),
    ]


def test_a_column_that_is_a_constant_may_not_be_in_the_file_as_well(sheet):
    assert refusals(sheet, "id,amount\na,1\n", FileMapping(constants={"amount": "1"})) == [
        ("unknown_column", (1, "amount"))
    ]


def test_a_survey_counts_rows_and_finds_where_each_group_ends(sheet):
    survey = sheet("id,amount\na,1\nb,1\n\na,2\nbroken\n", group="id").survey()
    assert survey.rows == 4
    assert survey.last_lines == {"a": 5, "b": 3}
    assert sheet("id,amount\n").survey().rows == 0


@given(st.binary(max_size=200) | st.text('id,amounborn"\r\n\x000123.-=;\ufeff\u0661', max_size=200).map(str.encode))
def test_no_file_raises_anything_but_a_refusal(tmp_path, content):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(b"id,amount,born\n" * content.startswith(b"i") + content)
    problems = []
    with suppress(Refused):
        bound = Sheet(CsvFile(path), COLUMNS, FileMapping(), Forms(Currency("USD")))
        good = [reading.record for reading in bound.read(problems) if reading.record is not None]
        assert bound.survey().rows == len(good) + len({problem.path[0] for problem in problems})


READERS = (
    columns.shares,
    clients.phones,
    clients.emails,
    clients.locale,
    items.category_path,
    items.item_kind,
    visits.status,
)


@given(st.text() | st.text("+-0123456789 ();=.@/_auk", max_size=30))
def test_no_cell_raises_anything_but_a_refusal(cell):
    for read in READERS:
        with suppress(Refused):
            read(cell, Forms(Currency("USD")))
