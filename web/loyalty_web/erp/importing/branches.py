"""Import of branches."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from loyalty_core.facts import parsing
from loyalty_core.services.anchors import BranchInput, add_branches
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Branch
from loyalty_core.storage.work import table_of
from loyalty_web.erp.importing import columns
from loyalty_web.erp.importing.columns import Column, Forms
from loyalty_web.erp.importing.importer import Importer
from loyalty_web.erp.importing.sheet import Record

branch = table_of(Branch)
_known = select(branch.c.external_id, branch.c.name, branch.c.time_zone).where(branch.c.network_id == THIS_NETWORK)


def time_zone(text: str, forms: Forms) -> str:
    """Read the name of a time zone."""
    return parsing.time_zone(text)


class Branches(Importer):
    """Branches with their names and time zones; a known one is updated."""

    kind = "branches"
    columns = (
        Column("external_id", columns.external_id),
        Column("name", columns.name),
        Column("time_zone", time_zone),
    )

    def save(self, records: Sequence[Record]) -> None:
        """Create or update branches; a time zone in use cannot change."""
        known = {row["external_id"]: BranchInput(**row) for row in self.unit.execute(_known).mappings()}
        kept = [each for each in records if self.once(each.line, "external_id", each.values["external_id"])]
        branches = [BranchInput(**record.values) for record in kept]
        if self.hand_over(add_branches, branches, [(record.line,) for record in kept]) is None:
            return
        for given in branches:
            old = known.get(given.external_id)
            self.counts.new += old is None
            self.counts.unchanged += old == given
            self.counts.changed += old is not None and old != given
