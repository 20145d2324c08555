"""One call of one plugin: contained, timed, vetted, on a copy of the facts (RELIABILITY, *Failing plugins*)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.context import Rows, no_rows
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.breaker import Breakers
from loyalty_core.plugging.checks import Offence, WrongAnswer
from loyalty_core.plugging.containing import (
    CONTAINED,
    late_problem,
    offence_problem,
    raised_problem,
    resting_problem,
    said,
    suspended_problem,
    wrong_problem,
)
from loyalty_core.plugging.copying import copied
from loyalty_core.plugging.forms import FormRefused
from loyalty_core.plugging.freezing import NotPlain
from loyalty_core.plugging.outcomes import Failure, Outcome
from loyalty_core.plugging.rows import Trespass
from loyalty_core.plugging.stamping import stamped_problem

log = logging.getLogger(__name__)

BUDGETS: Mapping[str, float] = {"register": 10.0, "compile": 10.0, "load": 1.0, "propose": 0.5, "show": 1.0}
"""Seconds that one call may take, by the first word of its hook."""

AGAIN_AND_AGAIN = ("load", "propose", "show")
"""Contracts whose hooks are called over and over: those a plugin that failed too often is spared for a while."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's function for one hook and the names of the arguments it takes."""

    plugin: str
    hook: str
    function: Callable[..., object]
    arguments: tuple[str, ...]

    @property
    def contract(self) -> str:
        """Return the first word of the hook, which says what its failure means."""
        return contract_of(self.hook)


def contract_of(hook: str) -> str:
    """Return the first word of a hook's name after `loyalty_`."""
    return hook.split("_", 2)[1]


class Late(Exception):
    """A plugin took longer than it may."""


class Lent:
    """Rows that a plugin can read until they are taken back, however long it keeps its context."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.trespassed = False

    def __call__(self, *args: Any, **kwargs: Any) -> Sequence[Any]:
        """Read, and note where the plugin reached for what is not its own."""
        try:
            return self._rows(*args, **kwargs)
        except Trespass:
            self.trespassed = True  # noted here, for the plugin may swallow what it is told
            raise

    def take_back(self) -> None:
        """Let nothing be read any more."""
        self._rows = no_rows


def unwatched() -> Callable[[], bool]:
    """Watch nothing: the call lies in no transaction."""
    return lambda: True


@dataclass(frozen=True, slots=True)
class Caller:
    """Asks plugins, one by one; `clock` is monotonic, `budgets` are seconds by contract."""

    breakers: Breakers
    clock: Callable[[], float]
    budgets: Mapping[str, float]

    def ask(
        self,
        implementation: Implementation,
        values: Mapping[str, object],
        vet: Callable[[object], T],
        *,
        prepare: Callable[[], None] | None = None,
        may_refuse: bool = False,
        times: int = 1,
        lent: Lent | None = None,
        watch: Callable[[], Callable[[], bool]] = unwatched,
    ) -> Outcome[T]:
        """Call one plugin with copies of the arguments it names, contain what it raises, and vet what it answers.

        `prepare` runs first and is contained too: it fills in values by the plugin's own code. With `may_refuse` the
        plugin may raise `Refused` to say what is wrong with what a person typed. A call about many may take `times`
        as long as one about one. `lent` are the rows it may read, `watch` looks after the transaction around it.
        """
        spared = self._spared(implementation)
        if spared is not None:
            return Outcome(implementation.plugin, None, spared, 0)
        answer: T | None = None
        failure: Failure | None = None
        given: dict[str, object] = {}
        goes_on, started = watch(), self.clock()
        until = started + self.budgets[implementation.contract] * times
        try:
            if prepare is not None:
                prepare()
            given |= {name: copied(values[name]) for name in implementation.arguments}
            found = vet(self._bounded(implementation.function(*given.values()), until))
            if self.clock() > until:
                raise Late
            answer = found
        except CONTAINED as error:
            failure = _failure(implementation, error, may_refuse)
        if not goes_on():
            failure = _offence(implementation, _("It ended the transaction it was called in."))
        elif lent is not None and lent.trespassed:
            failure = _offence(implementation, _("It reached for rows that are not its own to read."))
        elif _forced(given, values):
            failure = _offence(implementation, _("It changed what it was given."))
        self._note(implementation, failure)
        return Outcome(implementation.plugin, None if failure else answer, failure, self.clock() - started)

    def _spared(self, implementation: Implementation) -> Failure | None:
        """Return why a plugin is not asked at all: it offended, or failed too often."""
        plugin = implementation.plugin
        if plugin in self.breakers.offences:
            return Failure(plugin, implementation.hook, (suspended_problem(plugin),))
        if implementation.contract in AGAIN_AND_AGAIN and not self.breakers.allows(plugin):
            return Failure(plugin, implementation.hook, (resting_problem(plugin),))
        return None

    def _note(self, implementation: Implementation, failure: Failure | None) -> None:
        """Tell the breakers what came of a call."""
        if failure is not None and failure.is_offence:
            self.breakers.offended(failure)
        elif implementation.contract in AGAIN_AND_AGAIN:
            if failure is None:
                self.breakers.worked(implementation.plugin)
            else:
                self.breakers.failed(implementation.plugin)

    def _bounded(self, answer: object, until: float) -> object:
        """Return an answer that, if it is made bit by bit, ends when the time is over."""
        return self._until(answer, until) if isinstance(answer, Iterator) else answer

    def _until(self, items: Iterator[object], until: float) -> Iterator[object]:
        try:
            for item in items:
                yield item
                if self.clock() > until:
                    raise Late
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()


def _forced(given: Mapping[str, object], values: Mapping[str, object]) -> bool:
    """Whether frozen facts were forced open; what cannot even be compared was."""
    try:
        return any(copy != values[name] for name, copy in given.items())
    except CONTAINED:
        return True


def _failure(implementation: Implementation, error: BaseException, may_refuse: bool) -> Failure:
    plugin, hook = implementation.plugin, implementation.hook
    problems: tuple[Problem, ...]
    if isinstance(error, FormRefused):
        problems = error.problems
    elif may_refuse and type(error) is Refused:
        problems = _own_words(implementation, error)
    elif isinstance(error, Offence):
        problems = (offence_problem(plugin, hook, error.why),)
    elif isinstance(error, WrongAnswer | NotPlain):
        problems = (wrong_problem(plugin, hook, error.why),)
    elif isinstance(error, Late):
        problems = (late_problem(plugin, hook),)
    else:
        problems = (raised_problem(plugin, hook),)
    if not isinstance(error, Refused):
        log.error("plugin %s failed in %s: %s", plugin, hook, said(error), exc_info=error, extra={"plugin": plugin})
    return Failure(plugin, hook, problems)


def _offence(implementation: Implementation, why: Message) -> Failure:
    plugin, hook = implementation.plugin, implementation.hook
    log.error("plugin %s offended in %s: %s", plugin, hook, why, extra={"plugin": plugin})
    return Failure(plugin, hook, (offence_problem(plugin, hook, why),))


def _own_words(implementation: Implementation, refused: Refused) -> tuple[Problem, ...]:
    """Return a plugin's own problems, or the one that says that they are none."""
    try:
        return tuple(stamped_problem(problem, implementation.plugin) for problem in refused.problems)
    except CONTAINED as error:
        log.error("plugin %s refuses in a wrong way: %s", implementation.plugin, said(error), exc_info=error)
        return (raised_problem(implementation.plugin, implementation.hook),)
