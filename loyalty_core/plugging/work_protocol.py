"""The unit of work as a plugin sees it: write own rows, keep a record, look up what they hang on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Executable, Result, bindparam, select

from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.tables import Visit
from loyalty_core.storage.work import table_of


class Work(Protocol):
    """One network, one actor, one instant, one transaction: what a plugin's own writing goes through.

    The host opens it and commits or rolls back; a plugin does neither.
    """

    @property
    def network_id(self) -> int:
        """The network that everything belongs to."""
        ...

    @property
    def actor(self) -> str:
        """Who does it."""
        ...

    @property
    def now(self) -> datetime:
        """When: one aware UTC instant for the whole unit."""
        ...

    def execute(self, statement: Executable, params: Mapping[str, Any] | None = None) -> Result[Any]:
        """Run one statement, each of its tables tied to `THIS_NETWORK`; `params` are its other parameters."""
        ...

    def insert(self, model: type[Base], rows: list[dict[str, Any]]) -> None:
        """Insert rows of one table, adding the network's id; every row has the same keys."""
        ...

    def audit(
        self,
        action: str,
        subject: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
        *,
        client_id: int | None = None,
        scope_id: int | None = None,
        cause: str = "",
        reason: str | None = None,
    ) -> None:
        """Keep a record of one change: what it was, what it is, why; actor and instant are the unit's."""
        ...


LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """A visit that exists, with what it hangs on."""

    id: int
    client_id: int
    branch_id: int


_visit = table_of(Visit)
_known = (
    select(_visit.c.id, _visit.c.client_id, _visit.c.branch_id)
    .where(
        _visit.c.network_id == THIS_NETWORK,
        _visit.c.id == bindparam("visit_id"),
        _visit.c.deleted_at.is_(None),
    )
    .with_for_update(key_share=True)
)


def known_visit(work: Work, visit_id: int) -> KnownVisit | None:
    """Return a visit of this network that is not deleted, or nothing; a visit elsewhere is as good as none.

    It stays locked until the unit ends, so that two changes of what hangs on one visit follow each other.
    """
    if type(visit_id) is not int or not 0 < visit_id <= LARGEST_ID:
        return None
    row = work.execute(_known, {"visit_id": visit_id}).first()
    return None if row is None else KnownVisit(row.id, row.client_id, row.branch_id)
