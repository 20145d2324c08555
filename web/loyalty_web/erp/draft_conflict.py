"""Two people changed one draft: what each of them has, side by side (UI 3, *Errors*)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.facts.money import Money, Percent
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.ports import ItemCard
from loyalty_web import requests
from loyalty_web.erp.drafts import Chosen, ChosenLine


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that two people have differently: what it is, as it is kept, as it was typed."""

    what: Message | str
    theirs: Message | str
    mine: Message | str


def differences(theirs: Chosen, mine: Chosen, cards: Mapping[str, ItemCard]) -> list[Difference]:
    """Return what was typed here and is kept otherwise."""
    return [*_lines(theirs, mine, cards), *_manual(theirs.manual, mine.manual)]


def _lines(theirs: Chosen, mine: Chosen, cards: Mapping[str, ItemCard]) -> Iterator[Difference]:
    kept = {line.key: line for line in theirs.lines}
    for line in mine.lines:
        other = kept.get(line.key)
        if other is not None and other != line:
            name = cards[line.item].name if line.item in cards else line.item
            yield Difference(name, _described(other), _described(line))


def _manual(theirs: ManualDiscount | None, mine: ManualDiscount | None) -> Iterator[Difference]:
    if theirs != mine:
        yield Difference(_("Manual discount"), _given(theirs), _given(mine))


def _described(line: ChosenLine) -> Message | str:
    if line.removed:
        return _("removed")
    reader = requests.reader()
    quantity = reader.quantity(line.quantity_milli)
    return quantity if line.price_minor is None else f"{quantity} × {reader.amount(line.price_minor)}"


def _given(manual: ManualDiscount | None) -> Message:
    if manual is None:
        return _("none")
    if manual.percent_bp is not None:
        return _("%(value)s: %(reason)s", value=Percent(manual.percent_bp), reason=manual.reason)
    amount = Money(manual.amount_minor or 0, requests.reader().currency)
    return _("%(value)s: %(reason)s", value=amount, reason=manual.reason)
