"""What plugins make of a configuration: programmes compiled to rule sets, offers compiled and indexed."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from loyalty_core.decisions.offers import StoredOffer
from loyalty_core.decisions.rules import RuleSet
from loyalty_core.engine.matching import OfferIndex, index
from loyalty_core.engine.standing import compile_rule_set
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.programme import JudgedOn, Programme, SoldBasis
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.dispatch import Failure, Occasion, Outcome
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services.configuration import CompiledProgramme, CompiledSet, Configuration
from loyalty_core.services.in_force import ProgrammeRow

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CompiledOffers:
    """All offers of one configuration, indexed; `failures` are plugins whose offers could not be compiled."""

    offers: OfferIndex
    failures: tuple[Failure, ...]


@dataclass
class Compiled:
    """What one process has compiled: configurations by network, their past ones, programmes and offers."""

    configurations: dict[int, Configuration] = field(default_factory=dict)
    past: dict[tuple[int, int], Configuration] = field(default_factory=dict)
    programmes: dict[tuple[int, frozenset[str], frozenset[str], str], CompiledProgramme] = field(default_factory=dict)
    offers: dict[tuple[int, int, frozenset[str]], CompiledOffers] = field(default_factory=dict)
    settings: dict[str, Mapping[str, Mapping[str, object]]] = field(default_factory=dict)


def settings_read(plugins: Plugins, stored: Mapping[str, Mapping[str, object]]) -> dict[str, Mapping[str, object]]:
    """Return the settings of all plugins that have any, with defaults.

    What a newer version of a plugin does not accept any more is as by default, loudly: the sale goes on.
    """
    found: dict[str, Mapping[str, object]] = {}
    for name in plugins.settings:
        try:
            found[name] = plugins.read_settings(name, stored.get(name, {}))
        except Refused as refused:
            log.error("the settings of plugin %s do not hold: %s", name, refused, extra={"plugin": name})
            found[name] = plugins.read_settings(name, {})
    return found


def compile_programme(
    plugins: Plugins, occasion: Occasion, row: ProgrammeRow, body: Mapping[str, Any], active: Collection[str]
) -> CompiledProgramme:
    """Compile one programme version. A programme whose kind's plugin is not in use gives nothing."""
    owned = plugins.kinds.get(row.kind)
    judged_on = JudgedOn(body["judged_on"])
    basis = owned.kind.basis if owned is not None else SoldBasis.INVOICED
    sets: tuple[CompiledSet, ...] = ()
    failures: tuple[Failure, ...] = ()
    if owned is not None and owned.plugin in occasion.usable:
        programme = Programme(
            id=row.id,
            version_id=row.version_id,
            number=row.number,
            kind=row.kind,
            level=owned.kind.level,
            scope_id=row.scope_id,
            basis=basis,
            judged_on=judged_on,
            name=body["name"],
            part={},
        )
        outcomes = plugins.dispatcher.compile_standing(occasion, programme, body["parts"])
        sets, failures = _compiled_sets(outcomes, basis, judged_on, row.version_id)
    complete = not failures and frozenset(occasion.usable) >= frozenset(active)
    return CompiledProgramme(
        row.id, row.version_id, row.number, row.kind, basis, judged_on, body["name"], sets, failures, complete
    )


def _compiled_sets(
    outcomes: Collection[Outcome[tuple[RuleSet, ...]]], basis: SoldBasis, judged_on: JudgedOn, version_id: int
) -> tuple[tuple[CompiledSet, ...], tuple[Failure, ...]]:
    """Compile rule sets. Of two plugins that decide the same element, the first by name does; the other fails."""
    failures = [outcome.failure for outcome in outcomes if outcome.failure is not None]
    taken: dict[tuple[str, str], CompiledSet] = {}
    for outcome in outcomes:
        found = outcome.answer or ()
        rival = next((taken[each.element, each.item] for each in found if (each.element, each.item) in taken), None)
        if rival is not None:
            text = _("The plugin %(rival)s already decides this element.", rival=rival.plugin)
            failures.append(Failure(outcome.plugin, "loyalty_compile_standing", (Problem("element_taken", text),)))
            continue
        for each in found:
            verdicts = compile_rule_set(each, basis, judged_on, version_id)
            taken[each.element, each.item] = CompiledSet(outcome.plugin, each, verdicts)
    return tuple(taken.values()), tuple(failures)


def compile_offers(plugins: Plugins, occasion: Occasion, configuration: Configuration) -> CompiledOffers:
    """Have each plugin compile its offers of a configuration, and index them all."""
    stored: dict[str, list[StoredOffer]] = {}
    failures: list[Failure] = []
    for row in configuration.offers:
        if row.plugin not in plugins.offer_forms:
            continue
        try:
            form = plugins.read_offer(row.plugin, json.loads(row.body))
        except Refused as refused:  # by a newer version of the plugin than the one it was saved with
            log.error("offer %s does not hold any more: %s", row.id, refused, extra={"plugin": row.plugin})
            failures.append(Failure(row.plugin, "loyalty_compile_offers", refused.problems))
            continue
        stored.setdefault(row.plugin, []).append(StoredOffer(row.id, row.version_id, row.made_at, form))
    outcomes = plugins.dispatcher.compile_offers(occasion, stored)
    failures.extend(outcome.failure for outcome in outcomes if outcome.failure is not None)
    return CompiledOffers(index([offer for outcome in outcomes for offer in outcome.answer or ()]), tuple(failures))
