"""Import of finished invoices, one row per line (SEMANTICS 6, *Recorded invoices*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from loyalty_core.errors import Problem
from loyalty_core.facts.invoice import RecordedAdjustment, RecordedInvoice, RecordedLine
from loyalty_core.facts.money import MILLI, round_ratio
from loyalty_core.messages import gettext as _
from loyalty_core.services import invoices, visits
from loyalty_core.services.unit import Unit
from loyalty_web.erp.importing import columns
from loyalty_web.erp.importing.columns import Column
from loyalty_web.erp.importing.importer import Importer
from loyalty_web.erp.importing.items import KnownItem, category_path, item_kind, known_items
from loyalty_web.erp.importing.sheet import Record

HEADING = ("branch", "client", "visit", "issued_at")
"""Columns that say the same on every row of an invoice."""

DISCOUNT = "discount"
"""The reason of a discount that the file gives none for."""


class Invoices(Importer):
    """Invoice lines, rows of one invoice wherever in the file; what is recorded never changes."""

    kind = "invoices"
    group = "invoice"
    columns = (
        Column("invoice", columns.external_id),
        Column("branch", columns.external_id),
        Column("client", columns.external_id, required=False),
        Column("visit", columns.external_id, required=False),
        Column("issued_at", columns.moment),
        Column("line", columns.external_id, required=False),
        Column("item", columns.external_id),
        Column("category", category_path, required=False),
        Column("kind", item_kind, required=False),
        Column("quantity", columns.quantity, required=False),
        Column("unit_price", columns.money, required=False),
        Column("listed", columns.money),
        Column("discount", columns.money, required=False),
        Column("discount_reason", columns.name, required=False),
        Column("adjustments", columns.shares, required=False),
        Column("invoiced", columns.money),
    )
    fields = MappingProxyType({"external_id": "invoice", "key": "line"})

    def __init__(self, unit: Unit, source: str, titles: Mapping[str, str], problems: list[Problem]) -> None:
        super().__init__(unit, source, titles, problems)
        self._items: dict[str, KnownItem | None] = {}

    def save(self, records: Sequence[Record]) -> None:
        """Record invoices; the same one again changes nothing, a different one under its id is refused."""
        by_invoice: dict[str, list[Record]] = {}
        for record in records:
            by_invoice.setdefault(record.values["invoice"], []).append(record)
        clients = self.clients(records)
        known_visits = self._visits(records)
        self._look_up_items(records)
        inputs, lines = [], []
        for rows in by_invoice.values():
            invoice = self._invoice(rows, clients, known_visits)
            if invoice is not None:
                inputs.append(invoice)
                lines.append([row.line for row in rows])
        for each in self.hand_over(partial(invoices.record_many, judge=False), inputs, lines) or ():
            self.counts.new += each.changed
            self.counts.unchanged += not each.changed

    def column_of(self, field: str) -> str:
        """Return the column of a field; an adjustment may have come as a plain discount."""
        return "discount" if field == "adjustments" and field not in self.titles else super().column_of(field)

    def _visits(self, records: Sequence[Record]) -> Mapping[str, int]:
        named = dict.fromkeys(record.values.get("visit") for record in records)
        return visits.known(self.unit, self.source, [name for name in named if name is not None])

    def _look_up_items(self, records: Sequence[Record]) -> None:
        new = {record.values["item"] for record in records} - self._items.keys()
        found = known_items(self.unit, new)
        self._items.update((external_id, found.get(external_id)) for external_id in new)

    def _invoice(
        self, rows: Sequence[Record], clients: Mapping[str, int], known_visits: Mapping[str, int]
    ) -> RecordedInvoice | None:
        """Return the invoice that some rows are, or nothing when they do not make one."""
        first, mistakes = rows[0], len(self.problems)
        self.once(first.line, "invoice", first.values["invoice"])
        for row in rows[1:]:
            self._check_heading(first, row)
        branch_id = self.branch(first)
        client_id = self._reference(first, "client", clients)
        visit_id = self._reference(first, "visit", known_visits)
        lines = [self._line(row, number) for number, row in enumerate(rows, 1)]
        if branch_id is None or len(self.problems) > mistakes:
            return None
        return RecordedInvoice(
            self.source,
            first.values["invoice"],
            branch_id,
            client_id,
            visit_id,
            self.local(first.values["issued_at"], branch_id),
            tuple(line for line in lines if line is not None),
        )

    def _check_heading(self, first: Record, row: Record) -> None:
        for column in HEADING:
            if row.values.get(column) != first.values.get(column):
                message = _("This differs from line %(line)s of the same invoice.", line=str(first.line))
                self.refuse(row.line, column, "heading_differs", message)

    def _reference(self, row: Record, column: str, known: Mapping[str, int]) -> int | None:
        """Return the id of what a row refers to, if it refers to anything."""
        external_id = row.values.get(column)
        if external_id is not None and external_id not in known:
            self.unknown(row.line, column, external_id)
        return known.get(external_id) if external_id is not None else None

    def _line(self, row: Record, number: int) -> RecordedLine | None:
        values = row.values
        item = self._items[values["item"]]
        of_kind = values.get("kind") or (item and item.kind)
        in_category = values.get("category") or (item and item.category)
        if not of_kind or not in_category:
            message = _("This item is not known: import it first, or give the line's category and kind.")
            self.refuse(row.line, "item", "unknown_item", message)
            return None
        quantity = values.get("quantity") or MILLI
        price = values.get("unit_price")
        return RecordedLine(
            key=values.get("line") or str(number),
            item=values["item"],
            category=in_category,
            kind=of_kind,
            quantity_milli=quantity,
            unit_price_minor=round_ratio(values["listed"] * MILLI, quantity) if price is None else price,
            listed_minor=values["listed"],
            invoiced_minor=values["invoiced"],
            adjustments=_adjustments(values),
        )


def _adjustments(values: Mapping[str, Any]) -> tuple[RecordedAdjustment, ...]:
    found = [RecordedAdjustment(reason, amount) for reason, amount in values.get("adjustments") or ()]
    if values.get("discount"):
        found.append(RecordedAdjustment(values.get("discount_reason") or DISCOUNT, values["discount"]))
    return tuple(found)
