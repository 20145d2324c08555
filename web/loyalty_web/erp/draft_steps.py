"""One step of making out an invoice: what a button or a scan does to a draft, and what came of it.

Every step reads the form, changes what was chosen, prices it and keeps it; a step that the core refuses keeps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services.invoices.issuing import PriceChanged, issue
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.erp import draft_form, drafts
from loyalty_web.erp.draft_conflict import Difference, differences
from loyalty_web.erp.draft_form import Sent
from loyalty_web.erp.draft_sheet import Sheet, draft_of, in_fields, price_sheet, sheet_of, take_quote
from loyalty_web.erp.drafts import Chosen, SavedDraft
from loyalty_web.erp.scanning import Hit, cleaned, recognise
from loyalty_web.forms import Form

SHOWN_OF_A_MISREAD = 40


@dataclass
class Step:
    """What a request came to. `said` is the answer to a scan or a button, `missed` that it found nothing.

    `sale_id` is the invoice it became; `gone` that it was thrown away; `conflict` what somebody else changed
    meanwhile. `price_changed` says so if it did before it could be issued, `changed_from` are the figures that were
    shown; `refilled` is the line whose quantity is no longer the one that was typed.
    """

    draft: SavedDraft
    sheet: Sheet
    form: Form
    said: Message | None = None
    missed: bool = False
    hit: Hit = field(default_factory=Hit)
    sale_id: int | None = None
    gone: bool = False
    conflict: list[Difference] = field(default_factory=list)
    price_changed: Message | None = None
    changed_from: Mapping[str, int] = field(default_factory=dict)
    refilled: str = ""

    @property
    def status(self) -> int:
        """Return the status to answer with."""
        if self.conflict or self.price_changed is not None:
            return 409
        return self.form.status


def is_stale(draft: SavedDraft, asked: Sent) -> bool:
    """Whether a newer request of the same page was here already: then this one says nothing any more."""
    page, nth = draft.chosen.seen
    return 0 < asked.nth <= nth and page == asked.page


def take(unit: Unit, draft: SavedDraft, asked: Sent) -> Step:
    """Do what a request asks for."""
    before = sheet_of(unit, draft, draft.chosen)
    prices = {code: card.price_minor for code, card in before.cards.items()}
    typed, form = draft_form.read(draft.chosen, prices, may_price=before.may_price, half_given=not asked.do)
    step = Step(draft, before, form)
    if asked.do == "discard":
        drafts.discard(unit, draft)
        step.gone = True
        return step
    if draft.revision != asked.revision and draft.chosen.seen[0] != asked.page:
        step.conflict = differences(draft.chosen, typed, before.cards)
    if step.conflict:
        _price_or_leave(unit, step, draft.chosen)
        return step
    chosen = _pressed(unit, typed, asked, step)
    try:
        sheet = sheet_of(unit, draft, chosen)
        price_sheet(unit, sheet)
    except Refused as refused:
        form.refuse(refused)
        _price_or_leave(unit, step, draft.chosen)
        return step
    step.sheet = sheet
    seen = (asked.page, asked.nth) if asked.nth else chosen.seen
    step.draft = sheet.draft = drafts.save(unit, draft, replace(chosen, seen=seen))
    if asked.do == "issue":
        _issue(unit, step, asked)
    return step


def _price_or_leave(unit: Unit, step: Step, chosen: Chosen) -> None:
    """Show what is kept, at its price if it still has one."""
    step.sheet = sheet_of(unit, step.draft, chosen)
    try:
        price_sheet(unit, step.sheet)
    except Refused as refused:
        if not step.form.failed:
            step.form.refuse(refused)


def _issue(unit: Unit, step: Step, asked: Sent) -> None:
    """Issue the invoice as it was shown; a price that changed is shown first."""
    sheet, form = step.sheet, step.form
    form.problems.extend(sheet.hindrances())
    if form.failed:
        return
    draft = draft_of(sheet)
    try:
        issued = issue(unit, draft, asked.ticket, sheet.staff, asked.key)
    except PriceChanged as changed:
        take_quote(unit, sheet, changed.quote)
        step.changed_from = asked.shown
        step.price_changed = changed.problems[0].message
    except Refused as refused:
        form.refuse(in_fields(refused, draft))
    else:
        drafts.became(unit, step.draft, issued.id)
        step.sale_id = issued.id


def _pressed(unit: Unit, chosen: Chosen, asked: Sent, step: Step) -> Chosen:
    """Return what was chosen after the button; a mistake is said and changes nothing."""
    try:
        if asked.do in ("update", "save", "issue") and asked.scan.strip():
            return _scanned(unit, chosen, asked, step)
        return _button(unit, chosen, asked, step)
    except Refused as refused:
        step.said, step.missed = refused.problems[0].message, True
        step.form.refuse(refused)
        return chosen


def _button(unit: Unit, chosen: Chosen, asked: Sent, step: Step) -> Chosen:
    name = asked.argument
    match asked.do:
        case "remove" | "restore":
            return _with_removed(chosen, name, removed=asked.do == "remove")
        case "take-off":
            return replace(chosen, taken_off=tuple(sorted({*chosen.taken_off, name})))
        case "put-back":
            return replace(chosen, taken_off=tuple(each for each in chosen.taken_off if each != name))
        case "item":
            return _with_item(unit, chosen, name, step)
        case "client":
            return _with_client(unit, chosen, draft_form.number(name) or 0, step)
        case "no-client":
            return replace(chosen, client_id=None, visit_id=None)
        case "drop-code":
            return replace(chosen, codes=tuple(code for code in chosen.codes if code != name))
        case "manual-off":
            return replace(chosen, manual=None)
        case "save":
            step.said = _("The draft is saved.")
            return replace(chosen, lines=chosen.kept)
    return chosen


def _with_removed(chosen: Chosen, key: str, *, removed: bool) -> Chosen:
    line = chosen.line(key)
    return chosen if line is None else chosen.with_line(replace(line, removed=removed))


def _scanned(unit: Unit, chosen: Chosen, asked: Sent, step: Step) -> Chosen:
    ports = requests.extension().ports
    text = cleaned(asked.scan)
    hit = recognise(unit, ports.catalogue, ports.people, text)
    if hit.item is not None:
        return _with_item(unit, chosen, hit.item.code, step)
    if hit.client is not None:
        return _with_client(unit, chosen, hit.client.client_id, step)
    step.hit, step.missed = hit, True
    if hit.is_choice:
        step.said = _("Choose one of these:")
    else:
        said = text if len(text) <= SHOWN_OF_A_MISREAD else f"{text[:SHOWN_OF_A_MISREAD]}…"
        step.said = _("Nothing found for “%(text)s”: not an item, a client or a phone.", text=said)
    return chosen


def _with_item(unit: Unit, chosen: Chosen, code: str, step: Step) -> Chosen:
    card = requests.extension().ports.catalogue.items(unit, [code]).get(code)
    if card is None:
        raise Refused(Problem("unknown_item", _("There is no such item: look it up by its name."), ("scan",)))
    added = chosen.with_item(code)
    line = next(line for line in added.kept if line.item == code and line.price_minor is None)
    if len(added.lines) > len(chosen.lines):
        step.said = _("Added: %(item)s", item=card.name)
    else:
        step.said = _(
            "%(item)s: now %(quantity)s", item=card.name, quantity=requests.reader().quantity(line.quantity_milli)
        )
        step.form.texts.pop(f"quantity-{line.key}", None)
        step.refilled = line.key
    return added


def _with_client(unit: Unit, chosen: Chosen, client_id: int, step: Step) -> Chosen:
    card = requests.extension().ports.people.cards(unit, [client_id]).get(client_id)
    if card is None:
        raise Refused(Problem("unknown_client", _("There is no such client."), ("scan",)))
    step.said = _("Client: %(name)s", name=card.name)
    same = chosen.client_id == client_id
    return replace(chosen, client_id=client_id, visit_id=chosen.visit_id if same else None)
