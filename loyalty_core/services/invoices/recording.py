"""Record finished invoices from elsewhere: checked, counted by the rules, never changed (SEMANTICS 6)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.engine.checking import check_invoice
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import LINE_KINDS, RecordedInvoice, SaleState
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import tender_flags, unknown_clients
from loyalty_core.services.chunks import chunks
from loyalty_core.services.externals import ids_by_external, rows_by_external
from loyalty_core.services.idempotency import once
from loyalty_core.services.invoices.paying import payment_rows
from loyalty_core.services.invoices.rows import LOCK_VISITS, RecordedSale, settle_sales, state_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Adjustment, Payment, PaymentLine, Sale, SaleLine
from loyalty_core.storage.work import Row, table_of

sale = table_of(Sale)
_by_external = select(sale.c.external_id, sale.c.id, sale.c.state, sale.c.fingerprint).where(
    sale.c.network_id == THIS_NETWORK,
    sale.c.source == bindparam("of_source"),
    sale.c.external_id.in_(bindparam("ids", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class _Visit:
    branch_id: int
    client_id: int


def record(unit: Unit, invoice: RecordedInvoice, key: str | None = None) -> RecordedSale:
    """Record one finished invoice; the same one again changes nothing.

    Raises `Refused`, see `record_many`; with `key` the same call again gets the same answer.
    """
    problems = check_invoice(invoice)
    if problems:
        raise Refused(problems)

    def effect() -> dict[str, Any]:
        try:
            done = _record(unit, [invoice], judge=True)[0]
        except Refused as refused:
            raise refused.of_one() from None
        return {"id": done.id, "state": done.state.value, "changed": done.changed}

    answer = once(unit, key, ["invoices.record", _fingerprint(invoice)], effect)
    return RecordedSale(answer["id"], SaleState(answer["state"]), answer["changed"])


def record_many(unit: Unit, invoices: Sequence[RecordedInvoice], *, judge: bool = True) -> list[RecordedSale]:
    """Record finished invoices in one go. With `judge` false standing and events are left to the caller.

    Raises `Refused` with every problem found: sums that do not hold (see `engine.checking`), unknown branch, client,
    visit or tender, a client or branch other than the visit's, or an id that was recorded with other content
    (`recorded_differently`).
    """
    problems = [problem.under(number) for number, each in enumerate(invoices) for problem in check_invoice(each)]
    if problems:
        raise Refused(problems)
    return _record(unit, invoices, judge=judge)


def _record(unit: Unit, invoices: Sequence[RecordedInvoice], *, judge: bool) -> list[RecordedSale]:
    """Record invoices whose own figures hold."""
    unit.lock_standing(exclusive=not judge)
    if judge:
        unit.lock_names("invoice", ((each.source, each.external_id) for each in invoices))
    flags = tender_flags(unit)
    prints = [_fingerprint(invoice) for invoice in invoices]
    before = rows_by_external(unit, _by_external, ((each.source, each.external_id) for each in invoices))
    problems = list(_reference_problems(unit, invoices, flags, before))
    for number, each in enumerate(invoices):
        old = before.get((each.source, each.external_id))
        if old is not None and old.fingerprint != prints[number]:
            text = _("This invoice was recorded with other content: void or refund it and send a new one.")
            problems.append(Problem("recorded_differently", text, (number, "external_id")))
    if problems:
        raise Refused(problems)
    done: list[RecordedSale] = []
    new: list[tuple[int, RecordedInvoice]] = []
    rows = _Rows()
    for each, print_ in zip(invoices, prints, strict=True):
        old = before.get((each.source, each.external_id))
        if old is not None:
            done.append(RecordedSale(old.id, SaleState(old.state), changed=False))
            continue
        id_ = unit.ids.next()
        state = rows.add(unit, id_, each, print_, flags)
        new.append((id_, each))
        done.append(RecordedSale(id_, state, changed=True))
    rows.insert(unit)
    cause = f"invoice:{new[0][0]}" if len(new) == 1 else "invoices"
    settle_sales(unit, ((id_, each.visit_id) for id_, each in new if each.client_id is not None), cause, judge=judge)
    if judge:
        for id_, each in new:
            unit.emit("invoice_recorded", {"invoice": str(id_)}, each.client_id)
    return done


def known(unit: Unit, source: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Return the ids of those sales that a source system's ids are known for."""
    return ids_by_external(unit, _by_external, source, external_ids)


