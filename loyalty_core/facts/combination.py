"""The combination policy: which lanes may meet on one line, and on what they work (SEMANTICS 6, *Arbitrate*)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """The lanes of the core, in the order in which they take off; a third party may add one.

    `EVERYTHING` is the lane of what combines with everything: it meets every other, on what is left. `MANUAL` is in
    no policy: it comes last and meets all.
    """

    PROGRAMME = "programme"
    CARD = "card"
    PROMOTION = "promotion"
    CODE = "code"
    EVERYTHING = "everything"
    MANUAL = "manual"


class Basis(StrEnum):
    """What a lane's percentages are of: what the earlier lanes left, or the list amount."""

    LEFT = "left"
    LISTED = "list"


@dataclass(frozen=True, slots=True)
class CombinationPolicy:
    """`lanes` in order, those of third parties included; neither `EVERYTHING` nor `MANUAL` is among them.

    `meeting` holds each pair of lanes that may meet on one line, as a frozenset of two; `from_list` the lanes whose
    basis is the list amount. `invoice_cap_bp` and `category_caps_bp` limit what may come off altogether, in basis
    points of the list amount with tax. `exclusive` makes every offer of the lane `promotion` exclusive.
    """

    lanes: tuple[str, ...] = (Lane.PROGRAMME, Lane.CARD, Lane.PROMOTION, Lane.CODE)
    meeting: frozenset[frozenset[str]] = frozenset()
    from_list: frozenset[str] = frozenset()
    invoice_cap_bp: int | None = None
    category_caps_bp: tuple[tuple[str, int], ...] = ()
    exclusive: bool = False

    def may_meet(self, lane: str, other: str) -> bool:
        """Whether two different lanes may meet on one line."""
        return Lane.EVERYTHING in (lane, other) or frozenset((lane, other)) in self.meeting

    def basis(self, lane: str) -> Basis:
        """Return what a lane works on."""
        return Basis.LISTED if lane in self.from_list else Basis.LEFT
