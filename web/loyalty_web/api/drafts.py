"""An invoice that is being made out, as a body says it (SEMANTICS 1 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, post_load

from loyalty_core.engine.checking import MAX_LINES
from loyalty_core.engine.draft_checking import LONGEST_REASON, MOST_CODES
from loyalty_core.errors import Problem
from loyalty_core.facts.draft import Draft, DraftLine, ItemFlags, ManualDiscount, Person, Tax
from loyalty_core.facts.invoice import LINE_KINDS
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_web.api.fields import Day, Minor, Name, Part, Points, Quantity, Several, Text, Truth, Word
from loyalty_web.api.references import LONGEST_SOURCE, Reference, branch_of, client_of, visit_of

MOST_CATEGORIES = 50
MOST_TAKEN_OFF = 500
LONGEST_REFERENCE = 141
"""A plugin's name, a colon, the key of its offer."""
LONGEST_TICKET = 1000

Loaded = Mapping[str, Any]

TOO_MANY_LINES = Problem("too_many_lines", _("An invoice may have at most %(most)s lines: split it.", most=MAX_LINES))


class ReferenceBody(Schema):
    """Something by the id that a source system gave it."""

    source = Name(LONGEST_SOURCE, required=True)
    external_id = Name(required=True)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> Reference:
        return Reference(**loaded)


class TaxBody(Schema):
    """How a line is taxed."""

    rate_bp = Points(load_default=0)
    included = Truth(load_default=True)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> Tax:
        return Tax(**loaded)


class FlagsBody(Schema):
    """What the business allows for an item; `minimum_price_minor` is of one unit."""

    discountable = Truth(load_default=True)
    earns = Truth(load_default=True)
    payable_with_value = Truth(load_default=True)
    counts_in_totals = Truth(load_default=True)
    minimum_price_minor = Minor(load_default=0)
    reason = Text(LONGEST_REASON, blank=True, load_default="")

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> ItemFlags:
        return ItemFlags(**loaded)


class DraftLineBody(Schema):
    """One line; `key` is the caller's own, `categories` the item's category and those above it, the nearest first."""

    key = Name(required=True)
    item = Name(required=True)
    name = Text(200, required=True)
    kind = Word(tuple(LINE_KINDS), required=True)
    quantity_milli = Quantity(required=True)
    unit_price_minor = Minor(required=True)
    categories = Several(Text(200), MOST_CATEGORIES, load_default=list)
    tax = Part(TaxBody, load_default=Tax())
    third_party_minor = Minor(load_default=0)
    flags = Part(FlagsBody, load_default=ItemFlags())

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> DraftLine:
        return DraftLine(**{**loaded, "categories": tuple(loaded["categories"])})


class PersonBody(Schema):
    """What is told of the person who is served."""

    birthday = Day(allow_none=True, load_default=None)
    locale = Text(40, blank=True, load_default="")

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> Person:
        return Person(**loaded)


class ManualBody(Schema):
    """A discount by hand: a percentage or an amount; on some lines, or without `lines` on all."""

    reason = Text(LONGEST_REASON, required=True)
    percent_bp = Points(1, allow_none=True, load_default=None)
    amount_minor = Minor(1, allow_none=True, load_default=None)
    lines = Several(Name(), MAX_LINES, allow_none=True, load_default=None)

    @post_load
    def _make(self, loaded: Loaded, **kwargs: Any) -> ManualDiscount:
        lines = loaded["lines"]
        return ManualDiscount(**{**loaded, "lines": None if lines is None else tuple(lines)})


class DraftBody(Schema):
    """A whole draft: what it is called, where, for whom, what."""

    source = Name(LONGEST_SOURCE, required=True)
    external_id = Name(required=True)
    branch = Name(required=True)
    lines = Several(Part(DraftLineBody), MAX_LINES, TOO_MANY_LINES, required=True)
    client = Part(ReferenceBody, allow_none=True, load_default=None)
    visit = Part(ReferenceBody, allow_none=True, load_default=None)
    person = Part(PersonBody, load_default=Person())
    codes = Several(Name(), MOST_CODES, load_default=list)
    taken_off = Several(Name(LONGEST_REFERENCE), MOST_TAKEN_OFF, load_default=list)
    manual = Part(ManualBody, allow_none=True, load_default=None)


class IssueBody(Schema):
    """A draft as it was quoted, with the ticket of the quote."""

    draft = Part(DraftBody, required=True)
    ticket = Text(LONGEST_TICKET, required=True)


def draft_of(unit: Unit, body: Loaded, permission: str) -> Draft:
    """Return the draft that a body means. Raises `Refused`: `unknown_branch`, `unknown_client`, `unknown_visit`."""
    branch_id = branch_of(unit, body["branch"], permission)
    client, visit = body["client"], body["visit"]
    return Draft(
        source=body["source"],
        external_id=body["external_id"],
        branch_id=branch_id,
        lines=tuple(body["lines"]),
        client_id=None if client is None else client_of(unit, client),
        visit_id=None if visit is None else visit_of(unit, visit, permission),
        person=body["person"],
        codes=tuple(body["codes"]),
        taken_off=frozenset(body["taken_off"]),
        manual=body["manual"],
    )
