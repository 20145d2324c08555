"""The form of the rules, as it is typed and stored (SEMANTICS 3, *discount-rules*)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, post_load, validates_schema

from loyalty_core.api import FULL_PERCENT, MAX_MINOR, Metric, Problem, Whole, invalid
from loyalty_core.api import gettext as _

MOST_RULES = 200
MOST_VISITS = 1_000_000
MOST_DAYS = 3650
METRICS = {Metric.SOLD: _("Sold"), Metric.PAID: _("Paid"), Metric.VISITS: _("Visits, arrived")}
"""What these rules count, in the order in which they are kept."""

_ORDER = {str(metric): place for place, metric in enumerate(METRICS)}


def unit_of(rule: Mapping[str, Any]) -> str | None:
    """Return in which unit the threshold of a rule is typed: an amount, or a number of visits."""
    return None if rule.get("metric") == Metric.VISITS else "minor"


class RuleForm(Schema):
    """One rule: from `threshold` of `metric` on, `percent_bp` basis points off.

    The threshold is in minor units for money, else a number of visits; it and the percentage are above zero.
    """

    metric = fields.String(required=True, metadata={"choices": METRICS, "label": _("what is counted")})
    threshold = Whole(1, MAX_MINOR, required=True, metadata={"unit": unit_of, "label": _("threshold")})
    percent_bp = Whole(1, FULL_PERCENT, required=True, metadata={"unit": "bp", "label": _("percent")})

    @validates_schema
    def check(self, rule: dict[str, Any], **_rest: Any) -> None:
        """Refuse a metric that these rules do not count, and more visits than anybody makes."""
        if rule["metric"] not in METRICS:
            text = _("Choose what is counted: sold, paid or visits.")
            raise invalid(Problem("unknown_metric", text, ("metric",)))
        if rule["metric"] == Metric.VISITS and rule["threshold"] > MOST_VISITS:
            text = _("Give at most %(most)s visits.", most=MOST_VISITS)
            raise invalid(Problem("too_large", text, ("threshold",)))


class Part(Schema):
    """All rules of a programme, and after how many days without a visit they give nothing."""

    rules = fields.List(fields.Nested(RuleForm), load_default=list)
    inactive_days = Whole(
        1, MOST_DAYS, allow_none=True, load_default=None, metadata={"label": _("Days without a visit")}
    )

    @validates_schema
    def check(self, part: dict[str, Any], **_rest: Any) -> None:
        """Refuse too many rules, and two rules of one metric with one threshold (SEMANTICS 12, *Categories*)."""
        if len(part["rules"]) > MOST_RULES:
            text = _("A programme may have at most %(most)s rules.", most=MOST_RULES)
            raise invalid(Problem("too_many_rules", text, ("rules",)))
        seen: dict[tuple[str, int], int] = {}
        twice = []
        for place, rule in enumerate(part["rules"]):
            first = seen.setdefault((rule["metric"], rule["threshold"]), place)
            if first != place:
                text = _("Rules %(first)s and %(second)s have the same threshold.", first=first + 1, second=place + 1)
                twice.append(Problem("same_threshold", text, ("rules", place, "threshold")))
        if twice:
            raise invalid(*twice)

    @post_load
    def sort(self, part: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        """Bring the rules into the order in which people read them: by what is counted, then by threshold."""
        part["rules"].sort(key=lambda rule: (_ORDER[rule["metric"]], rule["threshold"]))
        return part
