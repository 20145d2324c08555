"""The discount of one visit: set or taken away by a person, with a reason, for that visit only (SEMANTICS 4)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, cast

from sqlalchemy import bindparam, delete, select, update

from loyalty_core.api import (
    FULL_PERCENT,
    THIS_NETWORK,
    Change,
    Element,
    KnownVisit,
    Message,
    Problem,
    Refused,
    Rows,
    Subject,
    Work,
    known_visit,
    table_of,
)
from loyalty_core.api import gettext as _
from loyalty_discount_rules.tables import VisitDiscount

LONGEST_REASON = 500
CHUNK = 1000
"""Visits looked up by one statement."""

_table = table_of(VisitDiscount)
_of_visits = select(_table.c.visit_id, _table.c.percent_bp, _table.c.reason).where(
    _table.c.network_id == THIS_NETWORK, _table.c.visit_id.in_(bindparam("visits", expanding=True))
)
_this = (_table.c.network_id == THIS_NETWORK, _table.c.visit_id == bindparam("of_visit"))
_of_visit = select(_table.c.percent_bp, _table.c.reason).where(*_this)
_change = update(_table).where(*_this)
_remove = delete(_table).where(*_this)


class VisitFact(TypedDict):
    """What is known of one visit's own discount."""

    percent_bp: int | None
    reason: str


def load(subjects: Sequence[Subject], rows: Rows) -> dict[int, object]:
    """Return the discounts set for the visits of `subjects`, by subject id."""
    visits = sorted({subject.visit_id for subject in subjects if subject.visit_id is not None})
    found: dict[int | None, object] = {}
    for start in range(0, len(visits), CHUNK):
        for row in rows(_of_visits, {"visits": visits[start : start + CHUNK]}):
            found[row.visit_id] = {"percent_bp": row.percent_bp, "reason": row.reason}
    return {subject.id: found[subject.visit_id] for subject in subjects if subject.visit_id in found}


def changes(subjects: Sequence[Subject], own: Mapping[int, object]) -> Iterator[Change]:
    """Yield a change for each subject whose visit has a discount of its own."""
    for subject in subjects:
        if subject.id in own:
            fact = cast(VisitFact, own[subject.id])
            percent = fact["percent_bp"]
            yield Change(subject.id, Element.DISCOUNT, percent, _reason(percent, fact["reason"]))


def _reason(percent_bp: int | None, reason: str) -> Message:
    if percent_bp is None:
        return _("Taken away for this visit: %(reason)s", reason=reason)
    return _("Set for this visit: %(reason)s", reason=reason)


def set_for_visit(work: Work, visit_id: int, percent_bp: int | None, reason: str) -> bool:
    """Give one visit a discount of its own, in basis points, or take its discount away; return whether that is new.

    Raises `Refused`: `percent_not_whole`, `percent_out_of_range`, `no_reason`, `reason_too_long`,
    `reason_not_text`, `unknown_visit`.
    """
    problems = [*_percent_problems(percent_bp), *_reason_problems(reason)]
    if problems:
        raise Refused(problems)
    visit = _visit(work, visit_id)
    after: dict[str, Any] = {"percent_bp": percent_bp, "reason": reason.strip()}
    before = _kept(work, visit)
    if before == after:
        return False
    row = {**after, "actor": work.actor, "set_at": work.now}
    if before is None:
        work.insert(VisitDiscount, [{"visit_id": visit.id, **row}])
    else:
        work.execute(_change, {"of_visit": visit.id, **row})
    _audit(work, visit, before, after)
    return True


def clear_for_visit(work: Work, visit_id: int) -> bool:
    """Return one visit to the discount that rules and manual values give; return whether it had one of its own.

    Raises `Refused`: `unknown_visit`.
    """
    visit = _visit(work, visit_id)
    before = _kept(work, visit)
    if before is None:
        return False
    work.execute(_remove, {"of_visit": visit.id})
    _audit(work, visit, before, None)
    return True


def _visit(work: Work, visit_id: int) -> KnownVisit:
    visit = known_visit(work, visit_id)
    if visit is None:
        raise Refused(Problem("unknown_visit", _("There is no such visit."), ("visit_id",)))
    return visit


def _kept(work: Work, visit: KnownVisit) -> dict[str, Any] | None:
    row = work.execute(_of_visit, {"of_visit": visit.id}).mappings().first()
    return None if row is None else dict(row)


def _audit(work: Work, visit: KnownVisit, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    reason = after["reason"] if after is not None else None
    work.audit("visit_discount", f"visit:{visit.id}", before, after, client_id=visit.client_id, reason=reason)


def _percent_problems(percent_bp: object) -> Iterator[Problem]:
    if percent_bp is None:
        return
    if type(percent_bp) is not int:
        yield Problem("percent_not_whole", _("Give the percentage in whole basis points."), ("percent_bp",))
    elif not 0 <= percent_bp <= FULL_PERCENT:
        yield Problem("percent_out_of_range", _("Give a percentage between 0 and 100."), ("percent_bp",))


def _reason_problems(reason: object) -> Iterator[Problem]:
    if not isinstance(reason, str) or not reason.strip():
        yield Problem("no_reason", _("Say why the discount of this visit is changed."), ("reason",))
    elif len(reason) > LONGEST_REASON:
        text = _("Shorten the reason to at most %(most)s characters.", most=LONGEST_REASON)
        yield Problem("reason_too_long", text, ("reason",))
    elif any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t" for each in reason):
        yield Problem("reason_not_text", _("Remove control characters from the reason."), ("reason",))
