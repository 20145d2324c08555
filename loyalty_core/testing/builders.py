"""Facts and plugins for tests, made of nothing: every builder has defaults for all, and needs no database."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

from loyalty_core.decisions.changes import Subject
from loyalty_core.facts.context import Rows
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import JudgedOn, Level, Programme, SoldBasis
from loyalty_core.facts.totals import Totals
from loyalty_core.hookspecs import hookimpl
from loyalty_core.plugging.dispatch import Occasion

UAH = Currency("UAH")
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def a_plugin(name: str, /, **hooks: Callable[..., object]) -> ModuleType:
    """Return a plugin module with a title and the given hook functions, which are marked as such."""
    module = ModuleType(name, f"{name.capitalize()}: a plugin made for a test.")
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def a_subject(id: int = 1, /, **fields: Any) -> Subject:
    """Return a client with three visits and 5 000.00 sold and paid before visit 100 + `id`."""
    totals = Totals(
        visits=3,
        invoiced_minor=500_000,
        listed_minor=500_000,
        paid_minor=500_000,
        first_day=date(2026, 1, 5),
        visited_on=date(2026, 3, 1),
    )
    subject = Subject(
        id=id,
        client_id=1000 + id,
        scope_id=1,
        branch_id=1,
        visit_id=100 + id,
        on=NOON.date(),
        totals=totals,
        given=500,
    )
    return replace(subject, **fields)


def some_subjects(count: int = 9) -> tuple[Subject, ...]:
    """Return clients of every make: with a discount and without, with a visit and without, known and new."""
    return tuple(
        a_subject(
            number,
            given=(None, 0, 500)[number % 3],
            visit_id=None if number % 4 == 0 else 100 + number,
            totals=Totals() if number % 5 == 0 else a_subject().totals,
        )
        for number in range(1, count + 1)
    )


def a_programme(**fields: Any) -> Programme:
    """Return a branch programme without a part."""
    programme = Programme(
        id=1,
        version_id=1,
        number=1,
        kind="branch",
        level=Level.BRANCH,
        scope_id=1,
        basis=SoldBasis.INVOICED,
        judged_on=JudgedOn.LIFETIME,
        name="Salon",
        part={},
    )
    return replace(programme, **fields)


def an_occasion(
    usable: Collection[str], *, currency: Currency = UAH, rows_of: Callable[[str], Rows] | None = None, **fields: Any
) -> Occasion:
    """Return an occasion at which the plugins `usable` may be asked."""
    occasion = Occasion(network_id=1, currency=currency, now=NOON, usable=usable, **fields)
    return occasion if rows_of is None else replace(occasion, rows_of=rows_of)
