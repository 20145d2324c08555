"""Finished invoices, payments and returns, as bodies say them (SEMANTICS 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, post_load

from loyalty_core.engine.checking import MAX_LINES
from loyalty_core.facts.invoice import (
    LINE_KINDS,
    PaymentShare,
    RecordedAdjustment,
    RecordedInvoice,
    RecordedLine,
    RecordedPayment,
    ReturnedLine,
)
from loyalty_core.services.unit import Unit
from loyalty_web.api.drafts import TOO_MANY_LINES, ReferenceBody
from loyalty_web.api.fields import Minor, Moment, Name, Part, Quantity, Several, Text, Word
from loyalty_web.api.references import LONGEST_SOURCE, branch_of, client_of, visit_of

MOST_ADJUSTMENTS = 50
MOST_PAYMENTS = 50
LONGEST_REASON = 1000

Loaded = Mapping[str, Any]


class AdjustmentBody(Schema):
    """A price reduction that was given elsewhere."""

    reason = Text(200, required=True)
    amount_minor = Minor(1, required=True)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> RecordedAdjustment:
        return RecordedAdjustment(**loaded)


class RecordedLineBody(Schema):
    """A line as it was sold: `invoiced_minor` is `listed_minor` less the adjustments; it is checked."""

    key = Name(required=True)
    item = Name(required=True)
    category = Text(200, required=True)
    kind = Word(tuple(LINE_KINDS), required=True)
    quantity_milli = Quantity(required=True)
    unit_price_minor = Minor(required=True)
    listed_minor = Minor(required=True)
    invoiced_minor = Minor(required=True)
    adjustments = Several(Part(AdjustmentBody), MOST_ADJUSTMENTS, load_default=list)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> RecordedLine:
        return RecordedLine(**{**loaded, "adjustments": tuple(loaded["adjustments"])})


class ShareBody(Schema):
    """What of a payment lies on one line, by the line's key."""

    line = Name(required=True)
    amount_minor = Minor(required=True)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> PaymentShare:
        return PaymentShare(**loaded)


class PaymentBody(Schema):
    """An amount paid by one tender; without `shares` it is laid on lines in proportion to what is still due."""

    external_id = Name(required=True)
    tender = Name(40, required=True)
    amount_minor = Minor(1, required=True)
    paid_at = Moment(required=True)
    shares = Several(Part(ShareBody), MAX_LINES, load_default=list)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> RecordedPayment:
        return RecordedPayment(**{**loaded, "shares": tuple(loaded["shares"])})


class RecordedBody(Schema):
    """A finished invoice: checked, counted, never priced again."""

    source = Name(LONGEST_SOURCE, required=True)
    external_id = Name(required=True)
    branch = Name(required=True)
    client = Part(ReferenceBody, allow_none=True, load_default=None)
    visit = Part(ReferenceBody, allow_none=True, load_default=None)
    issued_at = Moment(required=True)
    lines = Several(Part(RecordedLineBody), MAX_LINES, TOO_MANY_LINES, required=True)
    payments = Several(Part(PaymentBody), MOST_PAYMENTS, load_default=list)


class ReturnedLineBody(Schema):
    """A part of a line that comes back."""

    line = Name(required=True)
    quantity_milli = Quantity(required=True)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> ReturnedLine:
        return ReturnedLine(**loaded)


class RefundBody(Schema):
    """Lines that come back, and why."""

    lines = Several(Part(ReturnedLineBody), MAX_LINES, TOO_MANY_LINES, required=True)
    reason = Text(LONGEST_REASON, required=True)


class ReasonBody(Schema):
    """Why something is undone."""

    reason = Text(LONGEST_REASON, required=True)


def recorded_of(unit: Unit, body: Loaded, permission: str) -> RecordedInvoice:
    """Return the invoice that a body means. Raises `Refused`: `unknown_branch`, `unknown_client`, `unknown_visit`."""
    branch_id = branch_of(unit, body["branch"], permission)
    client, visit = body["client"], body["visit"]
    return RecordedInvoice(
        source=body["source"],
        external_id=body["external_id"],
        branch_id=branch_id,
        client_id=None if client is None else client_of(unit, client),
        visit_id=None if visit is None else visit_of(unit, visit, permission),
        issued_at=body["issued_at"],
        lines=tuple(body["lines"]),
        payments=tuple(body["payments"]),
    )
