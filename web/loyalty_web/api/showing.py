"""What the API answers: quotes, decisions and invoices as plain JSON, texts in the language of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from loyalty_core.engine.explaining import client_words, explain
from loyalty_core.facts.money import Currency
from loyalty_core.facts.quote import Considered, Priced, PricedLine, Why
from loyalty_core.messages import Message
from loyalty_core.plugging.dispatch import Failure
from loyalty_core.services.invoices.deciding import DecisionRecord
from loyalty_core.services.invoices.issuing import ticket_of
from loyalty_core.services.invoices.quoting import Quote
from loyalty_core.services.invoices.showing import InvoiceShown, LineShown, PaymentShown, ReturnShown
from loyalty_core.services.invoices.tickets import HOLDS
from loyalty_core.services.unit import Unit
from loyalty_web.api.problems import say

Json = dict[str, Any]


def moment(instant: datetime) -> str:
    """Return an instant in UTC, as the standard writes it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def currency(found: Currency) -> Json:
    """Return a currency with the number of decimals of its minor unit."""
    return {"code": found.code, "digits": found.digits}


def quote(unit: Unit, quoted: Quote) -> Json:
    """Return a quote with the ticket by which it can be issued."""
    priced = quoted.priced
    return {
        "ticket": ticket_of(unit, quoted),
        "priced_at": moment(quoted.priced_at),
        "expires_at": moment(quoted.priced_at + HOLDS),
        "local_day": quoted.local_day.isoformat(),
        "currency": currency(quoted.currency),
        "listed_minor": priced.listed_minor,
        "discount_minor": priced.listed_minor - priced.owed_minor,
        "owed_minor": priced.owed_minor,
        "lines": [_line(line) for line in priced.lines],
        **_decided(priced, quoted.currency),
        "failures": [_failure(each) for each in quoted.failures],
    }


def decision(record: DecisionRecord, in_currency: Currency) -> Json:
    """Return why an invoice was priced as it was; what was known of the client stays inside."""
    return {
        "priced_at": record.facts["priced_at"].replace("+00:00", "Z"),
        "lines": [_line(line) for line in record.priced.lines],
        **_decided(record.priced, in_currency),
        "failures": [
            {"plugin": each["plugin"], "hook": each["hook"], "code": code}
            for each in record.failed
            for code in each["codes"]
        ],
    }


def invoice(unit: Unit, shown: InvoiceShown, record: DecisionRecord | None) -> Json:
    """Return an invoice with its payments, returns, and decision where it was priced here."""
    configuration = unit.configuration
    branches = {id_: name for name, id_ in configuration.branch_ids.items()}
    keys = {line.number: line.key for line in shown.lines}
    return {
        "id": str(shown.id),
        "source": shown.source,
        "external_id": shown.external_id,
        "branch": branches[shown.branch_id],
        "client_id": _id(shown.client_id),
        "visit_id": _id(shown.visit_id),
        "state": shown.state.value,
        "priced": shown.priced,
        "issued_at": moment(shown.issued_at),
        "local_day": shown.local_day.isoformat(),
        "currency": currency(configuration.currency),
        "listed_minor": shown.listed_minor,
        "discount_minor": shown.off_minor,
        "owed_minor": shown.owed_minor,
        "paid_minor": shown.paid_minor,
        "returned_minor": shown.returned_minor,
        "due_minor": shown.due_minor,
        "lines": [_sold(line) for line in shown.lines],
        "payments": [_payment(each, keys) for each in shown.payments],
        "returns": [_return(each, keys) for each in shown.returns],
        "decision": None if record is None else decision(record, configuration.currency),
    }


def _id(id_: int | None) -> str | None:
    return None if id_ is None else str(id_)


def _line(line: PricedLine) -> Json:
    return {
        "key": line.key,
        "listed_minor": line.listed_total_minor,
        "discount_minor": line.off_minor,
        "owed_minor": line.owed_minor,
        "tax_minor": line.tax_minor,
        "steps": [
            {
                "offer": step.reference,
                "lane": step.lane,
                "before_minor": step.before_minor,
                "after_minor": step.after_minor,
            }
            for step in line.steps
        ],
    }


def _decided(priced: Priced, in_currency: Currency) -> Json:
    labels = {each.reference: each.label for each in priced.considered}
    return {
        "considered": [_considered(each, labels.get(each.rival), in_currency) for each in priced.considered],
        "near": list(priced.near),
        "gap_minor": priced.gap_minor,
    }


def _considered(each: Considered, rival: Message | None, in_currency: Currency) -> Json:
    return {
        "offer": each.reference,
        "version_id": _id(each.version_id),
        "lane": each.lane,
        "label": say(each.label),
        "fate": each.fate.value,
        "saves_minor": each.saves_minor,
        "lines": list(each.lines),
        "lost_on": list(each.lost_on),
        "rival": each.rival or None,
        "reason": None if each.why is None else _reason(each.why, in_currency),
        "for_client": say(client_words(each, in_currency, rival)),
    }


def _reason(why: Why, in_currency: Currency) -> Json:
    return {
        "code": why.cause.value,
        "have": why.have,
        "needs": why.needs,
        "detail": say(explain(why, in_currency)),
    }


def _failure(failure: Failure) -> Json:
    first = failure.problems[0]
    return {"plugin": failure.plugin, "hook": failure.hook, "code": first.code}


def _sold(line: LineShown) -> Json:
    return {
        "key": line.key,
        "item": line.item,
        "name": line.name,
        "kind": line.kind,
        "category": line.category,
        "quantity_milli": line.quantity_milli,
        "returned_milli": line.returned_milli,
        "unit_price_minor": line.unit_price_minor,
        "listed_minor": line.listed_minor,
        "discount_minor": line.off_minor,
        "owed_minor": line.owed_minor,
        "tax_rate_bp": line.tax_rate_bp,
        "tax_minor": line.tax_minor,
        "adjustments": [
            {
                "offer": each.reference or None,
                "lane": each.lane or None,
                "reason": each.reason,
                "amount_minor": each.amount_minor,
            }
            for each in line.adjustments
        ],
    }


def _payment(each: PaymentShown, keys: Mapping[int, str]) -> Json:
    return {
        "id": str(each.id),
        "tender": each.tender.code,
        "amount_minor": each.amount_minor,
        "paid_at": moment(each.paid_at),
        "shares": [{"line": keys[number], "amount_minor": amount} for number, amount in sorted(each.shares.items())],
    }


def _return(each: ReturnShown, keys: Mapping[int, str]) -> Json:
    return {
        "id": str(each.id),
        "returned_at": moment(each.at),
        "reason": each.reason,
        "amount_minor": each.amount_minor,
        "lines": [
            {"line": keys[number], "quantity_milli": quantity, "amount_minor": each.amounts[number]}
            for number, quantity in sorted(each.quantities.items())
        ],
        "given_back": [{"tender": tender.code, "amount_minor": amount} for tender, amount in _by_code(each.given_back)],
    }


def _by_code(given: Mapping[Any, int]) -> Sequence[tuple[Any, int]]:
    return sorted(given.items(), key=lambda each: each[0].code)
