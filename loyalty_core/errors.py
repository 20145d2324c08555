"""What can go wrong, and whose mistake it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loyalty_core.messages import Message


class LoyaltyError(Exception):
    """A mistake of the host or its configuration: wrong order of calls, an unmigrated database, a missing port."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a person or a calling system: a stable code, a text, and where in the input it lies.

    `path` names the field, outermost first: `("lines", 2, "quantity")`; empty for the whole input.
    """

    code: str
    message: Message
    path: tuple[str | int, ...] = ()

    def under(self, *prefix: str | int) -> Problem:
        """Return the same problem seen from an outer input."""
        return Problem(self.code, self.message, (*prefix, *self.path))


class Refused(Exception):
    """The input was not accepted and nothing was written; `problems` say why, all that were found."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        assert self.problems, "a refusal must say why"
        super().__init__("; ".join(f"{p.code}: {p.message}" for p in self.problems))

    def of_one(self) -> Refused:
        """Return the same refusal for the only input of a batch: paths without its index."""
        return Refused(Problem(each.code, each.message, each.path[1:]) for each in self.problems)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of all problems, in order."""
        return tuple(problem.code for problem in self.problems)
