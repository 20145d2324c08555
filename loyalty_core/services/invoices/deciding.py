"""The decision record: what was known and what became of every offer, kept with the invoice (SEMANTICS 6, *Explain*).

It holds codes, references and whole numbers, as canonical JSON, compressed; texts are made when somebody reads it.
Facts are kept too, so that "why not that offer?" can be answered by pricing again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.facts.money import Currency, Money, Percent
from loyalty_core.facts.quote import Cause, Considered, Fate, Priced, PricedLine, Step, Why
from loyalty_core.messages import Message, Wording
from loyalty_core.services.invoices.quoting import Quote
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Decision
from loyalty_core.storage.work import Row, canonical, table_of

FORMAT = 1

decision = table_of(Decision)
_of_sale = select(decision.c.body).where(
    decision.c.network_id == THIS_NETWORK, decision.c.sale_id == bindparam("of_sale")
)


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """Why an invoice was priced as it was. `facts` and `failed` are plain JSON: the draft and client, the plugins."""

    priced: Priced
    facts: Mapping[str, Any]
    failed: tuple[Mapping[str, Any], ...]


def decision_row(sale_id: int, quoted: Quote) -> Row:
    """Return the row that keeps the decision of an invoice that is being issued."""
    priced = quoted.priced
    body = {
        "priced_at": quoted.priced_at.isoformat(),
        "config_version": quoted.config_version,
        "draft": _plain(asdict(quoted.draft)),
        "client": None if quoted.client is None else _plain(asdict(quoted.client)),
        "standing": _standing(quoted),
        "lines": [asdict(line) for line in priced.lines],
        "considered": [_considered(each, quoted.currency) for each in priced.considered],
        "near": list(priced.near),
        "gap": priced.gap_minor,
        "steps": priced.steps,
        "failed": [
            {"plugin": failure.plugin, "hook": failure.hook, "codes": [each.code for each in failure.problems]}
            for failure in quoted.failures
        ],
    }
    packed = zlib.compress(canonical(body).encode(errors="backslashreplace"), 6)
    return {"sale_id": sale_id, "format": FORMAT, "body": packed}


def decision_of(unit: Unit, sale_id: int) -> DecisionRecord | None:
    """Return the decision of an invoice; nothing for one that was recorded, or is none."""
    packed = unit.execute(_of_sale, {"of_sale": sale_id}).scalar()
    if packed is None:
        return None
    body = json.loads(zlib.decompress(packed))
    currency = unit.configuration.currency
    priced = Priced(
        lines=tuple(_line(each) for each in body["lines"]),
        considered=tuple(_considered_again(each, currency) for each in body["considered"]),
        near=tuple(body["near"]),
        gap_minor=body["gap"],
        steps=body["steps"],
    )
    facts = {name: body[name] for name in ("priced_at", "config_version", "draft", "client", "standing")}
    return DecisionRecord(priced, facts, tuple(body["failed"]))


def _standing(quoted: Quote) -> list[dict[str, Any]]:
    """Return what the client had before, each element with its cause."""
    if quoted.before is None:
        return []
    return [
        {"element": element, "item": item, **asdict(given)} for (element, item), given in quoted.before.given.items()
    ]


def _considered(each: Considered, currency: Currency) -> dict[str, Any]:
    return {
        "reference": each.reference,
        "version": each.version_id,
        "lane": each.lane,
        "label": _message(each.label),
        "fate": each.fate,
        "saves": each.saves_minor,
        "lines": list(each.lines),
        "lost_on": list(each.lost_on),
        "rival": each.rival,
        "why": None if each.why is None else asdict(each.why),
    }


def _considered_again(kept: Mapping[str, Any], currency: Currency) -> Considered:
    why = kept["why"]
    return Considered(
        reference=kept["reference"],
        version_id=kept["version"],
        lane=kept["lane"],
        label=_message_again(kept["label"], currency),
        fate=Fate(kept["fate"]),
        saves_minor=kept["saves"],
        lines=tuple(kept["lines"]),
        lost_on=tuple(kept["lost_on"]),
        rival=kept["rival"],
        why=None if why is None else Why(Cause(why["cause"]), why["have"], why["needs"], why["note"]),
    )


def _line(kept: Mapping[str, Any]) -> PricedLine:
    return PricedLine(**{**kept, "steps": tuple(Step(**step) for step in kept["steps"])})


def _plain(value: Any) -> Any:
    """Return a dataclass's dictionary as JSON takes it: sets sorted, days as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def _message(message: Message) -> dict[str, Any]:
    """Return a message as it is kept: untranslated, each parameter with its kind."""
    params = {name: _param(value) for name, value in message.params.items()}
    return {
        "msgid": message.msgid,
        "params": params,
        "domain": message.domain,
        "plural": message.plural,
        "count": message.count,
    }


def _param(value: object) -> list[Any]:
    match value:
        case Message():
            return ["message", _message(value)]
        case Wording():
            return ["wording", dict(value.texts)]
        case Money(minor):
            return ["money", minor]
        case Percent(bp):
            return ["percent", bp]
        case date():
            return ["day", value.isoformat()]
        case int() | str():
            return ["plain", value]
    return ["plain", str(value)]


def _message_again(kept: Mapping[str, Any], currency: Currency) -> Message:
    params = {name: _param_again(kind, value, currency) for name, (kind, value) in kept["params"].items()}
    return Message(kept["msgid"], MappingProxyType(params), kept["domain"], kept["plural"], kept["count"])


def _param_again(kind: str, value: Any, currency: Currency) -> object:
    match kind:
        case "message":
            return _message_again(value, currency)
        case "wording":
            return Wording(value)
        case "money":
            return Money(value, currency)
        case "percent":
            return Percent(value)
        case "day":
            return date.fromisoformat(value)
    return value
