"""Import of openings: what clients had in a branch before its history begins here (SEMANTICS 2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from loyalty_core.facts.invoice import Opening
from loyalty_core.services import openings
from loyalty_web.erp.importing import columns
from loyalty_web.erp.importing.columns import Column
from loyalty_web.erp.importing.importer import Importer
from loyalty_web.erp.importing.sheet import Record


class Openings(Importer):
    """Sums and visits of known clients at known branches, as of a date; one that is recorded never changes."""

    kind = "openings"
    columns = (
        Column("external_id", columns.external_id),
        Column("branch", columns.external_id),
        Column("client", columns.external_id),
        Column("opened_on", columns.day),
        Column("visits", columns.whole),
        Column("no_shows", columns.whole, required=False),
        Column("listed", columns.money),
        Column("invoiced", columns.money),
        Column("paid", columns.money),
        Column("last_visit_on", columns.day, required=False),
    )

    def save(self, records: Sequence[Record]) -> None:
        """Record openings; the same one again changes nothing, a different one under its id is refused."""
        inputs, lines = [], []
        for record, branch_id, client_id in self.of_clients(records):
            values = record.values
            inputs.append(
                Opening(
                    self.source,
                    values["external_id"],
                    branch_id,
                    client_id,
                    opened_on=values["opened_on"],
                    visits=values["visits"],
                    no_shows=values.get("no_shows") or 0,
                    listed_minor=values["listed"],
                    invoiced_minor=values["invoiced"],
                    paid_minor=values["paid"],
                    last_visit_on=values.get("last_visit_on"),
                )
            )
            lines.append((record.line,))
        new = self.hand_over(partial(openings.record_many, judge=False), inputs, lines) or ()
        self.counts.new += sum(new)
        self.counts.unchanged += len(new) - sum(new)
