"""Look up rows by what a source system calls them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Executable, Row

from loyalty_core.services.chunks import chunks
from loyalty_core.services.unit import Unit

External = tuple[str, str]
"""A source system and its id."""


def rows_by_external(unit: Unit, statement: Executable, wanted: Iterable[External]) -> dict[External, Row[Any]]:
    """Return the rows of `statement` by source and external id.

    The statement takes `of_source` and `ids`, and its rows have `external_id`. Rows come, and are locked where it
    locks, in the order of ids.
    """
    by_source: dict[str, list[str]] = {}
    for source, external_id in wanted:
        by_source.setdefault(source, []).append(external_id)
    found = {}
    for source in sorted(by_source):
        for some in chunks(sorted(by_source[source])):
            for row in unit.execute(statement, {"of_source": source, "ids": some}).all():
                found[source, row.external_id] = row
    return found


def ids_by_external(unit: Unit, statement: Executable, source: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Return the ids of what is known under a source system's ids; `statement` as in `rows_by_external`."""
    rows = rows_by_external(unit, statement, ((source, external_id) for external_id in external_ids))
    return {external_id: row.id for (_source, external_id), row in rows.items()}
