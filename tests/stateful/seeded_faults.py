"""Small mistakes that a programmer might make, put into the product one at a time: each must be caught.

A mistake is a change of source text in one function, method or module constant. When the text is not there any more,
planting fails: then the mistake is to be written anew against the code of today.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

import pytest

from tests.stateful import fixed_history
from tests.stateful.salon import Salon

Part = Callable[[Salon], None]


@dataclass(frozen=True)
class Fault:
    """What is wrong, where (`module:name`), the right text and the wrong one."""

    says: str
    place: str
    right: str
    wrong: str

    def plant(self, patch: pytest.MonkeyPatch) -> None:
        """Put the mistake into the running product."""
        module_name, _, path = self.place.partition(":")
        module = import_module(module_name)
        owner: Any = module
        *outer, name = path.split(".")
        for each in outer:
            owner = getattr(owner, each)
        found = getattr(owner, name)
        if isinstance(found, property):
            found = found.fget
        found = inspect.unwrap(found) if callable(found) else found
        if isinstance(found, FunctionType):
            made = self._made(module, self._wrong(textwrap.dedent(inspect.getsource(found))), found.__name__)
            patch.setattr(found, "__code__", made.__code__)
        else:
            patch.setattr(owner, name, self._made(module, self._wrong(_assignment(module, name)), name))

    def _wrong(self, source: str) -> str:
        assert source.count(self.right) == 1, f"{self.place} does not say {self.right!r} once"
        return source.replace(self.right, self.wrong)

    def _made(self, module: ModuleType, source: str, name: str) -> Any:
        source = source[source.index("def ") :] if source.startswith("@") else source  # what wraps it stays
        names = dict(vars(module))
        exec(compile(f"from __future__ import annotations\n{source}", self.place, "exec"), names)
        return names[name]


def _assignment(module: ModuleType, name: str) -> str:
    """Return the statement that gives a module's constant its value."""
    source = inspect.getsource(module)
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.get_source_segment(source, node) or ""
    raise AssertionError(f"{module.__name__} has no {name}")


def forget_compiled() -> None:
    """Empty the product's caches of statements: those compiled from wrong code, or from right."""
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("loyalty_core."):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()


SERVICES, STORAGE, ENGINE = "loyalty_core.services", "loyalty_core.storage", "loyalty_core.engine"

