"""Run the benchmarks and print medians and ratios: `python -m benchmarks --help` says what can be chosen."""

from __future__ import annotations

import os
import platform
import sqlite3
import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import http, importing, pricing, quote, rules, saving
from benchmarks.databases import Databases, Postgres, Sqlite, postgres_server
from benchmarks.rounds import Outcome

SAVES = 100
HOUSEHOLDS = 300
CLIENTS, ALL_CLIENTS = 200_000, 1_000_000

LEAST_OF_RAW = {Sqlite.name: 0.22, Postgres.name: 0.4}
"""Aims of saving a visit: the product's rate against the raw driver's."""


def main() -> None:
    """Read the command line and run what it asks for."""
    chosen = _parser().parse_args()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores")
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
    with ExitStack() as stack:
        wanted = chosen.what or [*PURE, *BENCHMARKS]
        for name in [name for name in wanted if name in PURE]:
            PURE[name](chosen)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="loyalty-benchmark-", dir=chosen.folder)))
        stored = [name for name in wanted if name in BENCHMARKS]
        for databases in _databases(chosen.on, folder, stack) if stored else ():
            for name in stored:
                BENCHMARKS[name](databases, chosen)


def _parser() -> ArgumentParser:
    parser = ArgumentParser("python -m benchmarks", description="Measure the product against doing without it.")
    wanted = f"any of {', '.join([*PURE, *BENCHMARKS])}; without any, all"
    parser.add_argument("what", nargs="*", metavar="WHAT", help=wanted, choices=[[], *PURE, *BENCHMARKS])
    parser.add_argument("--on", choices=["sqlite", "postgres"], help="one database only")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured (%(default)s)")
    parser.add_argument("--saves", type=int, default=SAVES, help="visits saved in one round (%(default)s)")
    parser.add_argument("--households", type=int, default=HOUSEHOLDS, help="of the demo's sales (%(default)s)")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="who are judged by the rules (%(default)s)")
    parser.add_argument("--full", action="store_true", help=f"all households, and {ALL_CLIENTS:,} clients")
    parser.add_argument("--folder", help="where the databases lie meanwhile: on the disk whose speed counts")
    return parser


def _databases(only: str | None, folder: Path, stack: ExitStack) -> Iterator[Databases]:
    if only != "postgres":
        yield Sqlite(folder)
    if only != "sqlite":
        yield Postgres(stack.enter_context(postgres_server(folder)))


def _price(chosen: Namespace) -> None:
    print(f"\nPricing an invoice of {pricing.LINES} lines: {chosen.rounds} rounds of {pricing.TIMES}")
    for done in pricing.compare(chosen.rounds):
        print(f"  {done.says}")
        for side in done.outcome.seconds:
            print(f"    {side:14} {done.outcome.median(side) * 1000:8.3f} ms")
        if pricing.SCAN in done.outcome.seconds:
            print(f"    {done.outcome.ratio(pricing.OURS, pricing.SCAN):.2f} × the time (aim at 100: at most 4)")
        elif pricing.MATCHING in done.outcome.seconds:
            print(f"    {done.outcome.ratio(pricing.OURS, pricing.MATCHING):.2f} × the time (aim: at most 1.2)")
        else:
            print(f"    {done.steps} steps, gap {done.gap_minor}")


def _quote(databases: Databases, chosen: Namespace) -> None:
    print(f"\nA whole quote of {pricing.LINES} lines, {databases.name}: {chosen.rounds} rounds of {pricing.TIMES}")
    for done in quote.compare(databases, chosen.rounds):
        others = f", and {done.others} that cannot match" if done.others else ""
        print(f"  promotions that all match: {done.matching}{others}")
        for side in done.outcome.seconds:
            print(f"    {side:14} {done.outcome.median(side) * 1000:8.3f} ms")
        if done.others:
            _against(done.outcome, quote.WHOLE, quote.FEW_ALONE, "time", "at most 1.2")
        else:
            _against(done.outcome, quote.WHOLE, quote.ENGINE, "time", "none")
            _against(done.outcome, quote.WHOLE, quote.SCAN, "time", "at 100: at most 6")


def _http(databases: Databases, chosen: Namespace) -> None:
    print(
        f"\nQuotes over HTTP, {databases.name}: {chosen.rounds} rounds of {http.CALLS}, one client that stays connected"
    )
    for done in http.compare(databases, chosen.rounds):
        print(f"  promotions that all match: {done.matching}")
        for side in done.outcome.seconds:
            seconds = done.outcome.median(side) / http.CALLS
            print(f"    {side:14} {seconds * 1000:8.3f} ms  {1 / seconds:8,.0f} calls/s")
        _against(done.outcome, http.QUOTE, http.EMPTY, "rate", "at least 0.6")


def _save(databases: Databases, chosen: Namespace) -> None:
    outcome = saving.compare(databases, chosen.rounds, chosen.saves)
    print(f"\nSaving a visit, {databases.name}: {chosen.rounds} rounds of {chosen.saves}")
    _sides(outcome, chosen.saves, "visits")
    _against(outcome, saving.OURS, saving.RAW, "rate", f"at least {LEAST_OF_RAW[databases.name]}")
    _against(outcome, saving.OURS, saving.ORM, "rate", "at least 2")


def _import(databases: Databases, chosen: Namespace) -> None:
    done = importing.compare(databases, chosen.rounds, None if chosen.full else chosen.households)
    size = f"{done.visits:,} visits, {done.lines:,} lines, {done.rows:,} rows"
    print(f"\nImporting the demo's sales, {databases.name}: {chosen.rounds} rounds of {size}")
    _sides(done.outcome, done.rows, "rows")
    _against(done.outcome, importing.OURS, importing.RAW, "rate", "at least 0.1")


def _rules(databases: Databases, chosen: Namespace) -> None:
    done = rules.compare(databases, chosen.rounds, ALL_CLIENTS if chosen.full else chosen.clients)
    share = done.changed / done.clients
    print(f"\nA rule for {done.clients:,} clients, {share:.1%} changing, {databases.name}: {chosen.rounds} rounds")
    _sides(done.outcome, done.clients, "clients")
    _against(done.outcome, rules.OURS, rules.RAW, "time", "at most 3")


def _sides(outcome: Outcome, count: int, what: str) -> None:
    for side in outcome.seconds:
        seconds = outcome.median(side)
        print(f"  {side:12} {seconds:8.3f} s  {count / seconds:12,.0f} {what}/s")


def _against(outcome: Outcome, one: str, other: str, what: str, aim: str) -> None:
    """Print how one side does against another: in time the more the worse, in rate the more the better."""
    upper, lower = (one, other) if what == "time" else (other, one)
    median, best = outcome.ratio(upper, lower), outcome.best(upper) / outcome.best(lower)
    print(f"  {one} against {other}: {median:.2f} × the {what} (best rounds {best:.2f}; aim: {aim})")


PURE: dict[str, Callable[[Namespace], None]] = {"price": _price}
"""Those that need no database."""

BENCHMARKS: dict[str, Callable[[Databases, Namespace], None]] = {
    "quote": _quote,
    "http": _http,
    "save": _save,
    "import": _import,
    "rules": _rules,
}

if __name__ == "__main__":
    main()
