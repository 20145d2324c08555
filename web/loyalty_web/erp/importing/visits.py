"""Import of visits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from loyalty_core.facts import parsing
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services import visits
from loyalty_web.erp.importing import columns
from loyalty_web.erp.importing.columns import Column, Forms
from loyalty_web.erp.importing.importer import Importer
from loyalty_web.erp.importing.sheet import Record

STATUSES = tuple(status.value for status in VisitStatus)


def status(text: str, forms: Forms) -> VisitStatus:
    """Read the status of a visit."""
    return VisitStatus(parsing.one_of(text, STATUSES))


class Visits(Importer):
    """Visits of known clients to known branches; a visit that has changed is updated."""

    kind = "visits"
    columns = (
        Column("external_id", columns.external_id),
        Column("branch", columns.external_id),
        Column("client", columns.external_id),
        Column("status", status),
        Column("starts_at", columns.moment),
    )

    def save(self, records: Sequence[Record]) -> None:
        """Save visits; one that is known and has not changed stays as it is."""
        inputs, lines = [], []
        for record, branch_id, client_id in self.of_clients(records):
            external_id, state = record.values["external_id"], record.values["status"]
            starts_at = self.local(record.values["starts_at"], branch_id)
            inputs.append(VisitInput(self.source, external_id, branch_id, client_id, state, starts_at))
            lines.append((record.line,))
        for each in self.hand_over(partial(visits.save_many, judge=False), inputs, lines) or ():
            self.counts.unchanged += not each.changed
            self.counts.new += each.changed and each.revision == 1
            self.counts.changed += each.changed and each.revision > 1
