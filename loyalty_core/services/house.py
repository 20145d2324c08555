"""The product, opened on one database."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import Clock, SystemClock
from loyalty_core.services import plugins
from loyalty_core.services.compiling import Compiled
from loyalty_core.services.unit import Unit
from loyalty_core.storage.migrate import CORE, State, state
from loyalty_core.storage.work import Storage


class Loyalty:
    """Makes units of work on one database with the plugins of one deployment.

    `secret` signs what callers hand back, such as tickets of quotes; all processes of a deployment share it, without
    one each has its own. Raises `LoyaltyError` when the core's tables are behind the code or ahead of it; a plugin
    whose tables are is not called.
    """

    def __init__(
        self, engine: Engine, plugins: Plugins, clock: Clock | None = None, secret: bytes | None = None
    ) -> None:
        self.clock = clock or SystemClock()
        self.secret = secret or secrets.token_bytes(32)
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
        self.compiled = Compiled()
        self._kept_offences: set[tuple[int, str]] = set()

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
        return self._unit(self.storage.joining(connection), network_id, actor, guest=True)

    @contextmanager
    def _unit(
        self, connecting: AbstractContextManager[Connection], network_id: int, actor: str, *, guest: bool = False
    ) -> Iterator[Unit]:
        try:
            with connecting as connection:
                unit = Unit(self, connection, network_id, actor)
                yield unit
                unit.flush()
        finally:
            if not guest:
                self._keep_offences(network_id)

    def forget_lifted(self, network_id: int, suspended: Collection[str]) -> None:
        """Ask plugins again that were lifted since they were suspended, by this process or another."""
        lifted = {(id_, name) for id_, name in self._kept_offences if id_ == network_id and name not in suspended}
        self._kept_offences -= lifted
        for _network_id, name in lifted:
            self.plugins.dispatcher.breakers.lift(name)

    def _keep_offences(self, network_id: int) -> None:
        """Suspend plugins that offended, in a transaction of its own: the one they offended in may be rolled back.

        A guest leaves that to the next unit: the host's transaction, in which it works, is not over.
        """
        offences = self.plugins.dispatcher.breakers.offences
        new = {name for name in offences if (network_id, name) not in self._kept_offences}
        if not new:
            return
        self._kept_offences |= {(network_id, name) for name in new}
        with self.storage.writing() as connection:
            unit = Unit(self, connection, network_id, "core")
            for name in sorted(new):
                plugins.suspend(unit, name, str(offences[name].problems[0].message))
            unit.flush()
