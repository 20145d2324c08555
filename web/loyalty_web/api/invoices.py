"""Invoices: issue as quoted, record what was sold elsewhere, pay, give back, void, look up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Response, url_for

from loyalty_core.errors import Refused
from loyalty_core.facts.invoice import RecordedPayment, SaleState
from loyalty_core.services import invoices
from loyalty_core.services.idempotency import fingerprint, once
from loyalty_core.services.invoices import RecordedSale, issuing
from loyalty_core.services.invoices import showing as sold
from loyalty_core.services.invoices.deciding import decision_of
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.api import problems, showing
from loyalty_web.api.blueprint import ApiBlueprint, answer
from loyalty_web.api.callers import staff_at
from loyalty_web.api.drafts import IssueBody, draft_of
from loyalty_web.api.naming import named
from loyalty_web.api.references import invoice_of
from loyalty_web.api.sales import PaymentBody, ReasonBody, RecordedBody, RefundBody, recorded_of
from loyalty_web.api.shown import InvoiceShown, IssuedShown, SaleShown
from loyalty_web.api.working import writing
from loyalty_web.permissions import RECORD

ISSUE, VIEW, REFUND, VOID = "invoices.issue", "invoices.view", "invoices.refund", "invoices.void"

api = ApiBlueprint("invoices", __name__, "Issue, record, pay, give back, void, look up.")


@api.call("POST", "", ISSUE, takes=IssueBody(), gives={201: IssuedShown})
def issue_invoice(body: dict[str, Any], key: str) -> Response:
    """Issue an invoice at the price that was quoted.

    It is priced again as of the quote. Where the answer would differ, or the quote is older than 15 minutes, nothing
    is written: 409 with `price_changed` or `quote_expired`, and the new quote with its own ticket in `quote`.
    """
    try:
        with writing() as unit, named("draft"):
            draft = draft_of(unit, body["draft"], ISSUE)
            issued = issuing.issue(unit, draft, body["ticket"], staff_at(draft.branch_id), key)
    except issuing.PriceChanged as changed:
        with requests.reading() as unit:
            return problems.problem(409, changed.problems, quote=showing.quote(unit, changed.quote))
    shown = {"id": str(issued.id), "state": issued.state.value, "owed_minor": issued.owed_minor}
    return _made(shown, 201)


@api.call("POST", "/recorded", RECORD, takes=RecordedBody(), gives={201: SaleShown, 200: SaleShown})
def record_invoice(body: dict[str, Any], key: str) -> Response:
    """Record a finished invoice from elsewhere.

    Its sums are checked and it counts; its price is never changed. The same invoice again changes nothing.
    """
    with writing() as unit, named():
        done = invoices.record(unit, recorded_of(unit, body, RECORD), key)
    return _made(_sale(done), 201 if done.changed else 200)


@api.call("GET", "/<sale_id>", VIEW, gives={200: InvoiceShown}, keyed=False)
def look_up_invoice(sale_id: str) -> Response:
    """Look up an invoice, with the decision where it was priced here."""
    with requests.reading() as unit:
        found = sold.invoice(unit, invoice_of(unit, sale_id, VIEW))
        assert found is not None, "it was found a statement ago, in the same transaction"
        return answer(showing.invoice(unit, found, decision_of(unit, found.id)))


@api.call("POST", "/<sale_id>/payments", ISSUE, takes=PaymentBody(), gives={200: SaleShown})
def pay_invoice(payment: RecordedPayment, sale_id: str, key: str) -> Response:
    """Record a payment of an invoice. The same payment again changes nothing."""
    with writing() as unit, named():
        id_ = invoice_of(unit, sale_id, ISSUE)
        request = ["api.invoices.pay", id_, fingerprint(asdict(payment))]
        done = once(unit, key, request, lambda: _sale(_paid(unit, id_, payment)))
    return answer(done)


@api.call("POST", "/<sale_id>/refunds", REFUND, takes=RefundBody(), gives={200: SaleShown})
def refund_lines(body: dict[str, Any], sale_id: str, key: str) -> Response:
    """Give back lines, or parts of their quantity: what they were paid with, tender by tender."""
    return _done(sale_id, REFUND, lambda unit, id_: invoices.refund(unit, id_, body["lines"], body["reason"], key))


@api.call("POST", "/<sale_id>/void", VOID, takes=ReasonBody(), gives={200: SaleShown})
def void_invoice(body: dict[str, Any], sale_id: str, key: str) -> Response:
    """Void an invoice on which no money lies: as if it had not been issued."""
    return _done(sale_id, VOID, lambda unit, id_: invoices.void(unit, id_, body["reason"], key))


def _paid(unit: Unit, id_: int, payment: RecordedPayment) -> RecordedSale:
    try:
        return invoices.record_payments(unit, [(id_, payment)])[0]
    except Refused as refused:
        raise refused.of_one() from None


def _done(sale_id: str, permission: str, effect: Callable[[Unit, int], RecordedSale]) -> Response:
    with writing() as unit, named():
        done = effect(unit, invoice_of(unit, sale_id, permission))
    return answer(_sale(done))


def _sale(done: RecordedSale) -> dict[str, Any]:
    return {"id": str(done.id), "state": SaleState(done.state).value, "changed": done.changed}


def _made(shown: dict[str, Any], status: int) -> Response:
    response = answer(shown, status)
    response.headers["Location"] = url_for(".look_up_invoice", sale_id=shown["id"])
    return response
