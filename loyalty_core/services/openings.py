"""Openings: imported history as dated facts (SEMANTICS 2). They earn nothing and tell nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime, time
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.engine.checking import check_opening
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import Opening
from loyalty_core.facts.parsing import in_zone
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import unknown_clients
from loyalty_core.services.externals import rows_by_external
from loyalty_core.services.tail import settle
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of

opening = table_of(tables.Opening)
_NAMES = tuple(field.name for field in fields(Opening))
_BY_EXTERNAL = select(*(opening.c[name] for name in _NAMES)).where(
    opening.c.network_id == THIS_NETWORK,
    opening.c.source == bindparam("of_source"),
    opening.c.external_id.in_(bindparam("ids", expanding=True)),
)


def record_many(unit: Unit, openings: Sequence[Opening], *, judge: bool = True) -> list[bool]:
    """Record openings in one go; return whether each was new. The same one again changes nothing.

    Raises `Refused` with every problem: figures that do not hold, unknown branch or client, `opening_twice`, or
    `recorded_differently` for an id that was recorded with other figures.
    """
    unit.lock_standing(exclusive=True)
    problems = [problem.under(number) for number, each in enumerate(openings) for problem in check_opening(each)]
    problems = problems or list(_reference_problems(unit, openings))
    wanted = ((each.source, each.external_id) for each in openings)
    rows_known = {} if problems else rows_by_external(unit, _BY_EXTERNAL, wanted)
    known = {key: Opening(**row._mapping) for key, row in rows_known.items()}
    for number, each in enumerate(openings):
        if known.get((each.source, each.external_id), each) != each:
            text = _("This opening was recorded with other figures.")
            problems.append(Problem("recorded_differently", text, (number, "external_id")))
    if problems:
        raise Refused(problems)
    rows: list[dict[str, Any]] = []
    new = []
    for each in openings:
        is_new = (each.source, each.external_id) not in known
        new.append(is_new)
        if is_new:
            midnight = datetime.combine(each.opened_on, time())
            opens_at = in_zone(midnight, unit.configuration.branches[each.branch_id])
            rows.append({"id": unit.ids.next(), **asdict(each), "opens_at": opens_at})
    unit.insert(tables.Opening, rows)
    settle(unit, "openings", openings=[row["id"] for row in rows], judge=judge)
    return new


def _reference_problems(unit: Unit, openings: Sequence[Opening]) -> Iterator[Problem]:
    strangers = unknown_clients(unit, {each.client_id for each in openings})
    seen: set[tuple[str, str]] = set()
    for number, each in enumerate(openings):
        if (each.source, each.external_id) in seen:
            yield Problem("opening_twice", _("This opening is named twice."), (number, "external_id"))
        seen.add((each.source, each.external_id))
        if each.branch_id not in unit.configuration.branches:
            yield Problem("unknown_branch", _("There is no such branch."), (number, "branch_id"))
        if each.client_id in strangers:
            yield Problem("unknown_client", _("There is no such client."), (number, "client_id"))
