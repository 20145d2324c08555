"""CSV files as they really come: marks, encodings, broken quotes, NULs, no end."""

from __future__ import annotations

import pytest

from loyalty_core.errors import Refused
from loyalty_web.erp.importing.reading import CsvFile, Limits


@pytest.fixture
def file(tmp_path):
    """Write bytes and return them as a CSV file."""

    def write(content: bytes, **options) -> CsvFile:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        return CsvFile(path, **options)

    return write


def refusal(file: CsvFile):
    with pytest.raises(Refused) as caught:
        list(file.rows())
    (problem,) = caught.value.problems
    return problem.code, problem.path


def test_rows_come_with_the_line_they_begin_on(file):
    rows = list(file(b'a,b\r\n1,"two\r\nlines"\r\n\r\n3,4\r\n').rows())
    assert [(row.line, row.cells) for row in rows] == [(1, ["a", "b"]), (2, ["1", "two\r\nlines"]), (5, ["3", "4"])]


def test_a_byte_order_mark_is_not_part_of_the_header(file):
    for encoding in ("utf-8", "utf8", "UTF-8", "utf-8-sig"):
        assert next(file(b"\xef\xbb\xbfname\n", encoding=encoding).rows()).cells == ["name"]
    assert next(file("name\n".encode("utf-16"), encoding="utf-16").rows()).cells == ["name"]


def test_windows_files_are_read_when_their_encoding_is_named(file):
    rows = list(file("ім'я;місто\r\nОлена;Київ\r\n".encode("cp1251"), encoding="cp1251", delimiter=";").rows())
    assert rows[1].cells == ["Олена", "Київ"]


def test_a_wrong_encoding_is_one_problem_with_its_line(file):
    content = "name\nplain\nОлена\n".encode("cp1251")
    assert refusal(file(content)) == ("wrong_encoding", (3,))


def test_a_wrong_encoding_far_inside_a_file_is_found_on_its_line(file):
    content = b"name\n" + b"x" * 50 + b"\n" * 9_000 + "я\n".encode("cp1251")
    assert refusal(file(content)) == ("wrong_encoding", (9_002,))


def test_an_encoding_that_cannot_say_the_line_is_a_problem_all_the_same(file):
    assert refusal(file(b"no mark at all", encoding="utf-16"))[0] == "wrong_encoding"
    assert refusal(file("Ї\n".encode("utf-16")))[0] == "wrong_encoding"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'a,b\n1,"2\n3,4\n', ("broken_csv", (2,))),
        (b'a,b\n1,2\n"3" x,4\n', ("broken_csv", (3,))),
        (b'a,b\n1,"' + b"x" * 200_000, ("cell_too_long", (2,))),
        (b"a,b\n1,2\n1,\x00\n", ("nul_character", (3,))),
        ("a,b\n".encode("utf-16-le"), ("nul_character", (1,))),
    ],
)
def test_a_broken_file_says_on_which_line(file, content, problem):
    assert refusal(file(content)) == problem


def test_a_file_may_have_so_many_rows_and_bytes_and_no_more(file):
    content = b"a\n1\n2\n3\n"
    assert len(list(file(content, limits=Limits(rows=3, bytes=8)).rows())) == 4
    assert refusal(file(content, limits=Limits(rows=2))) == ("too_many_rows", (4,))
    assert refusal(file(content, limits=Limits(bytes=7))) == ("file_too_large", ())