FAULTS: dict[Part, tuple[Fault, ...]] = {
    fixed_history.visits_are_counted: (
        Fault(
            "un-arriving leaves the sales of the visit counted",
            f"{STORAGE}.measuring:_of_visit",
            "visit.c.status == VisitStatus.ARRIVED.value",
            "visit.c.status.is_not(None)",
        ),
        Fault("a measure that went is not taken off", f"{SERVICES}.tail:_differences", "sign * row", "abs(sign) * row"),
        Fault("days that were lost are not looked up", f"{SERVICES}.tail:_add_up", "if look_again:", "if False:"),
        Fault(
            "deleting a visit settles nothing",
            f"{SERVICES}.visits:delete",
            "settle_visits(unit, [visit_id]",
            "settle_visits(unit, []",
        ),
        Fault(
            "local days are days of UTC",
            f"{SERVICES}.configuration:Configuration.local_day",
            "instant.astimezone(self.branches[branch_id])",
            "instant",
        ),
        Fault(
            "the same visit saved twice is a change",
            f"{SERVICES}.visits:_same",
            "return kept == (",
            "return None == (",
        ),
        Fault(
            "a visit is among those before it",
            f"{SERVICES}.before_visit:_measures_before",
            "measure.c.rests_on < cut",
            "measure.c.rests_on <= cut",
        ),
    ),
    fixed_history.money_comes_and_goes: (
        Fault(
            "a refund forgets what came back before",
            f"{SERVICES}.invoices.refunding:_part",
            "row.returned_milli",
            "0",
        ),
        Fault(
            "the odd cent goes to the first line",
            f"{ENGINE}.allocation:split",
            "keys[i])",
            "i)",
        ),
        Fault(
            "a refund sent again with its key is made again",
            f"{SERVICES}.invoices.refunding:refund",
            "once(unit, key, request",
            "once(unit, None, request",
        ),
        Fault(
            "every tender counts as paid",
            f"{SERVICES}.invoices.paying:payment_rows",
            "flags[payment.tender]",
            "payment.tender in flags",
        ),
        Fault(
            "a gift card counts as sold",
            f"{SERVICES}.invoices.recording:_Rows._add_lines",
            "LINE_KINDS[each.kind].counts_in_totals",
            "each.kind in LINE_KINDS",
        ),
        Fault(
            "a wholly refunded sale is still the last visit",
            f"{STORAGE}.measuring:_KEPT",
            "line.c.returned_milli < line",
            "line.c.returned_milli <= line",
        ),
    ),
    fixed_history.invoices_are_void: (
        Fault(
            "a void invoice stays counted", f"{SERVICES}.invoices.voiding:void", "sale.client_id is not None", "False"
        ),
    ),
    fixed_history.rules_take_turns: (
        Fault(
            "another rule with the same percentage goes unnoticed, in SQL",
            f"{STORAGE}.staging:stage",
            "now.c.rule.is_distinct_from(standing.c.rule)",
            "now.c.rule.is_distinct_from(now.c.rule)",
        ),
        Fault(
            "one process does not see what another configured",
            f"{SERVICES}.unit:Unit.configuration",
            "cached.version != version",
            "False",
        ),
    ),
    fixed_history.days_count_once: (
        Fault(
            "where visits count per day, others of that day are not settled",
            f"{SERVICES}.visits:settle_visits",
            "if unit.configuration.visits_per_day:",
            "if False:",
        ),
        Fault(
            "standing is judged before everything is counted",
            f"{SERVICES}.tail:settle",
            "changed += len(come)",
            "changed += len(come); judging.judge(unit, totals, cause)",
        ),
    ),
    fixed_history.values_by_hand_end: (
        Fault(
            "a manual value ends on its last day, in Python",
            f"{ENGINE}.standing:_by_hand",
            "manual.until + timedelta(1)",
            "manual.until + timedelta(0)",
        ),
        Fault(
            "a manual value lapses from the day it was given, whatever visit came later",
            f"{ENGINE}.standing:_by_hand",
            "max(manual.granted_on, last_day or manual.granted_on)",
            "manual.granted_on",
        ),
        Fault(
            "a manual value holds a day too long, in SQL",
            f"{STORAGE}.standing_sql:_manual_in_force",
            "manual.c.until >= TODAY",
            "manual.c.until >= add_days(TODAY, -1)",
        ),
    ),
    fixed_history.clients_stay_away: (
        Fault(
            "the audit tells of what did not change",
            f"{SERVICES}.judging:_Writer.compare",
            "if was != now:",
            "if True:",
        ),
        Fault(
            "inactive on the last day that keeps, in Python",
            f"{ENGINE}.standing:compile_rule_set",
            "if idle > longest_idle:",
            "if idle >= longest_idle:",
        ),
        Fault(
            "inactive one day late, in SQL",
            f"{STORAGE}.standing_sql:_inactive",
            "last_day < add_days(TODAY, -days)",
            "last_day < add_days(TODAY, -days - 1)",
        ),
        Fault(
            "what is due today waits until tomorrow",
            f"{SERVICES}.reassessment:_staging",
            "among=_DUE if",
            'among=_DUE.where(standing.c.next_on < bindparam("today")) if',
        ),
    ),
    fixed_history.clients_return: (
        Fault(
            "the sums at the reset stay as they were",
            f"{SERVICES}.judging:judge",
            "refresh_resets(unit, wanted)",
            "None",
        ),
        Fault(
            "a gap of exactly so many days resets, in SQL",
            f"{STORAGE}.standing_sql:resets",
            "paired.c.visit_before < add_days",
            "paired.c.visit_before <= add_days",
        ),
    ),
}
"""What each part of the history must catch."""

ON_ONE_DATABASE = (
    Fault(
        "PostgreSQL tells nobody",
        f"{STORAGE}.work:Work.emit",
        "self._events.append(row)",
        "self.dialect == 'postgresql' or self._events.append(row)",
    ),
    Fault(
        "PostgreSQL tells nobody when everybody was judged",
        f"{SERVICES}.reassessment:reassess",
        "tell=tell) for",
        "tell=tell and unit.dialect == 'sqlite') for",
    ),
)
"""What only a comparison of the databases can find: the model does not know of events."""


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """Let the product have a fault for a while."""
    with pytest.MonkeyPatch.context() as patch:
        fault.plant(patch)
        forget_compiled()
        try:
            yield
        finally:
            patch.undo()
            forget_compiled()
