"""The product, opened on one database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import Clock, SystemClock
from loyalty_core.services.unit import Compiled, Unit
from loyalty_core.storage.migrate import CORE, State, state
from loyalty_core.storage.work import Storage


class Loyalty:
    """Makes units of work on one database with the plugins of one deployment.

    Raises `LoyaltyError` when the core's tables are behind the code or ahead of it; a plugin whose tables are is not
    called.
    """

    def __init__(self, engine: Engine, plugins: Plugins, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.plugins = plugins
        self.storage = Storage(engine, self.clock)
        reached = state(engine, CORE)
        if reached is State.AHEAD:
            raise LoyaltyError(_("the database is newer than the program: install the newer program"))
        if reached is State.BEHIND:
            raise LoyaltyError(_("the database is behind the program: run `loyalty db upgrade`"))
        self.behind = frozenset(
            source.name for source in plugins.migration_sources() if state(engine, source) is not State.CURRENT
        )
        self._compiled = Compiled()

    def work(self, network_id: int, actor: str) -> AbstractContextManager[Unit]:
        """Open a unit that writes: commits at the end, rolls back on any exception."""
        return self._unit(self.storage.writing(), network_id, actor)

    def reading(self, network_id: int) -> AbstractContextManager[Unit]:
        """Open a unit that reads; what it might write is rolled back."""
        return self._unit(self.storage.reading(), network_id, "reader")

    def guest(self, connection: Connection, network_id: int, actor: str) -> AbstractContextManager[Unit]:
        """Open a unit inside the host's transaction, as a savepoint; the host commits or rolls back.

        On SQLite the host's transaction must have begun as a writer (`execution_options(write=True)`).
        """
        return self._unit(self.storage.joining(connection), network_id, actor)

    @contextmanager
    def _unit(self, connecting: AbstractContextManager[Connection], network_id: int, actor: str) -> Iterator[Unit]:
        with connecting as connection:
            unit = Unit(self.storage, connection, network_id, actor, self.plugins, self.behind, self._compiled)
            yield unit
            unit.flush()
