"""A draft as the till shows it: what it is about, what it comes to, and why.

The host's items and persons are looked up, the core prices; both take a fixed number of statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, select

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.draft import Draft, DraftLine, Person
from loyalty_core.facts.quote import Considered, PricedLine
from loyalty_core.facts.staff import Staff
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.ports import ItemCard, PersonCard
from loyalty_core.services.before_visit import Before, Cut, before
from loyalty_core.services.invoices.issuing import ticket_of
from loyalty_core.services.invoices.quoting import Quote, quote, without
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import LARGEST, is_id
from loyalty_core.storage.tables import Visit
from loyalty_core.storage.work import table_of
from loyalty_web import requests
from loyalty_web.actor import Actor
from loyalty_web.erp.drafts import SOURCE, Chosen, ChosenLine, SavedDraft
from loyalty_web.pages.invoices_offers import OffersShown, Reason, Saving, offers, reasons, savings
from loyalty_web.pages.invoices_words import KINDS
from loyalty_web.permissions import DISCOUNT_MANUAL

_visit = table_of(Visit)
_the_visit = select(_visit.c.id, _visit.c.branch_id, _visit.c.client_id, _visit.c.starts_at, _visit.c.status).where(
    _visit.c.network_id == THIS_NETWORK, _visit.c.id == bindparam("of_id"), _visit.c.deleted_at.is_(None)
)

PATH_MARK = " / "
"""What stands between the names in the path of a category."""

UNSAVED = "new"
"""What a draft is called before it has a number."""


@dataclass(frozen=True, slots=True)
class VisitShown:
    """The visit an invoice is for."""

    id: int
    branch_id: int
    client_id: int
    starts_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class RowShown:
    """A line as it is shown. `price_minor` is absent where nobody typed one yet; `note` says what hinders it."""

    key: str
    name: str
    kind: Message | str
    category: str
    quantity_milli: int
    price_minor: int | None
    may_price: bool
    removed: bool
    listed_minor: int | None = None
    owed_minor: int | None = None
    reasons: Sequence[Reason] = ()
    note: Message | None = None

    @property
    def is_reduced(self) -> bool:
        """Whether the line costs less than by its list price."""
        return self.owed_minor != self.listed_minor


@dataclass
class Sheet:
    """A draft with its surroundings; `quoted` is there once it has a line that can be priced."""

    draft: SavedDraft
    chosen: Chosen
    cards: Mapping[str, ItemCard]
    person: PersonCard | None
    visit: VisitShown | None
    staff: Staff
    may_price: bool
    had: Before | None = None
    quoted: Quote | None = None
    ticket: str = ""
    owed_without: Mapping[str, int] = field(default_factory=dict)

    def priced_lines(self) -> dict[str, PricedLine]:
        """Return what the engine made of lines, by key."""
        return {} if self.quoted is None else {line.key: line for line in self.quoted.priced.lines}

    def shown_figures(self) -> dict[str, int]:
        """Return what is owed by line."""
        return {key: line.owed_minor for key, line in self.priced_lines().items()}

    @property
    def rows(self) -> list[RowShown]:
        """Return the lines, removed ones too: they can be put back."""
        priced = self.priced_lines()
        considered = {} if self.quoted is None else {each.reference: each for each in self.quoted.priced.considered}
        return [
            _row(line, self.cards.get(line.item), self.may_price, priced.get(line.key), considered)
            for line in self.chosen.lines
        ]

    @property
    def savings(self) -> list[Saving]:
        """Return what came off, by lane."""
        return [] if self.quoted is None else savings(self.quoted.priced)

    @property
    def offers(self) -> OffersShown | None:
        """Return what became of every offer."""
        if self.quoted is None:
            return None
        names = {line.key: line.name for line in self.quoted.draft.lines}
        return offers(
            self.quoted.priced,
            self.quoted.currency,
            names,
            owed_without=self.owed_without,
            may_put_back=self.staff.may_take_off,
            taken_off=self.chosen.taken_off,
        )

    @property
    def unpriced(self) -> list[ChosenLine]:
        """Return lines that wait for a price."""
        return [line for line in self.chosen.kept if line.item in self.cards and price_of(line, self.cards) is None]

    def hindrances(self) -> list[Problem]:
        """Return what has to be done before it can be issued, beyond what the core says."""
        if not self.chosen.kept:
            return [Problem("no_lines", _("Add a service or goods first: there is nothing to issue."), ("scan",))]
        found = [
            Problem("no_price", _("Enter a price: this item has none of its own."), (f"price-{line.key}",))
            for line in self.unpriced
        ]
        gone = [line for line in self.chosen.kept if line.item not in self.cards]
        return found + [Problem("unknown_item", GONE, (f"quantity-{line.key}",)) for line in gone]


GONE = _("Remove this line: its item is not sold any more.")


def staff_at(actor: Actor, branch_id: int) -> Staff:
    """Return what somebody may do at a branch."""
    return Staff(
        manual_limit_bp=actor.limit_bp(DISCOUNT_MANUAL, branch_id),
        may_take_off=actor.may("offers.take_off", branch_id),
    )


def sheet_of(unit: Unit, draft: SavedDraft, chosen: Chosen) -> Sheet:
    """Return a draft with its items, client and visit, not priced yet."""
    ports, actor = requests.extension().ports, requests.the_actor()
    person = None
    if chosen.client_id is not None:
        person = ports.people.cards(unit, [chosen.client_id]).get(chosen.client_id)
    return Sheet(
        draft=draft,
        chosen=chosen,
        cards=ports.catalogue.items(unit, sorted({line.item for line in chosen.lines})) if chosen.lines else {},
        person=person,
        visit=visit_of(unit, chosen.visit_id),
        staff=staff_at(actor, draft.branch_id),
        may_price=actor.may("items.edit", draft.branch_id),
    )


def visit_of(unit: Unit, visit_id: int | None) -> VisitShown | None:
    """Return a visit; nothing for one that is none of this network's."""
    row = unit.execute(_the_visit, {"of_id": visit_id}).first() if is_id(visit_id) else None
    return None if row is None else VisitShown(row.id, row.branch_id, row.client_id, row.starts_at, row.status)


