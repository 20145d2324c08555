"""Issue an invoice: price it again as it was quoted, and book it (SEMANTICS 6, *Tender* and *States*).

It is priced again at the instant and with the configuration of the quote. What the client sees is what is booked;
when the answer differs, nothing is written and the caller gets the new price.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.draft import Draft
from loyalty_core.facts.invoice import LINE_KINDS, SaleState
from loyalty_core.facts.money import Money
from loyalty_core.facts.staff import Staff
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services.idempotency import fingerprint, once
from loyalty_core.services.invoices import tickets
from loyalty_core.services.invoices.deciding import decision_row
from loyalty_core.services.invoices.quoting import MANUAL, Quote, quote
from loyalty_core.services.invoices.rows import LOCK_VISITS, settle_sales, state_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Adjustment, Decision, Sale, SaleLine
from loyalty_core.storage.work import Row, table_of

sale = table_of(Sale)
_known = select(sale.c.id).where(
    sale.c.network_id == THIS_NETWORK,
    sale.c.source == bindparam("of_source"),
    sale.c.external_id == bindparam("of_external"),
)


class PriceChanged(Refused):
    """What was quoted is not what it costs now; `quote` is the new price, with a ticket of its own."""

    def __init__(self, problem: Problem, quoted: Quote) -> None:
        super().__init__(problem)
        self.quote = quoted


@dataclass(frozen=True, slots=True)
class IssuedSale:
    """An invoice that was issued: its id, state, and what is owed, in minor units."""

    id: int
    state: SaleState
    owed_minor: int


def ticket_of(unit: Unit, quoted: Quote) -> str:
    """Return the signed ticket by which a quote can be issued within 15 minutes."""
    ticket = tickets.Ticket(unit.network_id, quoted.priced_at, quoted.config_version, quoted.fingerprint)
    return tickets.sign(ticket, unit.secret)


def issue(unit: Unit, draft: Draft, ticket: str, staff: Staff, key: str | None = None) -> IssuedSale:
    """Issue an invoice as it was quoted; with `key` the same call again gets the same answer.

    Raises `PriceChanged` with the codes `quote_expired` and `price_changed` and a new quote, `Refused` with
    `bad_ticket`, `already_issued`, and what `quote` finds.
    """

    def effect() -> dict[str, Any]:
        issued = _issue(unit, draft, ticket, staff)
        return {"id": issued.id, "state": issued.state.value, "owed": issued.owed_minor}

    in_order = replace(draft, taken_off=frozenset())  # a set is shown in another order by another process
    request = ["invoices.issue", fingerprint(repr(in_order)), sorted(draft.taken_off), ticket]
    answer = once(unit, key, request, effect)
    return IssuedSale(answer["id"], SaleState(answer["state"]), answer["owed"])


def _issue(unit: Unit, draft: Draft, ticket: str, staff: Staff) -> IssuedSale:
    shown = tickets.read(ticket, unit.secret)
    if shown.network_id != unit.network_id:
        raise Refused(Problem("bad_ticket", _("Price the invoice again: this quote is not ours."), ("ticket",)))
    unit.lock_standing(exclusive=False)
    unit.lock_names("invoice", [(draft.source, draft.external_id)])
    if unit.execute(_known, {"of_source": draft.source, "of_external": draft.external_id}).first() is not None:
        raise Refused(Problem("already_issued", _("This invoice is issued already."), ("external_id",)))
    if is_id(draft.visit_id):
        unit.execute(LOCK_VISITS, {"ids": [draft.visit_id]}).all()
    if not unit.now - tickets.HOLDS <= shown.priced_at <= unit.now:
        text = _("The price was 15 minutes old: look at it again, then issue.")
        raise PriceChanged(Problem("quote_expired", text, ("ticket",)), quote(unit, draft, staff))
    with unit.configured_as_of(shown.config_version) as known:
        quoted = quote(unit, draft, staff, at=shown.priced_at) if known else None
    if quoted is None or quoted.fingerprint != shown.fingerprint:
        now = quote(unit, draft, staff)
        raise PriceChanged(Problem("price_changed", _changed(now), ("ticket",)), now)
    return _book(unit, quoted)


def _changed(now: Quote) -> Message:
    return _(
        "The price changed while you were working: now %(owed)s. Look at it, then issue.",
        owed=Money(now.priced.owed_minor, now.currency),
    )


def _book(unit: Unit, quoted: Quote) -> IssuedSale:
    draft, priced, id_ = quoted.draft, quoted.priced, unit.ids.next()
    listed, owed = priced.listed_minor, priced.owed_minor
    assert 0 <= owed <= listed, "a discount lies between nothing and everything"
    state = state_of(owed, 0)
    unit.insert(
        Sale,
        [
            {
                "id": id_,
                "source": draft.source,
                "external_id": draft.external_id,
                "branch_id": draft.branch_id,
                "client_id": draft.client_id,
                "visit_id": draft.visit_id,
                "state": state.value,
                "origin": "priced",
                "issued_at": unit.now,
                "recorded_at": unit.now,
                "local_day": unit.configuration.local_day(draft.branch_id, unit.now),
                "listed_minor": listed,
                "discount_minor": listed - owed,
                "owed_minor": owed,
                "paid_minor": 0,
                "returned_minor": 0,
                "fingerprint": quoted.fingerprint,
                "config_version": quoted.config_version,
            }
        ],
    )
    unit.insert(SaleLine, list(_lines(id_, quoted)))
    unit.insert(Adjustment, list(_adjustments(unit, id_, quoted)))
    unit.insert(Decision, [decision_row(id_, quoted)])
    if draft.client_id is not None:
        settle_sales(unit, [(id_, draft.visit_id)], f"invoice:{id_}")
    after = {"listed": listed, "owed": owed, "state": state.value}
    unit.audit("invoice.issued", f"invoice:{id_}", None, after, client_id=draft.client_id)
    unit.emit("invoice_issued", {"invoice": str(id_), "state": state.value}, draft.client_id)
    return IssuedSale(id_, state, owed)


def _lines(sale_id: int, quoted: Quote) -> Iterator[Row]:
    priced = {line.key: line for line in quoted.priced.lines}
    for number, line in enumerate(quoted.draft.lines, 1):
        each = priced[line.key]
        counts = LINE_KINDS[line.kind].counts_in_totals and line.flags.counts_in_totals
        yield {
            "sale_id": sale_id,
            "number": number,
            "key": line.key,
            "item": line.item,
            "name": line.name,
            "category": line.categories[0] if line.categories else "",
            "kind": line.kind,
            "counts": counts,
            "quantity_milli": line.quantity_milli,
            "unit_price_minor": line.unit_price_minor,
            "listed_minor": each.listed_total_minor,
            "discount_minor": each.off_minor,
            "returned_milli": 0,
            "third_party_minor": line.third_party_minor,
            "tax_rate_bp": line.tax.rate_bp,
            "tax_included": line.tax.included,
            "tax_minor": each.tax_minor,
        }


def _adjustments(unit: Unit, sale_id: int, quoted: Quote) -> Iterator[Row]:
    """Yield what was taken off each line, with tax, in the order it was taken."""
    considered = {each.reference: each for each in quoted.priced.considered}
    lines = {line.key: line for line in quoted.invoice.lines}
    for number, line in enumerate(quoted.draft.lines, 1):
        priced, own = next(each for each in quoted.priced.lines if each.key == line.key), lines[line.key]
        for seq, step in enumerate(priced.steps, 1):
            amount = own.with_tax(step.before_minor) - own.with_tax(step.after_minor)
            if not amount:
                continue
            by_hand = step.reference == MANUAL and quoted.draft.manual is not None
            plugin, _colon, offer = step.reference.partition(":")
            yield {
                "sale_id": sale_id,
                "line_number": number,
                "seq": seq,
                "reason": quoted.draft.manual.reason if by_hand and quoted.draft.manual else "",
                "amount_minor": amount,
                "lane": step.lane,
                "plugin": plugin,
                "offer": offer,
                "version_id": considered[step.reference].version_id,
                "actor": unit.actor if by_hand else None,
            }
