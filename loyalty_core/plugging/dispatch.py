"""The one place where a hook is called.

A table per hook, sorted by plugin name, is built at start; functions are called directly with the arguments they
name. Each plugin is called on its own with a context of its own; its answer is vetted whole, stamped with its author
and catalogue, and timed. A plugin that raises, answers rubbish or takes too long gives a `Failure` instead: it is
logged and handed back, and the work goes on (RELIABILITY, *Failing plugins*). What a failure means is said in
`hookspecs` and decided by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeVar

from marshmallow import Schema

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.offers import Offer, StoredOffer
from loyalty_core.decisions.rules import RuleSet
from loyalty_core.facts.context import Context, Rows, no_rows
from loyalty_core.facts.money import Currency
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.programme import Programme
from loyalty_core.hookspecs import HOOKS
from loyalty_core.plugging import answers, offer_answers
from loyalty_core.plugging.breaker import Breakers, Patience
from loyalty_core.plugging.calling import BUDGETS, Caller, Implementation, Lent, unwatched
from loyalty_core.plugging.forms import read_form
from loyalty_core.plugging.offer_answers import LANES
from loyalty_core.plugging.outcomes import Failure, Outcome, failures
from loyalty_core.plugging.tally import Tally

__all__ = ["Dispatcher", "Failure", "Implementation", "Occasion", "Outcome", "failures"]

NOTHING: Mapping[str, object] = MappingProxyType({})

SUBJECTS_IN_ONE_BUDGET = 100
"""Subjects that a batch hook judges in the time of one call; a batch of twice as many may take twice as long."""

T = TypeVar("T")


def _nothing_to_read(plugin: str) -> Rows:
    return no_rows


@dataclass(frozen=True, slots=True)
class Occasion:
    """What calls are about: the network, the instant, and which plugins may be asked.

    `usable` are those active in the network, migrated, neither broken nor suspended. `rows_of` gives each plugin a
    reader of its own tables, see `rows.own_rows`; `watch` looks after the transaction, see `rows.watched`. `settings`
    are those of the network by plugin, as `Plugins.read_settings` reads them; a plugin that has none here gets its
    defaults. `lanes` are those that offers may lie in: of the combination policy, and the one for everything.
    """

    network_id: int
    currency: Currency
    now: datetime
    usable: Collection[str]
    rows_of: Callable[[str], Rows] = _nothing_to_read
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    lanes: Collection[str] = LANES
    watch: Callable[[], Callable[[], bool]] = unwatched


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas that hooks are called with: of settings and of parts of programmes, each by plugin name."""

    settings: Mapping[str, type[Schema]] = field(default_factory=dict)
    parts: Mapping[str, type[Schema]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Calls the hooks of loaded plugins; one method per hook, in the order of the run.

    `defaults` are the settings of plugins where a network has set nothing; `tally` counts what came of calls.
    """

    table: Mapping[str, Sequence[Implementation]]
    schemas: Schemas
    packages: Mapping[str, str]
    defaults: Mapping[str, Mapping[str, object]]
    caller: Caller
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def of(
        cls,
        implementations: Iterable[Implementation],
        schemas: Schemas | None = None,
        packages: Mapping[str, str] = MappingProxyType({}),
        *,
        budgets: Mapping[str, float] = BUDGETS,
        patience: Patience | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> Dispatcher:
        """Return a dispatcher with its table built; `packages` are by plugin name, for their templates.

        `budgets` are the seconds that a call may take by the first word of its hook, `clock` a monotonic one.
        """
        found = sorted(implementations, key=lambda each: each.plugin)
        table = {hook: tuple(each for each in found if each.hook == hook) for hook in HOOKS}
        schemas = schemas or Schemas()
        defaults = {name: read_form(schema, {}, name) for name, schema in schemas.settings.items()}
        caller = Caller(Breakers(clock, patience), clock, {**BUDGETS, **budgets})
        return cls(table, schemas, packages, defaults, caller)

    @property
    def breakers(self) -> Breakers:
        """Return what knows which plugins are not asked, because they failed too often or offended."""
        return self.caller.breakers

    def register_settings(self) -> tuple[Outcome[type[Schema]], ...]:
        """Ask for the schemas of settings, at start-up."""
        return self._register("loyalty_register_settings", answers.form_schema)

    def register_programme_kinds(self) -> tuple[Outcome[tuple[ProgrammeKind, ...]], ...]:
        """Ask for kinds of programme, at start-up."""
        hook = "loyalty_register_programme_kinds"
        return tuple(
            self.caller.ask(each, {}, partial(answers.programme_kinds, plugin=each.plugin)) for each in self.table[hook]
        )

    def register_programme_part(self) -> tuple[Outcome[type[Schema]], ...]:
        """Ask for the schemas of programme parts, at start-up."""
        return self._register("loyalty_register_programme_part", answers.form_schema)

    def register_offer_form(self) -> tuple[Outcome[type[Schema]], ...]:
        """Ask for the schemas of offers that staff type, at start-up."""
        return self._register("loyalty_register_offer_form", answers.form_schema)

    def compile_standing(
        self, occasion: Occasion, programme: Programme, parts: Mapping[str, Mapping[str, object]]
    ) -> tuple[Outcome[tuple[RuleSet, ...]], ...]:
        """Have each usable plugin translate its own part of a programme into rule sets.

        `parts` is the programme's body as it is stored, by plugin name; a plugin without a part there gets its
        defaults. The caller decides what a failure means: it refuses the version at save and shows the plugin as
        broken at start.
        """
        found = []
        for each in self._usable("loyalty_compile_standing", occasion):
            values: dict[str, object] = {"ctx": self._context(occasion, each)}
            prepare = partial(self._read_part, each.plugin, programme, parts.get(each.plugin, {}), values)
            vet = partial(answers.rule_sets, plugin=each.plugin)
            found.append(self._ask(each, occasion, values, vet, prepare=prepare, may_refuse=True))
        return tuple(found)

    def _read_part(
        self, plugin: str, programme: Programme, stored: Mapping[str, object], values: dict[str, object]
    ) -> None:
        schema = self.schemas.parts.get(plugin)
        part = read_form(schema, stored, plugin) if schema is not None else NOTHING
        values["programme"] = replace(programme, part=part)

    def compile_offers(
        self, occasion: Occasion, stored: Mapping[str, Sequence[StoredOffer]]
    ) -> tuple[Outcome[tuple[Offer, ...]], ...]:
        """Have each usable plugin translate the offers that staff typed, and its own, into offers that compete.

        `stored` are those of the network by plugin, their forms as `Plugins.read_offer` reads them.
        """
        found = []
        for each in self._usable("loyalty_compile_offers", occasion):
            typed = tuple(stored.get(each.plugin, ()))
            values = {"offers": typed, "ctx": self._context(occasion, each)}
            versions = {offer.version_id: offer for offer in typed}
            vet = partial(offer_answers.offers, plugin=each.plugin, stored=versions, lanes=occasion.lanes)
            found.append(self._ask(each, occasion, values, vet, may_refuse=True))
        return tuple(found)

    def load_facts(self, occasion: Occasion, subjects: Sequence[Subject]) -> tuple[Outcome[Mapping[int, object]], ...]:
        """Have each usable plugin read its own rows for a batch of subjects."""
        asked, ids = _batch(subjects)
        found = []
        for each in self._usable("loyalty_load_facts", occasion):
            lent = Lent(occasion.rows_of(each.plugin))
            values = {"subjects": asked, "ctx": self._context(occasion, each, rows=lent)}
            vet = partial(answers.facts, ids=ids)
            found.append(self._ask(each, occasion, values, vet, times=_times(asked), lent=lent))
            lent.take_back()
        return tuple(found)

    def propose_changes(
        self,
        occasion: Occasion,
        subjects: Sequence[Subject],
        facts: Iterable[Outcome[Mapping[int, object]]],
    ) -> tuple[Outcome[tuple[Change, ...]], ...]:
        """Ask each usable plugin to change what subjects have before this one visit.

        `facts` is what `load_facts` gave for the same subjects; a plugin that failed there is passed over.
        """
        asked, ids = _batch(subjects)
        known = {outcome.plugin: outcome for outcome in facts}
        found = []
        for each in self._usable("loyalty_propose_changes", occasion):
            outcome = known.get(each.plugin)
            if outcome is not None and outcome.failure is not None:
                continue
            own = {"own": outcome.answer} if outcome is not None else {}
            values = {"subjects": asked, "ctx": self._context(occasion, each, **own)}
            vet = partial(answers.changes, ids=ids, plugin=each.plugin)
            found.append(self._ask(each, occasion, values, vet, times=_times(asked)))
        return tuple(found)

    def propose_adjustments(
        self, occasion: Occasion, invoice: Invoice, client: Client | None
    ) -> tuple[Outcome[tuple[Offer, ...]], ...]:
        """Ask each usable plugin what it proposes for one invoice; proposals come back as offers of their author."""
        found = []
        for each in self._usable("loyalty_propose_adjustments", occasion):
            values = {"invoice": invoice, "client": client, "ctx": self._context(occasion, each)}
            vet = partial(offer_answers.proposals, plugin=each.plugin, lines=invoice.lines, lanes=occasion.lanes)
            found.append(self._ask(each, occasion, values, vet))
        return tuple(found)

    def show_programme_tabs(self, occasion: Occasion) -> tuple[Outcome[tuple[Tab, ...]], ...]:
        """Ask each usable plugin for tabs of the programme editor."""
        found = []
        for each in self._usable("loyalty_show_programme_tabs", occasion):
            vet = partial(answers.tabs, plugin=each.plugin, package=self.packages[each.plugin])
            found.append(self._ask(each, occasion, {"ctx": self._context(occasion, each)}, vet))
        return tuple(found)

    def _usable(self, hook: str, occasion: Occasion) -> Iterable[Implementation]:
        return (each for each in self.table[hook] if each.plugin in occasion.usable)

    def _context(self, occasion: Occasion, each: Implementation, **more: Any) -> Context:
        """Return a new context for one plugin."""
        settings = occasion.settings.get(each.plugin, self.defaults.get(each.plugin, NOTHING))
        return Context(each.plugin, occasion.network_id, occasion.currency, occasion.now, settings=settings, **more)

    def _ask(
        self,
        each: Implementation,
        occasion: Occasion,
        values: Mapping[str, object],
        vet: Callable[[object], T],
        **more: Any,
    ) -> Outcome[T]:
        outcome = self.caller.ask(each, values, vet, watch=occasion.watch, **more)
        self.tally.note(outcome)
        return outcome

    def _register(self, hook: str, vet: Callable[[object], T]) -> tuple[Outcome[T], ...]:
        return tuple(self.caller.ask(each, {}, vet) for each in self.table[hook])


def _times(subjects: Sequence[Subject]) -> int:
    return 1 + len(subjects) // SUBJECTS_IN_ONE_BUDGET


def _batch(subjects: Sequence[Subject]) -> tuple[tuple[Subject, ...], frozenset[int]]:
    """Return the subjects of one call and their ids, which tell them apart."""
    asked = tuple(subjects)
    ids = frozenset(subject.id for subject in asked)
    assert len(ids) == len(asked), "subjects of one call have ids of their own"
    return asked, ids
