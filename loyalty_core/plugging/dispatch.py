"""The one place where a hook is called.

A table per hook, sorted by plugin name, is built at start; functions are called directly with the arguments they
name. Each plugin is called on its own with a context of its own; its answer is vetted whole, stamped with its author
and catalogue, and timed. A plugin that raises or answers rubbish gives a `Failure` instead: it is logged and handed
back, and the work goes on (RELIABILITY, *Failing plugins*). What a failure means is said in `hookspecs` and decided
by the caller.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from marshmallow import Schema

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.rules import RuleSet
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.context import Context, Rows, no_rows
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import Programme
from loyalty_core.hookspecs import HOOKS
from loyalty_core.plugging import answers
from loyalty_core.plugging.answers import WrongAnswer
from loyalty_core.plugging.containing import CONTAINED, raised_problem, said, wrong_problem
from loyalty_core.plugging.freezing import NotPlain
from loyalty_core.plugging.parts import PartRefused, read_part
from loyalty_core.plugging.stamping import stamped_problem

log = logging.getLogger(__name__)

NO_PART: Mapping[str, object] = MappingProxyType({})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """A plugin that gave no valid answer; `problems` say so to staff, and are never shown to clients.

    Codes: `plugin_failed` it raised; `plugin_answer` its answer does not hold; any other is the plugin's own refusal
    of what a person typed.
    """

    plugin: str
    hook: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of calling one plugin: its answer or its failure, and how long it took."""

    plugin: str
    answer: T | None
    failure: Failure | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's function for one hook and the names of the arguments it takes."""

    plugin: str
    hook: str
    function: Callable[..., object]
    arguments: tuple[str, ...]


def _nothing_to_read(plugin: str) -> Rows:
    return no_rows


