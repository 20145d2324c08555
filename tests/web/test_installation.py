"""What may go wrong around the program: the folder, the database, the settings. No traceback reaches a person."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from loyalty_core.errors import LoyaltyError
from loyalty_core.services import visits
from loyalty_core.storage.engine import open_engine
from loyalty_web.erp.cli import cli
from loyalty_web.erp.demo.alone import only_one
from loyalty_web.erp.deployment import DATA_DIR, DATABASE_URL, Deployment
from loyalty_web.erp.i18n_commands import i18n
from tests.web.shell import INIT, PROGRAMME, Shell

READS = (("daily",), ("standing", "show", "1001"), ("plugins", "list"), ("recount",), ("db", "status"))


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_where_there_is_no_database_none_is_made_and_the_next_step_is_named(nowhere, words):
    before = sorted(nowhere.folder.iterdir())
    told = nowhere.refused(*words, code=2)
    assert f"there is no database in {nowhere.folder}: make one by `loyalty init`" in told
    assert sorted(nowhere.folder.iterdir()) == before


def test_where_there_is_no_network_the_next_step_is_named(nowhere):
    nowhere.said("db", "upgrade")
    assert "there is no network yet: make one by `loyalty init`" in nowhere.refused("daily", code=2)


def test_a_folder_with_odd_signs_in_its_name_is_taken_as_it_is(tmp_path):
    shell = Shell(tmp_path / "мої дані" / "#1?x=%20")
    shell.said(*INIT)
    assert [each.name for each in shell.folder.iterdir()] == ["loyalty.sqlite"]


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("mine")
    shell = Shell(tmp_path / "file")
    assert "file: File exists" in shell.refused(*INIT, code=2)
    assert "there is no database" in shell.refused("daily", code=2)
    assert "file: File exists" in shell.refused("demo", code=2)


def test_a_folder_that_may_not_be_written_is_told(tmp_path, monkeypatch):
    def forbidden(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", forbidden)  # root, as which tests may run, may write anywhere
    shell = Shell(tmp_path)
    for words in (INIT, ("demo",)):
        told = shell.refused(*words, code=2)
        assert "loyalty.sqlite" in told
        assert "Permission denied" in told
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told_and_stays_as_it_is(nowhere):
    nowhere.file("loyalty.sqlite", b"not a database at all" * 100)
    for words in (*READS, INIT, ("db", "upgrade")):
        told = nowhere.refused(*words, code=2)
        assert "loyalty.sqlite cannot be used: file is not a database" in told
    assert (nowhere.folder / "loyalty.sqlite").read_bytes() == b"not a database at all" * 100


def test_a_database_that_somebody_else_writes_to_is_told_as_busy(salon):
    deployment = Deployment({DATA_DIR: str(salon.folder)})

    @event.listens_for(deployment.engine, "connect")
    def lose_patience(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 0")

    with closing(sqlite3.connect(salon.folder / "loyalty.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = CliRunner().invoke(cli, ["daily"], obj=deployment)
    assert done.exit_code == 2
    assert "loyalty.sqlite is busy" in done.stderr


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("garbage", "this is no address of a database"),
        ("postgresql://me:secret@localhost:port/x", "this is no address of a database"),
        ("mysql://me:secret@localhost/x", "must be SQLite or PostgreSQL, not mysql"),
        ("postgresql://me:secret@127.0.0.1:1/x", "postgresql://me:***@127.0.0.1:1/x cannot be used"),
        ("sqlite:////nowhere/at/all.db", "/nowhere/at/all.db cannot be used: unable to open database file"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(nowhere, address, told):
    shell = Shell(nowhere.folder, LOYALTY_DATABASE_URL=address)
    for words in (("daily",), INIT, ("db", "upgrade")):
        said = shell.refused(*words, code=2)
        assert told in said
        assert "secret" not in said


def test_without_the_driver_of_postgres_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LoyaltyError, match="install the product with the extra postgres"):
        open_engine("postgresql://localhost/x")


def test_a_slip_in_a_setting_is_told_with_the_one_that_was_meant(tmp_path):
    for slip, meant in (("LOYALTY_DATADIR", DATA_DIR), ("LOYALTY_DB_URL", DATABASE_URL)):
        done = CliRunner().invoke(cli, ["daily"], env={slip: str(tmp_path)})
        assert done.exit_code == 2
        assert done.stderr == f"loyalty: there is no setting {slip}: did you mean {meant}?\n"


def test_a_slip_in_a_setting_is_told_in_the_readers_language():
    done = CliRunner().invoke(cli, ["daily"], env={"LOYALTY_DATADIR": "x", "LOYALTY_LOCALE": "uk"})
    assert "можливо, LOYALTY_DATA_DIR?" in done.stderr


def at_revision(shell: Shell, source: str, revision: str | None) -> None:
    """Say in the database that its tables are at another revision."""
    with closing(sqlite3.connect(shell.folder / "loyalty.sqlite")) as connection:
        connection.execute(f"DELETE FROM {source}_alembic_version")
        if revision is not None:
            connection.execute(f"INSERT INTO {source}_alembic_version VALUES (?)", [revision])
        connection.commit()


@pytest.mark.parametrize("source", ["core", "erp"])
def test_tables_that_do_not_fit_the_program_stop_it(salon, source):
    at_revision(salon, source, "9999")
    status = salon("db", "status")
    assert status.exit_code == 1
    assert "newer than the program: install the newer program" in status.stdout
    for words in (("daily",), ("import", "clients", f"{salon.folder}/clients.csv"), ("db", "upgrade")):
        assert salon(*words).exit_code == 2
    at_revision(salon, source, None)
    assert "behind: run `loyalty db upgrade`" in salon("db", "status").stdout
    assert salon("daily").exit_code == 2


def test_a_plugin_whose_tables_are_behind_is_told_and_what_it_gave_stays(salon):
    at_revision(salon, "discount_rules", None)
    done = salon("reassess")
    assert done.stdout == "0 changes of standing.\n"
    assert "its tables are behind: run `loyalty db upgrade`" in done.stderr
    assert "waiting" in salon.said("plugins", "list")
    assert "5%, by rule" in salon.said("standing", "show", "1001")


def test_an_import_that_is_interrupted_writes_nothing(salon, monkeypatch):
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    before = salon.said("standing", "show", "1001")
    monkeypatch.setattr(visits, "save_many", interrupted)
    path = salon.file(
        "more.csv", "external_id,branch,client,status,starts_at\nv9,podil,1001,arrived,2026-03-30T10:00\n"
    )
    done = salon("import", "visits", path)
    assert done.exit_code == 1
    assert "Aborted!" in done.stderr
    assert salon.said("standing", "show", "1001") == before
    assert salon.said("recount") == "All that is kept equals a recount.\n"


def test_a_report_never_overwrites_what_is_read(salon):
    path, mapping = salon.file("bad.csv", "external_id,name\n1,\n"), salon.file("mapping.toml", "ignore = []\n")
    for report in (path, f"{salon.folder}/../{salon.folder.name}/bad.csv", mapping):
        told = salon.refused("import", "clients", path, "--mapping", mapping, "--report", report, code=2)
        assert "is the file that is imported" in told
    assert Path(path).read_text() == "external_id,name\n1,\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full here")
def test_a_report_that_does_not_fit_on_the_disk_is_told(salon):
    told = salon.refused("import", "clients", f"{salon.folder}/clients.csv", "--report", "/dev/full", code=2)
    assert "loyalty: /dev/full: No space left on device" in told


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_what_can_be_read_only_once_is_refused(salon):
    os.mkfifo(salon.folder / "pipe")
    assert "is no file but a pipe" in salon.refused("import", "clients", str(salon.folder / "pipe"), code=2)


def test_a_file_with_another_delimiter_is_told_so(salon):
    done = salon("import", "clients", salon.file("given.csv", "external_id;name\n1;A\n"))
    assert done.exit_code == 1
    assert 'delimiter = ";"' in done.stdout


def test_what_is_wrong_with_a_file_as_a_whole_is_no_bad_row(salon):
    done = salon("import", "clients", salon.file("given.csv", ""))
    assert done.stdout == "The file is empty: not even a header.\nNothing was written.\n"


BROKEN_PROGRAMMES = (
    (b"\xff\xfe\x00", "This is not a TOML file in UTF-8: "),
    (b"branch = ", "This is not a TOML file in UTF-8: "),
    (b"x = " + b"[" * 5000, "This is not a TOML file in UTF-8: "),
    (b"#" * 1_000_001, "The file is larger than 1,000,000 bytes."),
    (b"", "branch: Give a value: this may not be empty."),
    (b'branch = "x"\nname = "R"', "branch: There is no branch “x”. There are: lviv, podil."),
    (b'branch = "podil"\nname = 5', "name: Write a text, in quotes."),
    (b'branch = ["podil"]\nname = "R"', "branch: Write a text, in quotes."),
    (b'branch = "podil"\nname = "R"\nfoo = 1', "foo: There is no such field."),
    (b'branch = "podil"\nname = "R"\nkind = "x"', "kind: No active plugin provides"),
    (b'branch = "podil"\nname = "R"\njudged_on = "x"', "judged_on: Choose one of: lifetime, since_reset."),
    (b'branch = "podil"\nname = "R"\nparts = 1', "parts: Give a table of parts by plugin."),
    (b'branch = "podil"\nname = "R"\n[parts.x]', "parts.x: No plugin “x” has a part in programmes."),
)
BROKEN_RULES = (
    ("threshold = 500000", "threshold = -1", "rules.1.threshold: Give at least 1."),
    ("threshold = 500000", "threshold = 99999999999999999999", "rules.1.threshold: Give at most"),
    ("threshold = 500000", "threshold = 5.0", "rules.1.threshold: Give a whole number."),
    ("threshold = 500000", "threshold = nan", "rules.1.threshold: Give a whole number."),
    ("threshold = 500000", "threshold = true", "rules.1.threshold: Give a whole number."),
    ("threshold = 500000", 'threshold = "5"', "rules.1.threshold: Give a whole number."),
    ("threshold = 500000", "threshold = ٥", "This is not a TOML file in UTF-8: "),
    ("percent_bp = 500", "percent_bp = 10001", "rules.1.percent_bp: Give at most 10,000."),
    ('"visits", threshold = 1', '"sold", threshold = 500000', "rules.2.threshold: Rules 1 and 2 have the same"),
    ('"visits"', '"hugs"', "rules.2.metric: Choose what is counted"),
    ('"visits"', '"visits", until = 2026-01-01', "A value of the type date is not plain."),
    ('"visits"', '"visits", more = 1', "rules.2.more: There is no such field."),
    ("inactive_days = 60", "inactive_days = 0", "inactive_days: Give at least 1."),
)


def test_a_programme_with_a_slip_is_refused_with_its_place_and_not_saved(salon):
    before = salon.said("programme", "show", "podil")
    wrong = [(content, told) for content, told in BROKEN_PROGRAMMES]
    for good, bad, told in BROKEN_RULES:
        assert PROGRAMME.count(good) == 1
        wrong.append((PROGRAMME.replace(good, bad).encode(), told))
    for content, told in wrong:
        assert told in salon.refused("programme", "save", salon.file("given.toml", content)), content
    assert salon.said("programme", "show", "podil") == before


def test_a_programme_may_begin_with_a_byte_order_mark(salon):
    path = salon.file("given.toml", b"\xef\xbb\xbf" + PROGRAMME.encode())
    assert salon.said("programme", "save", path) == "Unchanged: version 1 says the same.\n"


def test_one_demo_at_a_time_is_in_a_folder(tmp_path):
    waited, done = threading.Event(), []

    def second() -> None:
        with only_one(tmp_path, waited.set):
            done.append("second")

    with only_one(tmp_path, lambda: pytest.fail("nobody else is there")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(10)
        done.append("first")
    thread.join(10)
    assert done == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_texts_are_looked_after_in_a_source_tree_only(tmp_path):
    done = CliRunner().invoke(i18n, ["--root", str(tmp_path), "stats"])
    assert done.exit_code == 1
    assert "pyproject.toml" in done.stderr
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    done = CliRunner().invoke(i18n, ["--root", str(tmp_path), "update", "--locale", "klingon"])
    assert done.exit_code == 2
