"""What SQLite's planner is told of tables that nobody has analysed.

Every key begins with `network_id`. Of an index without statistics SQLite believes that one value of its first column
stands in ten rows, and that a second column hardly narrows them down. So it would rather read every row of a network
by the primary key than the few of one visit by another index: each saved visit would read all sales there are. Told
that the tables are large and networks few, it takes the right index from the first row on.

`ANALYZE` replaces what is written here by the truth, which is right too. PostgreSQL keeps statistics by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

ROWS = 1_000_000
"""How many rows each table is said to have."""

_DIFFERENT = {"network_id": 1, "scope_id": 100, "branch_id": 100}
_IDS, _OTHERS = ROWS // 10, 10
"""How many different values a column is said to have: an id nearly one per row, any other (a kind, a day) a few."""


def expect_large_tables(connection: Connection, prefix: str) -> None:
    """Write statistics for those tables that begin with `prefix` and have none, and let the planner read them."""
    connection.exec_driver_sql("ANALYZE sqlite_master")  # makes the table of statistics; looks at no row
    connection.exec_driver_sql(
        "DELETE FROM sqlite_stat1 WHERE tbl NOT IN (SELECT name FROM sqlite_master WHERE type = 'table')"
    )
    known = set(connection.exec_driver_sql("SELECT tbl FROM sqlite_stat1").scalars())
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    for table in tables:
        if table.startswith(prefix) and table not in known:
            for index, figures in _indexes(connection, table):
                connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table, index, figures))
    connection.exec_driver_sql("ANALYZE sqlite_master")


def _indexes(connection: Connection, table: str) -> Iterator[tuple[str, str]]:
    """Yield the indexes of a table by the names they have among the statistics, with their figures."""
    clustered = connection.exec_driver_sql("SELECT wr FROM pragma_table_list WHERE name = ?", (table,)).scalar()
    listed = connection.exec_driver_sql('SELECT name, "unique", origin FROM pragma_index_list(?)', (table,))
    for name, unique, origin in listed.all():
        columns = connection.exec_driver_sql("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (name,))
        figures = figures_of(columns.scalars().all(), unique=bool(unique))
        yield table if clustered and origin == "pk" else name, figures


def figures_of(columns: Sequence[str], *, unique: bool) -> str:
    """Return how many rows a table has, and how many of them share the first column of an index, the first two, …"""
    share = [ROWS]
    for column in columns:
        usual = _IDS if column.endswith(("id", "_on")) else _OTHERS
        share.append(max(share[-1] // _DIFFERENT.get(column, usual), 1))
    if unique:
        share[-1] = 1
    return " ".join(map(str, share))
