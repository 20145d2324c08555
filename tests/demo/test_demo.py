"""The demo against an independent computation over the same files, and what it must not do."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from loyalty_core.ports import FixedClock
from loyalty_core.services import plugins
from loyalty_core.services.recount import recount
from loyalty_web.erp.cli import cli
from loyalty_web.erp.demo.building import run
from loyalty_web.erp.demo.command import as_object
from loyalty_web.erp.demo.journey import HOUSEHOLDS, SEED
from loyalty_web.erp.deployment import DATA_DIR, DATABASE_URL, Deployment
from loyalty_web.erp.roles import ROLES
from loyalty_web.erp.users import check_password
from tests.demo.independent_figures import figures

WINTER = datetime(2026, 1, 20, 15, tzinfo=UTC)
SUMMER = datetime(2027, 7, 8, 3, tzinfo=UTC)
AFTER_A_CLOCK_CHANGE = datetime(2026, 11, 3, 12, tzinfo=UTC)
FEW = 12


def deployed(folder: Path, now: datetime = WINTER, **environment: str) -> Deployment:
    """A deployment whose files lie in `folder`."""
    return Deployment({DATA_DIR: str(folder), **environment}, FixedClock(now))


def told(folder: Path, households: int | None, now: datetime = WINTER) -> dict[str, Any]:
    """What a run prints as JSON, without the seconds."""
    done = as_object(run(deployed(folder, now), households, lambda label, length: lambda step: None))
    assert done.pop("seconds")["total"] > 0
    plain: dict[str, Any] = json.loads(json.dumps(done))
    return plain


def invoke(folder: Path, *arguments: str, now: datetime = WINTER) -> Result:
    """Run the command as a person would."""
    return CliRunner().invoke(cli, ["demo", *arguments], obj=deployed(folder, now))


@pytest.fixture(scope="module")
def default_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """The demo as it comes, run once by its command: folder, standard output read, standard error."""
    folder = tmp_path_factory.mktemp("demo")
    done = invoke(folder, "--json", "--no-serve")
    assert done.exit_code == 0, done.output
    return folder, json.loads(done.stdout), done.stderr


def test_the_default_demo_agrees_with_an_independent_computation(
    default_demo: tuple[Path, dict[str, Any], str],
) -> None:
    _folder, printed, _progress = default_demo
    seconds = printed.pop("seconds")
    assert printed == figures(SEED, HOUSEHOLDS, WINTER)
    assert set(seconds) == {"read", "load", "judge", "reprice", "total"}
    assert seconds["total"] < 60


@pytest.mark.long
def test_the_full_demo_agrees_with_an_independent_computation(tmp_path: Path) -> None:
    printed = told(tmp_path, None)
    assert printed == figures(SEED, None, WINTER)
    assert printed["lines"] == 1_460_207
    assert printed["sold_minor"] == 4_596_039_58
    assert printed["paid_minor"] == 4_569_706_26


@pytest.mark.parametrize("now", [WINTER, SUMMER, AFTER_A_CLOCK_CHANGE])
def test_no_figure_depends_on_the_day_of_the_run(tmp_path: Path, now: datetime) -> None:
    assert told(tmp_path, FEW, now) == figures(SEED, FEW, now)


def test_a_second_run_prints_the_same_and_keeps_the_database(
    default_demo: tuple[Path, dict[str, Any], str],
) -> None:
    folder, printed, _progress = default_demo
    before = (folder / "loyalty.sqlite").stat().st_ino
    again = invoke(folder, "--json", now=WINTER + timedelta(hours=5))
    second = json.loads(again.stdout)
    assert {**second, "seconds": 0} == {**printed, "seconds": 0}
    assert (folder / "loyalty.sqlite").stat().st_ino == before


def test_a_second_run_tells_of_a_demo_whose_rules_were_switched_off(
    default_demo: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(default_demo[0], tmp_path / "demo"))
    deployment = deployed(folder)
    with deployment.open().work(deployment.the_network, "integrator") as unit:
        plugins.deactivate(unit, "discount_rules")
    deployment.close()
    again = invoke(folder, "--no-serve")
    assert again.exit_code == 0, again.exception
    assert "Who holds which discount" in again.stdout


def test_what_the_demo_kept_equals_a_recount(default_demo: tuple[Path, dict[str, Any], str]) -> None:
    folder, _printed, _progress = default_demo
    last_day = date.fromisoformat(json.loads((folder / "loyalty.demo.json").read_text())["last_day"])
    as_of = datetime.combine(last_day + timedelta(days=1), WINTER.time(), UTC)
    deployment = deployed(folder, as_of)
    with deployment.open().work(deployment.the_network, "test") as unit:
        assert recount(unit).none


def test_a_week_later_the_demo_is_made_afresh(tmp_path: Path) -> None:
    first = told(tmp_path, FEW)
    kept = json.loads((tmp_path / "loyalty.demo.json").read_text())
    assert told(tmp_path, FEW, WINTER + timedelta(days=7)) == first
    moved = json.loads((tmp_path / "loyalty.demo.json").read_text())
    assert date.fromisoformat(moved["last_day"]) - date.fromisoformat(kept["last_day"]) == timedelta(days=7)


def test_standard_output_holds_one_json_object_and_progress_goes_to_standard_error(
    default_demo: tuple[Path, dict[str, Any], str],
) -> None:
    _folder, printed, progress = default_demo
    assert set(printed["repriced"]) == {"days", "invoices", "discounted_invoices", "listed_minor", "discount_minor"}
    assert all(set(each) == {"branch", "metric", "threshold", "percent", "clients"} for each in printed["holders"])
    assert "Sales" in progress
    assert "Pricing again" in progress


@pytest.mark.parametrize(("locale", "word"), [("en", "lines"), ("uk", "рядків"), ("ru", "строк")])
def test_people_are_told_in_their_language(
    default_demo: tuple[Path, dict[str, Any], str], locale: str, word: str
) -> None:
    folder, _printed, _progress = default_demo
    deployment = deployed(folder, LOYALTY_LOCALE=locale)
    done = CliRunner().invoke(cli, ["demo", "--no-serve"], obj=deployment)
    assert done.exit_code == 0
    assert word in done.stdout


def test_logins_are_told_each_time_and_fit(default_demo: tuple[Path, dict[str, Any], str]) -> None:
    folder, _printed, _progress = default_demo
    for _time in range(2):
        done = invoke(folder, "--no-serve", now=WINTER + timedelta(hours=1))
        told_logins = [line.split()[:2] for line in done.stdout.splitlines() if "-demo " in line]
        assert [login for login, _password in told_logins] == list(ROLES)
        loyalty = deployed(folder).open()
        for login, password in told_logins:
            assert check_password(loyalty, login, password) is not None, login


def test_a_database_of_somebodys_own_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "loyalty.sqlite"
    with closing(sqlite3.connect(path)) as own:
        own.execute("CREATE TABLE mine (id INTEGER)")
        own.commit()
    before = path.read_bytes()
    done = invoke(tmp_path, "--json")
    assert done.exit_code != 0
    assert "is not a demo" in done.stderr
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["loyalty.sqlite"]


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused_too(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "loyalty.sqlite"
    path.write_bytes(content)
    done = invoke(tmp_path)
    assert done.exit_code != 0
    assert path.read_bytes() == content


def test_another_database_is_never_used(tmp_path: Path) -> None:
    deployment = deployed(tmp_path, LOYALTY_DATABASE_URL="sqlite:////nowhere/other.sqlite")
    done = CliRunner().invoke(cli, ["demo"], obj=deployment)
    assert done.exit_code != 0
    assert DATABASE_URL in done.stderr


def test_a_demo_that_was_cut_short_is_made_afresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("loyalty_web.erp.demo.loading._save_programmes", killed)
        with pytest.raises(KeyboardInterrupt):
            told(tmp_path, FEW)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "loyalty.sqlite.99999.new-wal").write_bytes(b"what a killed demo leaves")
    assert told(tmp_path, FEW)["clients"] == FEW
    assert sorted(each.name for each in tmp_path.iterdir()) == ["loyalty.demo.json", "loyalty.sqlite"]


def test_the_independent_computation_shares_no_code_with_the_product() -> None:
    source = Path(sys.modules["tests.demo.independent_figures"].__file__ or "").read_text()
    assert "loyalty" not in source.replace("loyalty demo", "").replace("`loyalty", "")
