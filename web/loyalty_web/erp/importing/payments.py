"""Import of payments on recorded invoices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.facts.invoice import PaymentShare, RecordedPayment
from loyalty_core.messages import gettext as _
from loyalty_core.services import invoices
from loyalty_core.services.chunks import chunks
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Payment, Sale
from loyalty_core.storage.work import table_of
from loyalty_web.erp.importing import columns
from loyalty_web.erp.importing.columns import Column
from loyalty_web.erp.importing.importer import Importer
from loyalty_web.erp.importing.sheet import Record

sale, payment = table_of(Sale), table_of(Payment)
_sales = select(sale.c.external_id, sale.c.id, sale.c.branch_id).where(
    sale.c.network_id == THIS_NETWORK,
    sale.c.source == bindparam("of_source"),
    sale.c.external_id.in_(bindparam("ids", expanding=True)),
)
_recorded = select(payment.c.sale_id, payment.c.external_id, payment.c.paid_at).where(
    payment.c.network_id == THIS_NETWORK, payment.c.sale_id.in_(bindparam("ids", expanding=True))
)


class Payments(Importer):
    """Payments by their ids within an invoice; what is recorded never changes."""

    kind = "payments"
    columns = (
        Column("invoice", columns.external_id),
        Column("external_id", columns.external_id),
        Column("tender", columns.external_id),
        Column("amount", columns.money),
        Column("paid_at", columns.moment),
        Column("shares", columns.shares, required=False),
    )
    fields = MappingProxyType({"sale_id": "invoice"})

    def save(self, records: Sequence[Record]) -> None:
        """Record payments; the same one again changes nothing, a different one under its id is refused."""
        sales = self._sales({record.values["invoice"] for record in records})
        recorded = self._recorded(sorted({sale_id for sale_id, _branch in sales.values()}))
        inputs, lines, new = [], [], 0
        for record in records:
            invoice, external_id = record.values["invoice"], record.values["external_id"]
            first = self.once(record.line, "external_id", (invoice, external_id))
            if invoice not in sales:
                self.unknown(record.line, "invoice", invoice)
            elif first:
                sale_id, branch_id = sales[invoice]
                payment = self._payment(record.values, branch_id)
                before = recorded.get((sale_id, external_id))
                if before is not None and before != payment.paid_at:
                    message = _("This payment was recorded with another time.")
                    self.refuse(record.line, "paid_at", "recorded_differently", message)
                    continue
                self.touched(branch_id)
                new += before is None
                inputs.append((sale_id, payment))
                lines.append((record.line,))
        if self.hand_over(partial(invoices.record_payments, judge=False), inputs, lines) is not None:
            self.counts.new += new
            self.counts.unchanged += len(inputs) - new

    def _payment(self, values: Mapping[str, Any], branch_id: int) -> RecordedPayment:
        shares = tuple(PaymentShare(*share) for share in values.get("shares") or ())
        paid_at = self.local(values["paid_at"], branch_id)
        return RecordedPayment(values["external_id"], values["tender"], values["amount"], paid_at, shares)

    def _sales(self, external_ids: set[str]) -> dict[str, tuple[int, int]]:
        """Return the ids of recorded invoices and of their branches."""
        found: dict[str, tuple[int, int]] = {}
        for some in chunks(sorted(external_ids)):
            rows = self.unit.execute(_sales, {"of_source": self.source, "ids": some}).all()
            found.update((row.external_id, (row.id, row.branch_id)) for row in rows)
        return found

    def _recorded(self, sale_ids: Sequence[int]) -> dict[tuple[int, str], datetime]:
        """Return the times of the payments already recorded on some invoices."""
        found: dict[tuple[int, str], datetime] = {}
        for some in chunks(sale_ids):
            for row in self.unit.execute(_recorded, {"ids": some}).all():
                found[row.sale_id, row.external_id] = row.paid_at
        return found
