"""The demo's database: made apart, put in place when it is whole, and never in the place of somebody's own data."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.ports import Clock, FixedClock
from loyalty_core.services.house import Loyalty
from loyalty_core.services.reassessment import reassess, scopes_in_turn
from loyalty_core.storage.engine import open_engine
from loyalty_core.storage.migrate import upgrade
from loyalty_web.erp.demo import journey
from loyalty_web.erp.demo.alone import only_one
from loyalty_web.erp.demo.furnishing import furnish
from loyalty_web.erp.demo.loading import ACTOR, load
from loyalty_web.erp.demo.shift import ZONE, local_today, weeks_to_move
from loyalty_web.erp.demo.staff import add_staff
from loyalty_web.erp.demo.summary import Figures, figures
from loyalty_web.erp.deployment import DATA_DIR, DATABASE_URL, Deployment, sqlite_url

APPLICATION_ID = 0x4C4F5944
"""Written into the header of a demo's SQLite file: how it is told from a database of somebody's own."""

Bars = Callable[[Message, int], Callable[[int], None]]
"""Begins a progress bar with a label and a length; what it returns is told of each step."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a demo's database holds: kept beside it, to tell whether it still serves."""

    network_id: int
    households: int | None
    weeks: int
    last_day: date
    lines_left_out: int


@dataclass(frozen=True, slots=True)
class Demo:
    """What came of a run: the figures, what was left out, and how long each part took, in seconds."""

    figures: Figures
    lines_left_out: int
    as_of: date
    seconds: dict[str, float]


def run(deployment: Deployment, households: int | None, bars: Bars) -> Demo:
    """Make the demo's database unless it is there, judge everybody, price the last days again.

    A database with other households, or whose last basket is no longer in the week before today, is made afresh.
    A second run in the same folder waits for the first. Raises `LoyaltyError` for a database that is not a demo, which
    stays untouched.
    """
    watch = _Watch()
    path = deployment.database_file
    _refuse_others(deployment, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with only_one(path.parent, lambda: bars(_("Waiting for another demo"), 1)):
        _refuse_others(deployment, path)
        contents = _read_contents(path)
        if contents is None or not _serves(contents, households, deployment.clock):
            contents = _build(deployment, households, bars, watch)
        as_of = contents.last_day + timedelta(days=1)
        engine = open_engine(sqlite_url(path))
        try:
            upgrade(engine, deployment.sources)  # it may have been made by an older program
            loyalty = Loyalty(engine, deployment.plugins, FixedClock(datetime.combine(as_of, time(12), ZONE)))
            _judge(loyalty, contents.network_id, bars)
            watch.lap("judge")
            add_staff(loyalty, contents.network_id)
            with loyalty.reading(contents.network_id) as unit:
                found = figures(unit, as_of, bars)
            watch.lap("reprice")
            furnish(Loyalty(engine, deployment.plugins, deployment.clock), contents.network_id)
        finally:
            engine.dispose()
    return Demo(found, contents.lines_left_out, as_of, watch.seconds)


class _Watch:
    """Keeps how long each part took, and all of them together."""

    def __init__(self) -> None:
        self._started = self._last = perf_counter()
        self.seconds: dict[str, float] = {}

    def lap(self, part: str) -> None:
        """Note the time since the last lap."""
        now = perf_counter()
        self.seconds[part] = round(now - self._last, 3)
        self.seconds["total"] = round(now - self._started, 3)
        self._last = now


def _refuse_others(deployment: Deployment, path: Path) -> None:
    """Let nothing be touched that is not a demo."""
    if deployment.names_database:
        raise LoyaltyError(_("the demo makes a SQLite file of its own: unset %(setting)s", setting=DATABASE_URL))
    if path.exists() and path.stat().st_size and not is_demo(path):
        text = _(
            "%(path)s is not a demo and stays as it is: choose another folder by %(setting)s",
            path=str(path),
            setting=DATA_DIR,
        )
        raise LoyaltyError(text)


def is_demo(path: Path) -> bool:
    """Whether a file is the database of a demo."""
    address = f"file:{quote(str(path))}?mode=ro"
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(address, uri=True)) as file:
        return int(file.execute("PRAGMA application_id").fetchone()[0]) == APPLICATION_ID
    return False


def _contents_file(path: Path) -> Path:
    return path.with_suffix(".demo.json")


def _read_contents(path: Path) -> Contents | None:
    """Return what the demo beside `path` holds; nothing when it is not whole."""
    try:
        kept = json.loads(_contents_file(path).read_text("utf-8"))
        return Contents(**{**kept, "last_day": date.fromisoformat(kept["last_day"])}) if path.exists() else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _serves(contents: Contents, households: int | None, clock: Clock) -> bool:
    """Whether a demo has the households asked for and its last basket still lies in the week before today."""
    return contents.households == households and weeks_to_move(contents.last_day, local_today(clock)) == 0


def _build(deployment: Deployment, households: int | None, bars: Bars, watch: _Watch) -> Contents:
    """Make a new database beside the old one, which it replaces when it is whole."""
    path = deployment.database_file
    for killed in path.parent.glob(f"{path.name}.*.new*"):
        killed.unlink()
    sales = journey.read(local_today(deployment.clock), households)
    watch.lap("read")
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.touch()
    try:
        network_id = _fill(deployment, new, sales, bars)
        contents = Contents(network_id, households, sales.weeks, sales.last_day, sales.lines_left_out)
        _contents_file(path).unlink(missing_ok=True)
        _leftovers(path)
        new.replace(path)
        _contents_file(path).write_text(json.dumps(asdict(contents), default=str), "utf-8")
    finally:
        new.unlink(missing_ok=True)
        _leftovers(new)
    watch.lap("load")
    return contents


def _fill(deployment: Deployment, path: Path, sales: journey.Journey, bars: Bars) -> int:
    engine = open_engine(sqlite_url(path))
    try:
        upgrade(engine, deployment.sources)
        loyalty = Loyalty(engine, deployment.plugins, FixedClock(datetime.combine(sales.as_of, time(12), ZONE)))
        network_id = load(loyalty, sales, bars(_("Sales"), sales.visits))
    finally:
        engine.dispose()
    _mark(path)
    return network_id


def _mark(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        file.commit()


def _leftovers(path: Path) -> None:
    """Remove the log of a database that is gone: SQLite would take it for that of the new one."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _judge(loyalty: Loyalty, network_id: int, bars: Bars) -> None:
    with loyalty.work(network_id, ACTOR) as unit:
        scopes = scopes_in_turn(unit)
        step = bars(_("Standing"), len(scopes))
        for scope_id in scopes:
            reassess(unit, [scope_id], cause="invoices")
            step(1)
