"""A table of mistakes, each made against a house: what is it refused for, and was anything written?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pprint import pformat

from loyalty_core.errors import Refused
from loyalty_core.services.unit import Unit
from loyalty_core.testing.house import House

Act = Callable[[Unit], object]
Found = tuple[str, tuple[str | int, ...]]
"""A code and a path."""

Mistakes = Mapping[str, tuple[Act, Found | Sequence[Found]]]
"""By name: what is done, and what it must be refused for."""


def refusals(house: House, act: Act) -> list[Found]:
    """Return code and path of every problem that an act is refused for; a crash is told like one."""
    try:
        with house.work() as unit:
            act(unit)
    except Refused as refused:
        return [(problem.code, problem.path) for problem in refused.problems]
    except Exception as error:  # a table of offences says more than the first of them
        return [("crashed", (repr(error)[:200],))]
    return []


def are_refused(house: House, mistakes: Mistakes) -> None:
    """Check that every mistake is refused for what it says, and that nothing at all was written."""
    before = house.rows()
    wrong = {}
    for name, (act, expected) in mistakes.items():
        found, wanted = refusals(house, act), expected if isinstance(expected, list) else [expected]
        if found != wanted:
            wrong[name] = {"found": found, "wanted": wanted}
    assert not wrong, pformat(wrong)
    assert house.rows() == before
