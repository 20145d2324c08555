"""All that the author of a plugin imports. It holds nothing of its own; everything else in the product may move.

`API` is the version of what is here: the second number rises when something is added, the first when something
leaves or changes its meaning.
"""

from __future__ import annotations

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.offers import (
    AloneOnItsLines,
    AmountOff,
    AtBranches,
    Benefit,
    BundlePrice,
    ClassAtLeast,
    ClientKnown,
    Covers,
    During,
    FixedPrice,
    InCategories,
    LeftAtLeast,
    ListedAtLeast,
    Offer,
    OfferCondition,
    PercentOff,
    Proposal,
    Requirement,
    StoredOffer,
    UnitsOff,
    VisitNumber,
)
from loyalty_core.decisions.rules import All, Any, AtLeast, Condition, Inactive, Metric, Not, Rule, RuleSet
from loyalty_core.errors import LoyaltyError, Problem, Refused
from loyalty_core.facts.birthdays import days_from_birthday
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.context import Context, Rows
from loyalty_core.facts.draft import ItemFlags, Tax
from loyalty_core.facts.money import (
    FULL_PERCENT,
    MAX_MINOR,
    MILLI,
    Currency,
    Money,
    Percent,
    Rounding,
    list_amount,
    percent_of,
    round_ratio,
)
from loyalty_core.facts.pricing import Client, Invoice, Line
from loyalty_core.facts.programme import JudgedOn, Level, Programme, SoldBasis
from loyalty_core.facts.standing import Element
from loyalty_core.facts.totals import Totals
from loyalty_core.hookspecs import hookimpl
from loyalty_core.messages import Message, Wording, gettext, ngettext
from loyalty_core.plugging.fields import Whole, invalid
from loyalty_core.plugging.work_protocol import KnownVisit, Work, known_visit
from loyalty_core.storage.base import (
    THIS_NETWORK,
    Code,
    Count,
    ExternalId,
    Id,
    Instant,
    Key,
    Minor,
    Name,
    Prose,
    Small,
)
from loyalty_core.storage.plugin_table import Table
from loyalty_core.storage.work import table_of

API = (1, 1)

__all__ = [
    "API",
    "FULL_PERCENT",
    "MAX_MINOR",
    "MILLI",
    "THIS_NETWORK",
    "All",
    "AloneOnItsLines",
    "AmountOff",
    "Any",
    "AtBranches",
    "AtLeast",
    "Benefit",
    "BundlePrice",
    "Change",
    "ClassAtLeast",
    "Client",
    "ClientKnown",
    "Code",
    "Condition",
    "Context",
    "Count",
    "Covers",
    "Currency",
    "During",
    "Element",
    "ExternalId",
    "FixedPrice",
    "Id",
    "InCategories",
    "Inactive",
    "Instant",
    "Invoice",
    "ItemFlags",
    "JudgedOn",
    "Key",
    "KnownVisit",
    "Lane",
    "LeftAtLeast",
    "Level",
    "Line",
    "ListedAtLeast",
    "LoyaltyError",
    "Message",
    "Metric",
    "Minor",
    "Money",
    "Name",
    "Not",
    "Offer",
    "OfferCondition",
    "Percent",
    "PercentOff",
    "Problem",
    "Programme",
    "ProgrammeKind",
    "Proposal",
    "Prose",
    "Refused",
    "Requirement",
    "Rounding",
    "Rows",
    "Rule",
    "RuleSet",
    "Small",
    "SoldBasis",
    "StoredOffer",
    "Subject",
    "Tab",
    "Table",
    "Tax",
    "Totals",
    "UnitsOff",
    "VisitNumber",
    "Whole",
    "Wording",
    "Work",
    "days_from_birthday",
    "gettext",
    "hookimpl",
    "invalid",
    "known_visit",
    "list_amount",
    "ngettext",
    "percent_of",
    "round_ratio",
    "table_of",
]
