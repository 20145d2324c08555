"""What the discount rules add: their part of a programme, its rule set, its tab, and discounts of single visits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loyalty_core.api import Change, Context, Programme, RuleSet, Subject, Tab, hookimpl
from loyalty_core.api import gettext as _
from loyalty_discount_rules import rules, visits
from loyalty_discount_rules.schemas import Part


@hookimpl
def loyalty_register_programme_part() -> type[Part]:
    """Hand over the schema of the rules."""
    return Part


@hookimpl
def loyalty_compile_standing(programme: Programme, ctx: Context) -> tuple[RuleSet, ...]:
    """Translate the rules into one rule set for the personal discount."""
    return rules.rule_sets(programme.part, ctx.currency)


@hookimpl
def loyalty_load_facts(subjects: Sequence[Subject], ctx: Context) -> Mapping[int, object]:
    """Read which of the visits have a discount of their own."""
    return visits.load(subjects, ctx.rows)


@hookimpl
def loyalty_propose_changes(subjects: Sequence[Subject], ctx: Context) -> Iterator[Change]:
    """Put the discount of a visit in the place of the one by rule."""
    return visits.changes(subjects, ctx.own)


@hookimpl
def loyalty_show_programme_tabs() -> tuple[Tab, ...]:
    """Show the rules in the programme editor."""
    return (Tab("discount_rules", _("Discount rules"), "loyalty_discount_rules/tab.html", position=10),)
