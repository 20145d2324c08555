"""Standing by hand and on request: set a value, return to automatic, recalculate, read (SEMANTICS 4)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, delete, select

from loyalty_core.engine.checking import amount_problem, text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.money import FULL_PERCENT
from loyalty_core.facts.standing import Element, Given, Origin, Verdict
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import unknown_clients
from loyalty_core.services.judging import judge, manual_values
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import ManualValue, Standing
from loyalty_core.storage.work import table_of

manual, standing = table_of(ManualValue), table_of(Standing)
_FORGET = delete(manual).where(
    manual.c.network_id == THIS_NETWORK,
    manual.c.scope_id == bindparam("of_scope"),
    manual.c.client_id == bindparam("of_client"),
    manual.c.element == bindparam("of_element"),
    manual.c.item == bindparam("of_item"),
)
_STANDING_OF = select(standing).where(
    standing.c.network_id == THIS_NETWORK,
    standing.c.client_id == bindparam("of_client"),
    standing.c.scope_id.in_(bindparam("scopes", expanding=True)),
    standing.c.value.is_not(None),
)

HIGHEST = {Element.DISCOUNT: FULL_PERCENT, Element.CLASS: 1000, Element.CATEGORY: 1}
"""The highest value of each element: 100 % in basis points, a rank, and "always" for a label."""


def set_by_hand(
    unit: Unit,
    client_id: int,
    scope_id: int,
    element: Element,
    value: int,
    reason: str,
    *,
    item: str = "",
    until: date | None = None,
    lapses: bool = False,
) -> None:
    """Give a client a value that rules do not touch until it ends or is returned to automatic.

    `value` is in basis points for a discount (0 takes it away), a rank for a class, 1 *always* or 0 *never* for a
    label. `until` is the last day; with `lapses` it also ends by inactivity. It replaces an earlier manual value.
    Raises `Refused`: `unknown_client`, `unknown_scope`, `too_large`, `too_small`, `required` without a reason,
    `in_the_past` for an `until` before today.
    """
    problems = [
        problem
        for problem in (
            text_problem(reason, 1000, "reason"),
            amount_problem(value, "value", most=HIGHEST[element]),
            *_place_problems(unit, client_id, scope_id),
        )
        if problem
    ]
    today = None if problems else unit.configuration.today(scope_id, unit.now)
    if today is not None and until is not None and until < today:
        problems.append(Problem("in_the_past", _("The last day lies in the past."), ("until",)))
    if problems or today is None:
        raise Refused(problems)
    place = {"of_scope": scope_id, "of_client": client_id, "of_element": element.value, "of_item": item}
    unit.lock_standing(exclusive=False)
    before = manual_values(unit, [(scope_id, client_id)]).get((scope_id, client_id), {}).get((element.value, item))
    unit.execute(_FORGET, place)
    row = {
        "scope_id": scope_id,
        "client_id": client_id,
        "element": element.value,
        "item": item,
        "value": value,
        "granted_at": unit.now,
        "granted_on": today,
        "until": until,
        "lapses": lapses,
        "actor": unit.actor,
        "reason": reason,
    }
    unit.insert(ManualValue, [row])
    unit.audit(
        "standing.set_by_hand",
        f"{element}:{item}" if item else element.value,
        None if before is None else {"value": before.value, "until": before.until, "lapses": before.lapses},
        {"value": value, "until": until, "lapses": lapses},
        client_id=client_id,
        scope_id=scope_id,
        reason=reason,
    )
    judge(unit, [(scope_id, client_id)], "by hand")


def return_to_automatic(unit: Unit, client_id: int, scope_id: int, element: Element, *, item: str = "") -> None:
    """Take a manual value away: from now on the rules decide again, at once and without notices.

    Raises `Refused` with `not_by_hand` when there is no manual value.
    """
    unit.lock_standing(exclusive=False)
    before = manual_values(unit, [(scope_id, client_id)]).get((scope_id, client_id), {}).get((element.value, item))
    if before is None:
        raise Refused(Problem("not_by_hand", _("This is not set by hand."), ("element",)))
    place = {"of_scope": scope_id, "of_client": client_id, "of_element": element.value, "of_item": item}
    unit.execute(_FORGET, place)
    unit.audit(
        "standing.returned_to_automatic",
        f"{element}:{item}" if item else element.value,
        {"value": before.value, "until": before.until, "lapses": before.lapses},
        None,
        client_id=client_id,
        scope_id=scope_id,
    )
    judge(unit, [(scope_id, client_id)], "returned to automatic")


def recalculate(unit: Unit, client_id: int) -> int:
    """Judge one client anew in every scope; return how many elements changed.

    Raises `Refused` with `unknown_client`.
    """
    if unknown_clients(unit, [client_id]):
        raise Refused(Problem("unknown_client", _("There is no such client."), ("client_id",)))
    scopes = sorted(unit.configuration.scope_zones)
    return judge(unit, [(scope_id, client_id) for scope_id in scopes], "recalculated")


def of_client(unit: Unit, client_id: int) -> dict[int, dict[tuple[Element, str], Verdict]]:
    """Return what a client has, by scope, then by element and item."""
    scopes = sorted(unit.configuration.scope_zones)
    found: dict[int, dict[tuple[Element, str], Verdict]] = {}
    for row in unit.execute(_STANDING_OF, {"of_client": client_id, "scopes": scopes}):
        given = Given(row.value, Origin(row.origin), row.version_id, row.rule)
        found.setdefault(row.scope_id, {})[Element(row.element), row.item] = Verdict(given, row.next_on)
    return found


def _place_problems(unit: Unit, client_id: int, scope_id: int) -> list[Problem]:
    found = []
    if unknown_clients(unit, [client_id]):
        found.append(Problem("unknown_client", _("There is no such client."), ("client_id",)))
    if scope_id not in unit.configuration.scope_zones:
        found.append(Problem("unknown_scope", _("There is no such branch or network programme."), ("scope_id",)))
    return found
