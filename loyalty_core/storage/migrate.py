"""Migrations: one source of revisions and one version table for the core, the host and each plugin.

A source owns the tables that begin with its prefix and sees no others; so a plugin whose files are gone keeps its
tables and its version row, and stands in nobody's way. Each source is brought up in a transaction of its own, under
one lock: of two processes that start at once the second finds the work done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import permutations
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_core.storage import tables as _tables  # noqa: F401 - makes the core's tables known to Base.metadata
from loyalty_core.storage.base import Base, Instant
from loyalty_core.storage.statistics import expect_large_tables

ENVIRONMENT = Path(__file__).parent / "migrations"

_LOCK = select(func.pg_advisory_xact_lock(bindparam("key")))
_LOCK_KEY = 0x6C6F79616C7479  # "loyalty"
_PATIENCE_MS = 600_000


@dataclass(frozen=True)
class MigrationSource:
    """Where revisions come from: a folder of Alembic revisions for the tables that begin with `prefix`."""

    name: str
    folder: Path
    prefix: str

    @property
    def version_table(self) -> str:
        """Return the name of the table that holds this source's revision."""
        return f"{self.prefix}alembic_version"


CORE = MigrationSource("core", ENVIRONMENT / "versions", "core_")


class State(Enum):
    """Where a database stands with one source."""

    CURRENT = "current"
    BEHIND = "behind"
    AHEAD = "ahead"
    """It has a revision that the files do not: they are older than the database."""


def upgrade(engine: Engine, sources: Sequence[MigrationSource] = (CORE,)) -> list[str]:
    """Bring the core, then the other sources in the order given, to their newest revisions.

    Returns what was done, `"core 0001"` for each revision; nothing where all is current. Without the core nothing
    else is tried; any other source that fails is rolled back and left behind, and the rest go on.
    Raises `LoyaltyError` at the end, naming each source that failed and why.
    """
    done: list[str] = []
    failures: list[str] = []
    for source in _core_first(sources):
        try:
            done += _upgrade_one(engine, source)
        except Exception as error:  # a revision is anybody's code
            if source == CORE:
                raise LoyaltyError(_("the core could not be migrated: %(reason)s", reason=_said(error))) from error
            failures.append(f"{source.name}: {_said(error)}")
    if failures:
        raise LoyaltyError(_("not migrated: %(failures)s", failures="; ".join(failures)))
    return done


def _said(error: Exception) -> str:
    """Return what went wrong without the statement it went wrong in."""
    return str(error.orig if isinstance(error, DBAPIError) else error)


def downgrade(engine: Engine, source: MigrationSource, revision: str = "base") -> list[str]:
    """Take one source back to `revision`; `base` removes its tables. Returns what was undone."""
    with _migrating(engine) as connection:
        return _run(connection, source, lambda config: command.downgrade(config, revision))


def state(engine: Engine, source: MigrationSource) -> State:
    """Return where the database stands with a source; a plugin that is not current is not called."""
    scripts = ScriptDirectory.from_config(_config(source))
    with engine.connect().execution_options(unscoped=True) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": source.version_table})
        reached = set(context.get_current_heads())
    if reached == set(scripts.get_heads()):
        return State.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return State.BEHIND if reached <= known else State.AHEAD


def check(engine: Engine, sources: Sequence[MigrationSource] = (CORE,)) -> list[str]:
    """Return the differences between the tables in the code and in the migrated database: none is right."""
    differences: list[str] = []
    with engine.connect().execution_options(unscoped=True) as connection:
        for source in _core_first(sources):
            context = MigrationContext.configure(connection, opts=settings_of(connection, source))
            found = compare_metadata(context, Base.metadata)
            differences += [f"{source.name}: {difference}" for difference in found]
    return differences


