"""Which lanes may meet on one line, worked out once per combination policy (SEMANTICS 6, *Arbitrate*)."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from itertools import combinations

from loyalty_core.facts.combination import CombinationPolicy, Lane

Group = tuple[str, ...]
"""Lanes that may all meet on one line, in the order in which they take off."""


@lru_cache(maxsize=256)
def groups_of(policy: CombinationPolicy, present: frozenset[str]) -> tuple[Group, ...]:
    """Return the largest groups of the lanes present that may all meet; without any lane, one empty group.

    More lanes on a line never leave more of it, so smaller groups need no look. A lane that the policy does not name
    comes after those it names, by its name, and meets none but `EVERYTHING`, which comes last.
    """
    lanes = in_order(policy, present)
    apart = [lane for lane in lanes if lane != Lane.EVERYTHING]
    last = tuple(lane for lane in lanes if lane == Lane.EVERYTHING)
    found: list[Group] = []
    for size in range(len(apart), 0, -1):
        for group in combinations(apart, size):
            smaller = any(set(group) <= set(larger) for larger in found)
            if not smaller and all(policy.may_meet(one, other) for one, other in combinations(group, 2)):
                found.append(group)
    return tuple(group + last for group in found) or (last,)


def in_order(policy: CombinationPolicy, present: Collection[str]) -> tuple[str, ...]:
    """Return lanes in the order in which they take off."""
    known = [*policy.lanes, *sorted(set(present) - set(policy.lanes) - {Lane.EVERYTHING}), Lane.EVERYTHING]
    return tuple(lane for lane in known if lane in present)