def _reference_problems(
    unit: Unit, invoices: Sequence[RecordedInvoice], flags: Mapping[str, bool], before: Collection[tuple[str, str]]
) -> Iterator[Problem]:
    """Check what an invoice points at; its visits stay locked until the unit ends.

    The visit of an invoice recorded `before` may be gone by now, or another client's, if the invoice is void.
    """
    branches = unit.configuration.branches
    strangers = unknown_clients(unit, {each.client_id for each in invoices if each.client_id is not None})
    visits: dict[int, _Visit] = {}
    for some in chunks(sorted({each.visit_id for each in invoices if is_id(each.visit_id)})):
        for row in unit.execute(LOCK_VISITS, {"ids": some}):
            visits[row.id] = _Visit(row.branch_id, row.client_id)
    seen: set[tuple[str, str]] = set()
    for number, each in enumerate(invoices):
        if (each.source, each.external_id) in seen:
            yield Problem("invoice_twice", _("This invoice is named twice."), (number, "external_id"))
        seen.add((each.source, each.external_id))
        if each.branch_id not in branches:
            yield Problem("unknown_branch", _("There is no such branch."), (number, "branch_id"))
        if each.client_id is not None and each.client_id in strangers:
            yield Problem("unknown_client", _("There is no such client."), (number, "client_id"))
        if each.visit_id is not None and (each.source, each.external_id) not in before:
            yield from (problem.under(number) for problem in _visit_problems(each, visits.get(each.visit_id)))
        for place, payment in enumerate(each.payments):
            if payment.tender not in flags:
                text = _("There is no way of paying called %(tender)s.", tender=payment.tender)
                yield Problem("unknown_tender", text, (number, "payments", place, "tender"))


def _visit_problems(invoice: RecordedInvoice, visit: _Visit | None) -> Iterator[Problem]:
    if visit is None:
        yield Problem("unknown_visit", _("There is no such visit."), ("visit_id",))
    elif visit.client_id != invoice.client_id:
        yield Problem("other_client", _("The visit is another client's."), ("client_id",))
    elif visit.branch_id != invoice.branch_id:
        yield Problem("other_branch", _("The visit is at another branch."), ("branch_id",))


def _fingerprint(invoice: RecordedInvoice) -> str:
    """Return the SHA-256 of the invoice as it was sent, from its canonical JSON."""
    lines = [
        [
            *(each.key, each.item, each.category, each.kind, each.quantity_milli, each.unit_price_minor),
            *(each.listed_minor, each.invoiced_minor),
            [[adjustment.reason, adjustment.amount_minor] for adjustment in each.adjustments],
        ]
        for each in invoice.lines
    ]
    payments = [
        [
            *(each.external_id, each.tender, each.amount_minor, _utc(each.paid_at)),
            [[share.line, share.amount_minor] for share in each.shares],
        ]
        for each in invoice.payments
    ]
    body = [
        *(invoice.source, invoice.external_id, invoice.branch_id, invoice.client_id, invoice.visit_id),
        *(_utc(invoice.issued_at), lines, payments),
    ]
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


class _Rows:
    """The rows of new sales, collected so that each table takes one call."""

    def __init__(self) -> None:
        self.sales: list[Row] = []
        self.lines: list[Row] = []
        self.adjustments: list[Row] = []
        self.payments: list[Row] = []
        self.payment_lines: list[Row] = []

    def add(
        self, unit: Unit, id_: int, invoice: RecordedInvoice, fingerprint: str, flags: Mapping[str, bool]
    ) -> SaleState:
        """Collect the rows of one invoice and return the state it is in."""
        due = [each.invoiced_minor for each in invoice.lines]
        listed, owed = sum(each.listed_minor for each in invoice.lines), sum(due)
        for payment in invoice.payments:
            row, shares = payment_rows(unit.ids.next(), id_, invoice.lines, payment, due, flags)
            self.payments.append(row)
            self.payment_lines.extend(shares)
        paid = sum(each.amount_minor for each in invoice.payments)
        state = state_of(owed, paid)
        self.sales.append(
            {
                "id": id_,
                "source": invoice.source,
                "external_id": invoice.external_id,
                "branch_id": invoice.branch_id,
                "client_id": invoice.client_id,
                "visit_id": invoice.visit_id,
                "state": state.value,
                "origin": "recorded",
                "issued_at": invoice.issued_at,
                "recorded_at": unit.now,
                "local_day": unit.configuration.local_day(invoice.branch_id, invoice.issued_at),
                "listed_minor": listed,
                "discount_minor": listed - owed,
                "owed_minor": owed,
                "paid_minor": paid,
                "returned_minor": 0,
                "fingerprint": fingerprint,
            }
        )
        self._add_lines(id_, invoice)
        return state

    def _add_lines(self, sale_id: int, invoice: RecordedInvoice) -> None:
        for number, each in enumerate(invoice.lines, 1):
            self.lines.append(
                {
                    "sale_id": sale_id,
                    "number": number,
                    "key": each.key,
                    "item": each.item,
                    "category": each.category,
                    "kind": each.kind,
                    "counts": LINE_KINDS[each.kind].counts_in_totals,
                    "quantity_milli": each.quantity_milli,
                    "unit_price_minor": each.unit_price_minor,
                    "listed_minor": each.listed_minor,
                    "discount_minor": each.listed_minor - each.invoiced_minor,
                    "returned_milli": 0,
                }
            )
            for seq, given in enumerate(each.adjustments, 1):
                place = {"sale_id": sale_id, "line_number": number, "seq": seq}
                self.adjustments.append({**place, "reason": given.reason, "amount_minor": given.amount_minor})

    def insert(self, unit: Unit) -> None:
        """Write what was collected, parents first."""
        unit.insert(Sale, self.sales)
        unit.insert(SaleLine, self.lines)
        unit.insert(Adjustment, self.adjustments)
        unit.insert(Payment, self.payments)
        unit.insert(PaymentLine, self.payment_lines)
