"""What the API answers, as OpenAPI says it; a test holds every answer to it."""

from __future__ import annotations

from marshmallow import Schema, fields

from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.quote import Cause, Fate
from loyalty_core.facts.standing import Element, Origin
from loyalty_web.api.fields import Word

_ID = {"pattern": "^[1-9][0-9]{0,18}$"}
_MINOR = {"description": "minor units"}
_STATES = tuple(SaleState)


def _id(**settings: object) -> fields.String:
    return fields.String(required=True, metadata=_ID, **settings)  # type: ignore[arg-type]


def _text(**settings: object) -> fields.String:
    return fields.String(required=True, **settings)  # type: ignore[arg-type]


def _minor() -> fields.Integer:
    return fields.Integer(required=True, strict=True, metadata=_MINOR)


def _whole(**settings: object) -> fields.Integer:
    return fields.Integer(required=True, strict=True, **settings)  # type: ignore[arg-type]


def _texts() -> fields.List[str]:
    return fields.List(fields.String(), required=True)


def _all(schema: type[Schema]) -> fields.List[object]:
    return fields.List(fields.Nested(schema), required=True)


class ErrorShown(Schema):
    """One mistake: a stable code, where in the body, what to do."""

    code = _text()
    path = fields.List(fields.Raw(metadata={"type": ["string", "integer"]}), required=True)
    detail = _text()


class ProblemShown(Schema):
    """Why a call was not done, as `application/problem+json`; nothing was written."""

    title = _text()
    status = _whole()
    code = _text()
    detail = _text()
    errors = _all(ErrorShown)
    reference = fields.String()


class CurrencyShown(Schema):
    """The network's currency, with the decimals of its minor unit."""

    code = _text()
    digits = _whole()


class StepShown(Schema):
    """What one offer took off one line, in the line's own basis."""

    offer = _text()
    lane = _text()
    before_minor = _minor()
    after_minor = _minor()


class PricedLineShown(Schema):
    """What is left of a line; amounts are with tax."""

    key = _text()
    listed_minor = _minor()
    discount_minor = _minor()
    owed_minor = _minor()
    tax_minor = _minor()
    steps = _all(StepShown)


class ReasonShown(Schema):
    """Why an offer was not applied, or not in full: a code, what there is, what it asks for, and words."""

    code = Word(tuple(Cause), required=True)
    have = _whole(allow_none=True)
    needs = _whole(allow_none=True)
    detail = _text()


class ConsideredShown(Schema):
    """What became of one offer; `lines` are those it was applied to, `lost_on` those where `rival` was better.

    `reason` is for staff, `for_client` says it in words that a client may be shown.
    """

    offer = _text()
    version_id = _id(allow_none=True)
    lane = _text()
    label = _text()
    fate = Word(tuple(Fate), required=True)
    saves_minor = _minor()
    lines = _texts()
    lost_on = _texts()
    rival = _text(allow_none=True)
    reason = fields.Nested(ReasonShown, required=True, allow_none=True)
    for_client = _text()


class FailureShown(Schema):
    """A plugin that did not answer: its discount is not in the price."""

    plugin = _text()
    hook = _text()
    code = _text()


class DecisionShown(Schema):
    """Why an invoice was priced as it was; `near` are offers that almost applied, the nearest first."""

    priced_at = fields.DateTime(required=True)
    lines = _all(PricedLineShown)
    considered = _all(ConsideredShown)
    near = _texts()
    gap_minor = _minor()
    failures = _all(FailureShown)


class QuoteShown(DecisionShown):
    """What a draft comes to; `ticket` issues it until `expires_at`."""

    ticket = _text()
    expires_at = fields.DateTime(required=True)
    local_day = fields.Date(required=True)
    currency = fields.Nested(CurrencyShown, required=True)
    listed_minor = _minor()
    discount_minor = _minor()
    owed_minor = _minor()


class ConflictShown(ProblemShown):
    """Something stands in the way; where the price changed, `quote` is the new one."""

    quote = fields.Nested(QuoteShown)


class IssuedShown(Schema):
    """An invoice that was issued."""

    id = _id()
    state = Word(_STATES, required=True)
    owed_minor = _minor()


class SaleShown(Schema):
    """An invoice as it stands now; `changed` is false when everything was so already."""

    id = _id()
    state = Word(_STATES, required=True)
    changed = fields.Boolean(required=True)


class AdjustmentShown(Schema):
    """What was taken off a line, by which offer, or why."""

    offer = _text(allow_none=True)
    lane = _text(allow_none=True)
    reason = _text()
    amount_minor = _minor()


class SoldLineShown(Schema):
    """A line as sold; amounts are with tax."""

    key = _text()
    item = _text()
    name = _text()
    kind = _text()
    category = _text()
    quantity_milli = _whole()
    returned_milli = _whole()
    unit_price_minor = _minor()
    listed_minor = _minor()
    discount_minor = _minor()
    owed_minor = _minor()
    tax_rate_bp = _whole()
    tax_minor = _minor()
    adjustments = _all(AdjustmentShown)


class ShareShown(Schema):
    """What of a payment lies on a line."""

    line = _text()
    amount_minor = _minor()


class PaymentShown(Schema):
    """A payment, and the lines it lies on."""

    id = _id()
    tender = _text()
    amount_minor = _minor()
    paid_at = fields.DateTime(required=True)
    shares = _all(ShareShown)


class ReturnedLineShown(Schema):
    """What of a line came back."""

    line = _text()
    quantity_milli = _whole()
    amount_minor = _minor()


class GivenBackShown(Schema):
    """What was given back by one tender."""

    tender = _text()
    amount_minor = _minor()


class ReturnShown(Schema):
    """Lines that came back."""

    id = _id()
    returned_at = fields.DateTime(required=True)
    reason = _text()
    amount_minor = _minor()
    lines = _all(ReturnedLineShown)
    given_back = _all(GivenBackShown)


class InvoiceShown(Schema):
    """An invoice; `decision` is there where it was priced here."""

    id = _id()
    source = _text()
    external_id = _text()
    branch = _text()
    client_id = _id(allow_none=True)
    visit_id = _id(allow_none=True)
    state = Word(_STATES, required=True)
    priced = fields.Boolean(required=True)
    issued_at = fields.DateTime(required=True)
    local_day = fields.Date(required=True)
    currency = fields.Nested(CurrencyShown, required=True)
    listed_minor = _minor()
    discount_minor = _minor()
    owed_minor = _minor()
    paid_minor = _minor()
    returned_minor = _minor()
    due_minor = _minor()
    lines = _all(SoldLineShown)
    payments = _all(PaymentShown)
    returns = _all(ReturnShown)
    decision = fields.Nested(DecisionShown, required=True, allow_none=True)


class VisitShown(Schema):
    """A visit as saved; `changed` is false when everything was so already."""

    id = _id()
    revision = _whole()
    changed = fields.Boolean(required=True)


class ClientShown(Schema):
    """A client by the core's own id."""

    id = _id()


class ElementShown(Schema):
    """One element of a standing: a discount in basis points, a class by rank, a label; and what gave it."""

    branch = _text(allow_none=True)
    element = Word(tuple(Element), required=True)
    item = _text()
    value = _whole()
    origin = Word(tuple(Origin), required=True)
    version_id = _id(allow_none=True)
    rule = _text(allow_none=True)
    next_on = fields.Date(required=True, allow_none=True)


class StandingShown(Schema):
    """What a client has, branch by branch."""

    client_id = _id()
    standing = _all(ElementShown)
