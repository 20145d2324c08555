"""Standing by hand and on request: set a value, return to automatic, recalculate, read (SEMANTICS 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, delete, select

from loyalty_core.engine.checking import amount_problem, day_problem, text_problem
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
    `in_the_past` for an `until` before today, `not_a_date`, `unknown_element`, `no_items` for an item of what has none.
    """
    unit.lock_standing(exclusive=True)
    place = _Place(scope_id, client_id, element, item)
    problems = place.problems(unit) or list(_value_problems(unit, place, value, reason, until))
    if problems:
        raise Refused(problems)
    before = _take_away(unit, place)
    given = {
        "value": value,
        "granted_at": unit.now,
        "granted_on": unit.configuration.today(scope_id, unit.now),
        "until": until,
        "lapses": lapses,
        "actor": unit.actor,
        "reason": reason,
    }
    names = {"scope_id": scope_id, "client_id": client_id, "element": element.value, "item": item}
    unit.insert(ManualValue, [{**names, **given}])
    after = {name: given[name] for name in ("value", "until", "lapses")}
    place.audit(unit, "standing.set_by_hand", before, after, reason)
    judge(unit, [(scope_id, client_id)], "by hand")


def return_to_automatic(unit: Unit, client_id: int, scope_id: int, element: Element, *, item: str = "") -> None:
    """Take a manual value away: from now on the rules decide again, at once and without notices.

    Raises `Refused`: `not_by_hand` when there is no manual value, and as `set_by_hand` for the place.
    """
    unit.lock_standing(exclusive=True)
    place = _Place(scope_id, client_id, element, item)
    problems = place.problems(unit)
    if problems:
        raise Refused(problems)
    before = _take_away(unit, place)
    if before is None:
        raise Refused(Problem("not_by_hand", _("This is not set by hand."), ("element",)))
    place.audit(unit, "standing.returned_to_automatic", before, None)
    judge(unit, [(scope_id, client_id)], "returned to automatic")


@dataclass(frozen=True, slots=True)
class _Place:
    """One element of one client's standing in one scope."""

    scope_id: int
    client_id: int
    element: Element
    item: str

    def problems(self, unit: Unit) -> list[Problem]:
        """Return why there is no such place."""
        found = []
        if unknown_clients(unit, [self.client_id]):
            found.append(Problem("unknown_client", _("There is no such client."), ("client_id",)))
        if self.scope_id not in unit.configuration.scope_zones:
            found.append(Problem("unknown_scope", _("There is no such branch or network programme."), ("scope_id",)))
        if not isinstance(self.element, Element):
            found.append(Problem("unknown_element", _("A standing has no such element."), ("element",)))
        elif self.element is Element.CATEGORY:
            problem = text_problem(self.item, 40, "item")
            found.extend([problem] if problem else [])
        elif self.item != "":
            found.append(Problem("no_items", _("Only categories have items."), ("item",)))
        return found

    def audit(
        self,
        unit: Unit,
        action: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
        reason: str | None = None,
    ) -> None:
        """Keep a record of what a person changed here."""
        subject = f"{self.element}:{self.item}" if self.item else self.element.value
        unit.audit(action, subject, before, after, client_id=self.client_id, scope_id=self.scope_id, reason=reason)


def _take_away(unit: Unit, place: _Place) -> dict[str, object] | None:
    """Forget the manual value, if there is one, and return what it said."""
    key = (place.scope_id, place.client_id)
    old = manual_values(unit, [key]).get(key, {}).get((place.element.value, place.item))
    if old is None:
        return None
    of_place = {"of_scope": key[0], "of_client": key[1], "of_element": place.element.value, "of_item": place.item}
    unit.execute(_FORGET, of_place)
    return {"value": old.value, "until": old.until, "lapses": old.lapses}


def recalculate(unit: Unit, client_id: int) -> int:
    """Judge one client anew in every scope; return how many elements changed.

    Raises `Refused` with `unknown_client`.
    """
    unit.lock_standing(exclusive=True)
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


def _value_problems(unit: Unit, place: _Place, value: int, reason: str, until: date | None) -> Iterator[Problem]:
    checks = (
        text_problem(reason, 1000, "reason"),
        amount_problem(value, "value", most=HIGHEST[place.element]),
        None if until is None else day_problem(until, "until"),
    )
    found = [problem for problem in checks if problem]
    yield from found
    if not found and until is not None and until < unit.configuration.today(place.scope_id, unit.now):
        yield Problem("in_the_past", _("The last day lies in the past."), ("until",))
