"""The statements that a house executes: heard at the driver, whoever sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from loyalty_core.testing.house import House


@contextmanager
def listening(house: House) -> Iterator[list[str]]:
    """Collect the statements that are executed; one for many rows at once is one."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = house.loyalty.storage.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def counting(house: House) -> Iterator[Callable[[], int]]:
    """Count statements; each call returns how many there were since the one before."""
    with listening(house) as seen:

        def since() -> int:
            number = len(seen)
            seen.clear()
            return number

        yield since
