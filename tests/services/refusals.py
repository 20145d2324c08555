"""A table of mistakes, each made against a house: what is it refused for, and was anything written?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loyalty_core.errors import Refused
from loyalty_core.services.unit import Unit
from loyalty_core.testing.house import House

Act = Callable[[Unit], object]
Found = tuple[str, tuple[str | int, ...]]
"""A code and a path."""


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


def are_refused(house: House, mistakes: Mapping[str, tuple[Act, Found | list[Found]]]) -> None:
    """Check that every mistake is refused for what it says, and that nothing at all was written."""
    before = house.rows()
    found = {name: refusals(house, act) for name, (act, _expected) in mistakes.items()}
    wanted = {name: each if isinstance(each, list) else [each] for name, (_act, each) in mistakes.items()}
    assert {name: each for name, each in found.items() if each != wanted[name]} == {}, {
        name: wanted[name] for name, each in found.items() if each != wanted[name]
    }
    assert house.rows() == before
