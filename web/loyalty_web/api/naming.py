"""What the core calls a place in its input, and what a body calls it: units come last in the names of a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from loyalty_core.errors import Problem, Refused

Path = tuple[str | int, ...]

_STEPS: Mapping[str, Path] = {
    "amount": ("amount_minor",),
    "branch_id": ("branch",),
    "client_id": ("client",),
    "invoiced": ("invoiced_minor",),
    "listed": ("listed_minor",),
    "minimum_price": ("flags", "minimum_price_minor"),
    "percent": ("percent_bp",),
    "quantity": ("quantity_milli",),
    "sale_id": (),
    "tax_rate": ("tax", "rate_bp"),
    "third_party": ("third_party_minor",),
    "unit_price": ("unit_price_minor",),
    "visit_id": ("visit",),
}
_BESIDE = ("ticket",)
"""What stands in a body beside the field that holds what the core was given."""
_HEADERS: Mapping[Path, Path] = {("key",): ("Idempotency-Key",)}


@contextmanager
def named(within: str = "") -> Iterator[None]:
    """Let refusals of the core name places as the body does; `within` is the field that holds the core's input."""
    try:
        yield
    except Refused as refused:
        refused.problems = tuple(_named(each, within) for each in refused.problems)
        raise


def _named(problem: Problem, within: str) -> Problem:
    if problem.path in _HEADERS:
        return Problem(problem.code, problem.message, _HEADERS[problem.path])
    steps: list[str | int] = []
    for each in problem.path:
        steps += _STEPS.get(each, (each,)) if isinstance(each, str) else (each,)
    if within and steps and steps[0] not in _BESIDE:
        steps.insert(0, within)
    return Problem(problem.code, problem.message, tuple(steps))
