"""The bundled plugins pass the kit that strangers' plugins must pass."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from marshmallow import Schema

import loyalty_branch.plugin
import loyalty_discount_rules.plugin
import loyalty_promotions.plugin
from loyalty_core.decisions.offers import PercentOff, Proposal
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.messages import gettext
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import Conformance, a_plugin


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


class TestPromotions(Conformance):
    name, module = "promotions", loyalty_promotions.plugin
    offers = (
        {"name": {"en": "A draft"}, "percent_bp": 1},
        {"name": {"en": "Everything", "uk": "Усе"}, "state": "active", "percent_bp": 10_000, "combines": True},
        {"name": {"ru": "Сто"}, "state": "active", "amount_minor": 10_000, "minimum_minor": 50_000, "exclusive": True},
        {
            "name": {"en": "Happy hours"},
            "description": {"en": "Late in the evening."},
            "state": "active",
            "price_minor": 0,
            "items": ["haircut"],
            "categories": ["hair", "care"],
            "starts_on": "2026-03-01",
            "ends_on": "2026-03-31",
            "weekdays": [0, 6],
            "from_minute": 1200,
            "to_minute": 120,
            "branches": [1, 2],
            "labels": ["vip"],
            "class_rank": 2,
            "cap_minor": 5_000,
            "priority": 7,
        },
    )


def kit(**hooks: Callable[..., object]) -> Conformance:
    """Return the kit for a plugin with these hooks."""
    made = Conformance()
    made.name, made.module = "salon", a_plugin("salon", **hooks)
    return made


def test_the_kit_finds_a_plugin_that_proposes_otherwise_the_second_time() -> None:
    numbers = count(1)
    moody = kit(loyalty_propose_adjustments=lambda: [Proposal(f"p{next(numbers)}", gettext("Off"), PercentOff(5))])
    with pytest.raises(AssertionError, match="another answer"):
        moody.test_it_proposes_the_same_twice_whoever_comes_and_whatever_is_bought()


def test_the_kit_finds_a_plugin_that_cannot_do_without_a_client() -> None:
    def propose(client: Client) -> list[Proposal]:
        return [Proposal("p", gettext("Off"), PercentOff(client.number))]

    with pytest.raises(AssertionError, match="failed"):
        kit(loyalty_propose_adjustments=propose).test_it_proposes_the_same_twice_whoever_comes_and_whatever_is_bought()


def test_the_kit_finds_a_plugin_that_goes_by_the_place_of_a_line() -> None:
    def propose(invoice: Invoice) -> list[Proposal]:
        return [Proposal("p", gettext("Off"), PercentOff(5), lines=frozenset(line.key for line in invoice.lines[:1]))]

    with pytest.raises(AssertionError, match="order of lines"):
        kit(loyalty_propose_adjustments=propose).test_the_order_of_lines_changes_nothing()


def test_the_kit_asks_for_examples_of_offers() -> None:
    class Form(Schema):
        """A form of nothing."""

    with pytest.raises(AssertionError, match="examples"):
        kit(loyalty_register_offer_form=lambda: Form).test_its_offers_come_back_as_they_were_stored()


def test_every_bundled_plugin_is_tried() -> None:
    tried = {each.name for each in Conformance.__subclasses__()}
    assert {name for name, each in Plugins.load().loaded.items() if each.distribution == "loyalty"} <= tried