def price_sheet(unit: Unit, sheet: Sheet) -> None:
    """Price a draft, or find out what its client had before where there is nothing to price.

    Raises `Refused` with what the core finds, its paths turned into the fields of the form.
    """
    draft = draft_of(sheet)
    if draft.lines:
        try:
            quoted = quote(unit, draft, sheet.staff)
        except Refused as refused:
            raise in_fields(refused, draft) from None
        take_quote(unit, sheet, quoted)
    elif sheet.person is not None:
        sheet.had = _before(unit, sheet)


def take_quote(unit: Unit, sheet: Sheet, quoted: Quote) -> None:
    """Show this quote, with the ticket by which it can be issued and what would follow from taking offers off."""
    sheet.quoted, sheet.had = quoted, quoted.before
    sheet.ticket = ticket_of(unit, quoted)
    sheet.owed_without = without(unit, quoted, sheet.staff)


def draft_of(sheet: Sheet) -> Draft:
    """Return the draft as the core prices it: lines without a price, or whose item is gone, are left out."""
    lines = []
    for line in sheet.chosen.kept:
        card, price = sheet.cards.get(line.item), price_of(line, sheet.cards)
        if card is not None and price is not None:
            lines.append(_draft_line(line, card, price))
    person = sheet.person
    chosen = sheet.chosen
    return Draft(
        source=SOURCE,
        external_id=str(sheet.draft.number) if sheet.draft.number else UNSAVED,
        branch_id=sheet.draft.branch_id,
        lines=tuple(lines),
        client_id=chosen.client_id,
        visit_id=chosen.visit_id,
        person=Person(person.birthday, person.locale or "") if person is not None else Person(),
        codes=chosen.codes,
        taken_off=frozenset(chosen.taken_off),
        manual=chosen.manual,
    )


def price_of(line: ChosenLine, cards: Mapping[str, ItemCard]) -> int | None:
    """Return the price of a line: the one typed, else the item's own."""
    if line.price_minor is not None:
        return line.price_minor
    return cards[line.item].price_minor if line.item in cards else None


def in_fields(refused: Refused, draft: Draft) -> Refused:
    """Return the same refusal with the names of the form's fields as paths."""
    return Refused([Problem(each.code, each.message, _field(each, draft)) for each in refused.problems])


def _field(problem: Problem, draft: Draft) -> tuple[str | int, ...]:
    match problem.path:
        case ("lines", int(place), "unit_price"):
            return (f"price-{draft.lines[place].key}",)
        case ("lines", int(place), *_rest):
            return (f"quantity-{draft.lines[place].key}",)
        case ("manual", "reason"):
            return ("reason",)
        case ("manual", *_rest):
            return ("manual_value",)
        case ("lines",) | ("codes",):
            return ("scan",)
    return ()


def _draft_line(line: ChosenLine, card: ItemCard, price: int) -> DraftLine:
    names = card.category.split(PATH_MARK)
    paths = tuple(PATH_MARK.join(names[:deep]) for deep in range(len(names), 0, -1)) if card.category else ()
    return DraftLine(
        key=line.key,
        item=card.code,
        name=card.name,
        kind=card.kind,
        quantity_milli=line.quantity_milli,
        unit_price_minor=price,
        categories=paths,
        tax=card.tax,
        flags=card.flags,
    )


def _before(unit: Unit, sheet: Sheet) -> Before:
    """Return what the client has before this visit, or before now."""
    assert sheet.person is not None, "there is a client"
    branch_id, visit = sheet.draft.branch_id, sheet.visit
    at, rests_on = (unit.now, LARGEST) if visit is None else (visit.starts_at, visit.id)
    day = unit.configuration.local_day(branch_id, at)
    cut = Cut(0, sheet.person.client_id, branch_id, visit.id if visit else None, at, rests_on, day)
    return before(unit, [cut])[0]


def _row(
    line: ChosenLine,
    card: ItemCard | None,
    may_price: bool,
    priced: PricedLine | None,
    considered: Mapping[str, Considered],
) -> RowShown:
    name, kind, category = (
        (line.item, "", "") if card is None else (card.name, KINDS.get(card.kind, card.kind), card.category)
    )
    note: Message | None = None
    if card is None:
        note = GONE
    elif not card.flags.discountable:
        note = (
            _("No discounts: %(reason)s", reason=card.flags.reason)
            if card.flags.reason
            else _("No discounts on this item")
        )
    return RowShown(
        key=line.key,
        name=name,
        kind=kind,
        category=category,
        quantity_milli=line.quantity_milli,
        price_minor=line.price_minor if card is None or line.price_minor is not None else card.price_minor,
        may_price=card is not None and (may_price or card.price_minor is None),
        removed=line.removed,
        listed_minor=None if priced is None else priced.listed_total_minor,
        owed_minor=None if priced is None else priced.owed_minor,
        reasons=[] if priced is None else reasons(priced, considered),
        note=note,
    )
