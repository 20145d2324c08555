"""The bundled plugins pass the kit that strangers' plugins must pass."""

from __future__ import annotations

import loyalty_branch.plugin
import loyalty_discount_rules.plugin
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import Conformance


class TestBranch(Conformance):
    name, module = "branch", loyalty_branch.plugin


class TestDiscountRules(Conformance):
    name, module = "discount_rules", loyalty_discount_rules.plugin
    parts = (
        {"rules": [{"metric": "visits", "threshold": 1, "percent_bp": 10_000}]},
        {
            "rules": [
                {"metric": "sold", "threshold": 500_000, "percent_bp": 500},
                {"metric": "paid", "threshold": 10**15, "percent_bp": 1},
                {"metric": "visits", "threshold": 3, "percent_bp": 500},
            ],
            "inactive_days": 60,
        },
    )


def test_every_bundled_plugin_is_tried() -> None:
    tried = {each.name for each in Conformance.__subclasses__()}
    assert {name for name, each in Plugins.load().loaded.items() if each.distribution == "loyalty"} <= tried