def new_revision(engine: Engine, source: MigrationSource, message: str) -> Path:
    """Write the next revision of a source from what its tables have become, and return its path.

    For authors: `engine` is a database where the source is current. Read what was written before keeping it: a table
    that has to be rebuilt on SQLite (`batch_alter_table`) loses its triggers and its WITHOUT ROWID.
    """
    number = len(list(ScriptDirectory.from_config(_config(source)).walk_revisions())) + 1
    with engine.connect().execution_options(unscoped=True) as connection:
        written = command.revision(
            _config(source, connection=connection),
            message,
            autogenerate=True,
            rev_id=f"{number:04d}",
            version_path=str(source.folder),
        )
    assert isinstance(written, Script), "one call writes one revision"
    return Path(written.path)


def settings_of(connection: Connection, source: MigrationSource) -> dict[str, Any]:
    """Return what Alembic must know to see one source's tables and nothing else."""

    def include_name(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
        return kind != "table" or (name is not None and name.startswith(source.prefix))

    def include_object(item: object, name: str | None, kind: str, reflected: bool, compared: object) -> bool:
        return include_name(name, kind, {})

    return {
        "target_metadata": Base.metadata,
        "version_table": source.version_table,
        "include_name": include_name,
        "include_object": include_object,
        "compare_type": True,
        "compare_server_default": True,
        "render_as_batch": connection.dialect.name == "sqlite",
        "render_item": _render_item,
    }


def _render_item(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Write revisions that do not depend on our own types, which may change."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def _core_first(sources: Sequence[MigrationSource]) -> list[MigrationSource]:
    """Return the sources with the core in front; refuse prefixes that could take each other's tables."""
    ordered = [CORE, *(source for source in sources if source != CORE)]
    for one, other in permutations(ordered, 2):
        if other.prefix.startswith(one.prefix):
            raise LoyaltyError(f"tables of {other.name} ({other.prefix}) would look like those of {one.name}")
    return ordered


def _upgrade_one(engine: Engine, source: MigrationSource) -> list[str]:
    reached = state(engine, source)
    if reached is State.CURRENT:
        return []  # nobody waits for the lock where there is nothing to do
    if reached is State.AHEAD:
        raise LoyaltyError(_("its tables are newer than the program: install the newer program"))
    with _migrating(engine) as connection:
        steps = _run(connection, source, lambda config: command.upgrade(config, "heads"))
        if engine.dialect.name == "sqlite":
            expect_large_tables(connection, source.prefix)
        return steps


def _run(connection: Connection, source: MigrationSource, work: Callable[[Config], None]) -> list[str]:
    """Run an Alembic command in the connection's transaction and return the steps it took."""
    steps: list[str] = []

    def note(*, step: Any, **rest: object) -> None:
        steps.append(f"{source.name} {', '.join(step.up_revision_ids)}")

    try:
        work(_config(source, connection=connection, on_version_apply=note))
    except CommandError as error:
        raise LoyaltyError(f"{source.name}: {error}") from error
    return steps


def _config(source: MigrationSource, **attributes: object) -> Config:
    config = Config(attributes={"source": source, **attributes})
    for option, value in {
        "script_location": str(ENVIRONMENT),
        "version_locations": str(source.folder),
        "path_separator": "newline",
        "file_template": "%(rev)s_%(slug)s",
    }.items():
        config.set_main_option(option, value.replace("%", "%%"))
    return config


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that nobody else migrates in, and commit at the end."""
    options: dict[str, Any] = {"write": True, "unscoped": True}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "READ COMMITTED"  # who waited for the lock must see what was done meanwhile
    with engine.connect().execution_options(**options) as connection:
        if engine.dialect.name == "postgresql":
            with connection.begin():
                connection.execute(_LOCK, {"key": _LOCK_KEY})
                yield connection
        else:
            with _rebuilding(connection), connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise LoyaltyError(f"rows would point nowhere: {broken[:5]}")


@contextmanager
def _rebuilding(connection: Connection) -> Iterator[None]:
    """Let a SQLite connection rebuild tables that others point to, which needs foreign keys off, and wait long."""
    driver = connection.connection.driver_connection
    assert driver is not None, "the connection is open"
    patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute("PRAGMA foreign_keys = OFF")
    driver.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute(f"PRAGMA busy_timeout = {patience}")
