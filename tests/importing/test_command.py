"""`loyalty import` as people use it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from click.testing import CliRunner

from loyalty_core.errors import LoyaltyError, Problem
from loyalty_core.facts.money import Currency
from loyalty_core.messages import gettext
from loyalty_core.ports import FixedClock
from loyalty_core.services.anchors import found_network
from loyalty_web.erp.cli import cli
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.importing.commands import import_command
from loyalty_web.erp.importing.report import harmless, write_report

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What the command adds does not depend on the database."""

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
GOOD = "external_id,name\n7,Ann\n1001,Олена Ковальчук\n1002,Somebody new\n"
BAD = "external_id,name,birthday\n=7,Ann,2026-02-30\n8,,1990-01-01\n"


@pytest.fixture
def run(shop):
    """Run the command on a file with this content."""

    def invoke(kind: str, content: str | bytes, *options: str, language: str = "en"):
        path = shop.folder / "given.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        deployment = Deployment({"LOYALTY_LOCALE": language}, FixedClock(NOW))
        deployment.engine = shop.engine
        return CliRunner().invoke(import_command, [kind, str(path), *options], obj=deployment)

    return invoke


def test_a_good_file_is_imported_and_counted(run, shop):
    done = run("clients", GOOD)
    assert done.exit_code == 0
    assert done.stdout == "clients: 1 new, 1 changed, 1 unchanged.\n"
    assert len(shop.rows("erp_person")) == 3


def test_progress_goes_to_standard_error(run):
    assert "clients" in run("clients", GOOD).stderr


def test_a_dry_run_says_so_and_writes_nothing(run, shop):
    before = shop.everything()
    done = run("clients", GOOD, "--dry-run")
    assert done.exit_code == 0
    assert done.stdout.endswith("This was a dry run: nothing was written.\n")
    assert shop.everything() == before


def test_bad_rows_are_printed_with_their_places_and_the_command_fails(run, shop):
    before = shop.everything()
    done = run("clients", BAD)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "line 2, column “birthday”: “2026-02-30”: there is no such date.",
        "line 3, column “name”: Give a value: this may not be empty.",
        "2 bad rows: nothing was written.",
    ]
    assert shop.everything() == before


def test_a_report_has_every_bad_row_and_the_screen_the_first(run, shop):
    report = shop.folder / "bad.csv"
    lines = "".join(f"{number},\n" for number in range(30))
    done = run("clients", "external_id,name\n" + lines, "--report", str(report))
    assert done.exit_code == 1
    assert done.stdout.count("column “name”") == 20
    assert str(report) in done.stdout
    rows = list(csv.DictReader(StringIO(report.read_text("utf-8-sig"))))
    assert len(rows) == 30
    assert rows[0] == {
        "line": "2",
        "column": "name",
        "code": "required",
        "reason": "Give a value: this may not be empty.",
    }


def test_a_report_of_a_good_file_is_empty(run, shop):
    report = shop.folder / "bad.csv"
    assert run("clients", GOOD, "--report", str(report)).exit_code == 0
    assert report.read_text("utf-8-sig") == "line,column,code,reason\n"


def test_a_report_that_cannot_be_written_stops_the_import_before_it_begins(run, shop):
    before = shop.everything()
    assert run("clients", GOOD, "--report", str(shop.folder / "nowhere" / "bad.csv")).exit_code == 2
    assert shop.everything() == before


def test_no_cell_of_a_report_is_a_formula(tmp_path, engine):
    path = tmp_path / "bad.csv"
    write_report(path, [Problem("unknown_column", gettext("@sum"), (1, "=1+1"))], str)
    assert path.read_text("utf-8-sig").splitlines()[1] == "1,'=1+1,unknown_column,'@sum"
    for text in ("=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"):
        assert harmless(text) == f"'{text}"
    for text in ("", "a=1", "1", "'=1", " x"):
        assert harmless(text) == text


def test_a_windows_file_of_another_system_is_imported_by_a_mapping(run, shop):
    mapping = shop.folder / "mapping.toml"
    mapping.write_text(
        'delimiter = ";"\nmoment = "%d.%m.%Y %H:%M"\nignore = ["Майстер"]\n'
        '[columns]\nexternal_id = "Запис"\nclient = "Клієнт"\nstatus = "Стан"\nstarts_at = "Початок"\n'
        '[constants]\nbranch = "podil"\n[values.status]\n"Прийшов" = "arrived"\n',
        "utf-8",
    )
    text = "Запис;Клієнт;Початок;Стан;Майстер\r\n501;1001;05.03.2026 10:00;Прийшов;Ірина\r\n"
    options = ("--mapping", str(mapping), "--encoding", "windows-1251")
    assert run("visits", text.encode("cp1251"), *options).stdout == "visits: 1 new, 0 changed, 0 unchanged.\n"
    bad = run("visits", text.replace("05.03", "31.02").encode("cp1251"), *options)
    assert bad.stdout.startswith("line 2, column “Початок”: “31.02.2026 10:00”: there is no such date.\n")
    wrong = run("visits", text.encode("cp1251"), "--mapping", str(mapping))
    assert wrong.stdout.startswith("line 1: This is not utf-8 text: name the file's encoding.\n")
    assert wrong.exit_code == 1


def test_a_mapping_with_a_slip_is_pointed_at(run, shop):
    mapping = shop.folder / "mapping.toml"
    mapping.write_text("[colums]\nx = 'y'\n", "utf-8")
    done = run("clients", GOOD, "--mapping", str(mapping))
    assert done.exit_code == 1
    assert f"{mapping}: colums: This is not one of: columns, " in done.stderr


def test_an_unknown_encoding_is_refused(run):
    for name in ("klingon", "base64", "zlib", "hex"):
        done = run("clients", GOOD, "--encoding", name)
        assert done.exit_code == 2
        assert "not a text encoding" in done.stderr


def test_limits_can_be_set(run):
    assert "more than 2 rows" in run("clients", GOOD, "--max-rows", "2").stdout
    assert "larger than 10 bytes" in run("clients", GOOD, "--max-bytes", "10").stdout


def test_where_there_are_several_networks_one_must_be_named(run, shop):
    found_network(shop.loyalty, "Another", Currency("UAH"), "Europe/Kyiv", "test")
    assert isinstance(run("clients", GOOD).exception, LoyaltyError)
    assert run("clients", GOOD, "--network", str(shop.network_id)).exit_code == 0


def test_reasons_come_in_the_readers_language_and_else_in_english(run):
    assert run("clients", BAD, language="xx").stdout.endswith("2 bad rows: nothing was written.\n")


def test_import_is_a_command_of_loyalty(engine):
    assert cli.commands["import"] is import_command