@dataclass(frozen=True, slots=True)
class Occasion:
    """What calls are about: the network, the instant, and which plugins may be asked.

    `usable` are those active in the network, migrated and not broken. `rows_of` gives each plugin a reader of its own
    tables, see `rows.own_rows`.
    """

    network_id: int
    currency: Currency
    now: datetime
    usable: Collection[str]
    rows_of: Callable[[str], Rows] = _nothing_to_read

    def context(self, plugin: str, **more: Any) -> Context:
        """Return a new context for one plugin."""
        return Context(plugin, self.network_id, self.currency, self.now, **more)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Calls the hooks of loaded plugins; one method per hook, in the order of the run."""

    table: Mapping[str, Sequence[Implementation]]
    parts: Mapping[str, type[Schema]] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, implementations: Iterable[Implementation], parts: Mapping[str, type[Schema]], packages: Mapping[str, str]
    ) -> Dispatcher:
        """Return a dispatcher with its table built; `parts` and `packages` are by plugin name."""
        found = sorted(implementations, key=lambda each: each.plugin)
        return cls({hook: tuple(each for each in found if each.hook == hook) for hook in HOOKS}, parts, packages)

    def register_programme_kinds(self) -> tuple[Outcome[tuple[ProgrammeKind, ...]], ...]:
        """Ask for kinds of programme, at start-up."""
        return tuple(
            ask(each, {}, partial(answers.programme_kinds, plugin=each.plugin))
            for each in self.table["loyalty_register_programme_kinds"]
        )

    def register_programme_part(self) -> tuple[Outcome[type[Schema]], ...]:
        """Ask for the schemas of programme parts, at start-up."""
        return tuple(
            ask(each, {}, partial(answers.part_schema, plugin=each.plugin))
            for each in self.table["loyalty_register_programme_part"]
        )

    def compile_standing(
        self, occasion: Occasion, programme: Programme, parts: Mapping[str, Mapping[str, object]]
    ) -> tuple[Outcome[tuple[RuleSet, ...]], ...]:
        """Have each usable plugin translate its own part of a programme into rule sets.

        `parts` is the programme's body as it is stored, by plugin name; a plugin without a part there gets its
        defaults. The caller decides what a failure means: it refuses the version at save and shows the plugin as
        broken at start.
        """
        return tuple(
            self._compile(each, occasion, programme, parts.get(each.plugin, {}))
            for each in self._usable("loyalty_compile_standing", occasion)
        )

    def _compile(
        self, each: Implementation, occasion: Occasion, programme: Programme, stored: Mapping[str, object]
    ) -> Outcome[tuple[RuleSet, ...]]:
        values: dict[str, object] = {"ctx": occasion.context(each.plugin)}

        def prepare() -> None:
            schema = self.parts.get(each.plugin)
            part = read_part(schema, stored, each.plugin) if schema is not None else NO_PART
            values["programme"] = replace(programme, part=part)

        return ask(each, values, partial(answers.rule_sets, plugin=each.plugin), prepare=prepare, may_refuse=True)

    def load_facts(self, occasion: Occasion, subjects: Sequence[Subject]) -> tuple[Outcome[Mapping[int, object]], ...]:
        """Have each usable plugin read its own rows for a batch of subjects."""
        asked, ids = _batch(subjects)
        found = []
        for each in self._usable("loyalty_load_facts", occasion):
            rows = _Lent(occasion.rows_of(each.plugin))
            values = {"subjects": asked, "ctx": occasion.context(each.plugin, rows=rows)}
            found.append(ask(each, values, partial(answers.facts, ids=ids)))
            rows.take_back()
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
            values = {"subjects": asked, "ctx": occasion.context(each.plugin, **own)}
            found.append(ask(each, values, partial(answers.changes, ids=ids, plugin=each.plugin)))
        return tuple(found)

    def show_programme_tabs(self, occasion: Occasion) -> tuple[Outcome[tuple[Tab, ...]], ...]:
        """Ask each usable plugin for tabs of the programme editor."""
        return tuple(
            ask(
                each,
                {"ctx": occasion.context(each.plugin)},
                partial(answers.tabs, plugin=each.plugin, package=self.packages[each.plugin]),
            )
            for each in self._usable("loyalty_show_programme_tabs", occasion)
        )

    def _usable(self, hook: str, occasion: Occasion) -> Iterable[Implementation]:
        return (each for each in self.table[hook] if each.plugin in occasion.usable)


def ask(
    implementation: Implementation,
    values: Mapping[str, object],
    vet: Callable[[object], T],
    *,
    prepare: Callable[[], None] | None = None,
    may_refuse: bool = False,
) -> Outcome[T]:
    """Call one plugin with the arguments it names, contain what it raises, and vet what it answers.

    `prepare` runs first and is contained too: it fills in values by the plugin's own code. With `may_refuse` the
    plugin may raise `Refused` to say what is wrong with what a person typed.
    """
    answer: T | None = None
    failure: Failure | None = None
    started = perf_counter()
    try:
        if prepare is not None:
            prepare()
        answer = vet(implementation.function(*[values[name] for name in implementation.arguments]))
    except CONTAINED as error:
        failure = _failure(implementation, error, may_refuse)
    return Outcome(implementation.plugin, answer, failure, perf_counter() - started)


def failures(*groups: Iterable[Outcome[Any]]) -> tuple[Failure, ...]:
    """Return the failures among outcomes, in their order."""
    return tuple(each.failure for outcomes in groups for each in outcomes if each.failure is not None)


def _failure(implementation: Implementation, error: BaseException, may_refuse: bool) -> Failure:
    plugin, hook = implementation.plugin, implementation.hook
    problems: tuple[Problem, ...]
    if isinstance(error, PartRefused):
        problems = error.problems
    elif may_refuse and type(error) is Refused:
        problems = _own_words(implementation, error)
    elif isinstance(error, WrongAnswer | NotPlain):
        problems = (wrong_problem(plugin, hook, error.why),)
    else:
        problems = (raised_problem(plugin, hook),)
    if not isinstance(error, Refused):
        log.error("plugin %s failed in %s: %s", plugin, hook, said(error), exc_info=error, extra={"plugin": plugin})
    return Failure(plugin, hook, problems)


def _own_words(implementation: Implementation, refused: Refused) -> tuple[Problem, ...]:
    """Return a plugin's own problems, or the one that says that they are none."""
    try:
        return tuple(stamped_problem(problem, implementation.plugin) for problem in refused.problems)
    except CONTAINED as error:
        log.error("plugin %s refuses in a wrong way: %s", implementation.plugin, said(error), exc_info=error)
        return (raised_problem(implementation.plugin, implementation.hook),)


class _Lent:
    """Rows that a plugin can read until they are taken back, however long it keeps its context."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __call__(self, *args: Any, **kwargs: Any) -> Sequence[Any]:
        return self._rows(*args, **kwargs)

    def take_back(self) -> None:
        self._rows = no_rows


def _batch(subjects: Sequence[Subject]) -> tuple[tuple[Subject, ...], frozenset[int]]:
    """Return the subjects of one call and their ids, which tell them apart."""
    asked = tuple(subjects)
    ids = frozenset(subject.id for subject in asked)
    assert len(ids) == len(asked), "subjects of one call have ids of their own"
    return asked, ids
