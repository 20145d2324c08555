"""Who does it: a person or a program, with what it may do, where, and up to which limit.

The host makes an `Actor` for each request; pages never ask who somebody is in any other way.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from loyalty_core.facts.money import FULL_PERCENT


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission in one branch, or in the whole network where `branch_id` is absent.

    `limit_bp` is the largest percentage, in basis points, for permissions that have one.
    """

    permission: str
    branch_id: int | None = None
    limit_bp: int = FULL_PERCENT


@dataclass(frozen=True)
class Actor:
    """The one who asks. `key` is what the audit keeps, `name` what people see.

    `branch_id` is the working branch: where visits and invoices go. It never decides which rules a page edits
    (UI 1, *Scope in the URL*). `theme` is `light`, `dark` or `auto`.
    """

    key: str
    name: str
    network_id: int
    locale: str = "en"
    theme: str = "auto"
    shortcuts: bool = True
    branch_id: int | None = None
    grants: Collection[Grant] = field(default_factory=tuple)

    def may(self, permission: str, branch_id: int | None = None) -> bool:
        """Whether the permission is there: in that branch, or without one in any."""
        return any(branch_id is None or grant.branch_id in (None, branch_id) for grant in self._of(permission))

    def may_everywhere(self, permission: str) -> bool:
        """Whether the permission is there for the whole network."""
        return any(grant.branch_id is None for grant in self._of(permission))

    def branches(self, permission: str) -> frozenset[int] | None:
        """Return the branches the permission is limited to; None where it holds in the whole network."""
        if self.may_everywhere(permission):
            return None
        return frozenset(grant.branch_id for grant in self._of(permission) if grant.branch_id is not None)

    def limit_bp(self, permission: str, branch_id: int | None = None) -> int:
        """Return the largest percentage in that branch, in basis points; 0 without the permission."""
        limits = (grant.limit_bp for grant in self._of(permission) if grant.branch_id in (None, branch_id))
        return max(limits, default=0)

    @property
    def initials(self) -> str:
        """Return one or two letters that stand for the name."""
        return initials(self.name)

    def _of(self, permission: str) -> list[Grant]:
        return [grant for grant in self.grants if grant.permission == permission]


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
