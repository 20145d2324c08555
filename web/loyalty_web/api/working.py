"""The unit of work of a call that changes something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from loyalty_core.services.unit import Unit
from loyalty_web import requests

_WAIT_AT_MOST = select(func.set_config("lock_timeout", "10s", True))
"""On SQLite the connection itself waits that long (RELIABILITY I7: 409 after 10 s)."""


@contextmanager
def writing() -> Iterator[Unit]:
    """Open the unit that a call writes in; it waits at most 10 s for others, and commits before the answer.

    In a host's transaction it is the host that says how long to wait, and that commits.
    """
    with requests.the_unit() as unit:
        if unit.dialect == "postgresql" and requests.extension().connection() is None:
            unit.execute(_WAIT_AT_MOST)
        yield unit
