"""The combination policy of a network: what may meet on one line, as staff save it (SEMANTICS 6, *Arbitrate*)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.combination import Basis, CombinationPolicy, Lane
from loyalty_core.facts.money import FULL_PERCENT
from loyalty_core.messages import gettext as _

DEFAULT: Mapping[str, Any] = {
    "lanes": [str(lane) for lane in CombinationPolicy().lanes],
    "meeting": [],
    "basis": {},
    "invoice_cap_bp": None,
    "category_caps_bp": {},
    "exclusive": False,
}
"""As it is stored: by default lanes do not meet, so each line gets the best single offer."""


def policy_of(stored: Mapping[str, Any]) -> CombinationPolicy:
    """Return a stored policy as the engine takes it; what it does not say is as by default."""
    said = {**DEFAULT, **stored}
    return CombinationPolicy(
        lanes=tuple(said["lanes"]),
        meeting=frozenset(frozenset(pair) for pair in said["meeting"]),
        from_list=frozenset(lane for lane, basis in said["basis"].items() if basis == Basis.LISTED.value),
        invoice_cap_bp=said["invoice_cap_bp"],
        category_caps_bp=tuple(sorted(said["category_caps_bp"].items())),
        exclusive=said["exclusive"],
    )


def check_policy(value: Mapping[str, Any]) -> None:
    """Refuse a policy that does not hold.

    Raises `Refused`: `unknown_field`, `unknown_lane`, `lane_twice`, `wrong_kind`, `percent_out_of_range`.
    """
    problems = list(_problems(value))
    if problems:
        raise Refused(problems)


def _problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    for name in sorted(set(value) - set(DEFAULT)):
        yield Problem("unknown_field", _("There is no such field."), (name,))
    said = {**DEFAULT, **value}
    lanes = said["lanes"]
    if not isinstance(lanes, list) or not all(isinstance(lane, str) for lane in lanes):
        yield Problem("wrong_kind", _("Give the lanes as a list of their names."), ("lanes",))
        return
    if len(set(lanes)) < len(lanes):
        yield Problem("lane_twice", _("Name each lane once."), ("lanes",))
    if Lane.MANUAL in lanes or Lane.EVERYTHING in lanes:
        yield Problem("unknown_lane", _("The lanes “manual” and “everything” are in no policy."), ("lanes",))
    for place, pair in enumerate(said["meeting"]):
        if not isinstance(pair, list) or len(set(pair)) != 2 or not set(pair) <= set(lanes):
            yield Problem("unknown_lane", _("Name two different lanes that exist."), ("meeting", place))
    for lane, basis in said["basis"].items():
        if lane not in lanes or basis not in list(Basis):
            yield Problem("unknown_lane", _("Say for a lane that exists: left or list."), ("basis", lane))
    caps: dict[tuple[str, ...], object] = {("invoice_cap_bp",): said["invoice_cap_bp"]}
    caps.update({("category_caps_bp", name): cap for name, cap in said["category_caps_bp"].items()})
    for path, cap in caps.items():
        if cap is not None and (type(cap) is not int or not 0 <= cap <= FULL_PERCENT):
            yield Problem("percent_out_of_range", _("Give a percentage between 0 and 100."), path)
    if type(said["exclusive"]) is not bool:
        yield Problem("wrong_kind", _("The value of this setting is of another kind."), ("exclusive",))
