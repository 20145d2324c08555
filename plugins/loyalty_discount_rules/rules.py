"""The thinking of the discount rules: a form becomes one rule set (SEMANTICS 3, *discount-rules*)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict, cast

from loyalty_core.api import AtLeast, Currency, Element, Message, Metric, Money, Percent, Rule, RuleSet
from loyalty_core.api import gettext as _


class RuleFields(TypedDict):
    """One rule as the schema reads it."""

    metric: str
    threshold: int
    percent_bp: int


class PartFields(TypedDict):
    """All rules as the schema reads them."""

    rules: Sequence[RuleFields]
    inactive_days: int | None


def rule_sets(part: Mapping[str, object], currency: Currency) -> tuple[RuleSet, ...]:
    """Return the rule set for the personal discount; none where the part says nothing.

    The days of inactivity matter without rules too: values set by hand may lapse by them (SEMANTICS 4).
    Several rules that match compete by their percentage, as every rule set does. The keys of rules are made of what
    they ask for, so a rule keeps its key when its percentage changes or others come and go; and the order in which
    rules were typed plays no part.
    """
    fields = cast(PartFields, part)
    rules = sorted(fields["rules"], key=lambda rule: (rule["metric"], rule["threshold"]))
    if not rules and fields["inactive_days"] is None:
        return ()
    return (RuleSet(Element.DISCOUNT, tuple(_rule(rule, currency) for rule in rules), fields["inactive_days"]),)


def _rule(rule: RuleFields, currency: Currency) -> Rule:
    metric, threshold, percent = Metric(rule["metric"]), rule["threshold"], rule["percent_bp"]
    figure = Money(threshold, currency) if metric.is_money else threshold
    label = _LABELS[metric](figure, Percent(percent))
    return Rule(f"{metric}:{threshold}", AtLeast(metric, threshold), percent, label)


_LABELS: Mapping[Metric, Callable[[Money | int, Percent], Message]] = {
    Metric.SOLD: lambda figure, off: _("Sold from %(threshold)s: %(percent)s", threshold=figure, percent=off),
    Metric.PAID: lambda figure, off: _("Paid from %(threshold)s: %(percent)s", threshold=figure, percent=off),
    Metric.VISITS: lambda figure, off: _("Visits from %(threshold)s: %(percent)s", threshold=figure, percent=off),
}
