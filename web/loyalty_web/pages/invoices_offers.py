"""What became of offers, ready to be shown: by line, by lane, and one by one with what to do about it (UI 2.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from loyalty_core.engine.explaining import explain
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.money import Currency, Money
from loyalty_core.facts.quote import Cause, Considered, Fate, Priced, PricedLine
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_web.pages.invoices_words import lane_mark, lane_words, missing

MANUAL = "core:manual"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line costs less: the offer, its mark, and what it took off, in the line's own basis."""

    mark: str
    lane: Message
    label: Message | str
    off_minor: int


@dataclass(frozen=True, slots=True)
class Saving:
    """What one lane took off altogether."""

    mark: str
    lane: Message
    amount_minor: int


@dataclass(frozen=True, slots=True)
class OfferShown:
    """One offer: `fate` is `near`, `applied`, `lost`, `not_met`, `excluded` or `taken_off`.

    `outcome` is the sentence below its name; `follows` what happens if it is taken off; `save_minor` what it took, or
    would have taken off. `act` is what staff may do: `take-off`, `put-back` or nothing.
    """

    reference: str
    label: Message
    mark: str
    lane: Message
    fate: str
    outcome: tuple[Message | str, ...]
    save_minor: int
    follows: Message | None = None
    act: str = ""


@dataclass(frozen=True, slots=True)
class OffersShown:
    """All offers in the order in which they are read: almost, applied, not used."""

    near: tuple[OfferShown, ...]
    applied: tuple[OfferShown, ...]
    unused: tuple[OfferShown, ...]

    @property
    def counts(self) -> tuple[Message, ...]:
        """Return how many there are of each."""
        return (
            ngettext("%(count)s applied", "%(count)s applied", len(self.applied)),
            *([ngettext("%(count)s close", "%(count)s close", len(self.near))] if self.near else []),
            ngettext("%(count)s not used", "%(count)s not used", len(self.unused)),
        )


def reasons(line: PricedLine, considered: Mapping[str, Considered]) -> list[Reason]:
    """Return why a line costs less, in the order it was taken off; what one offer took in steps is one."""
    taken: dict[str, Reason] = {}
    for step in line.steps:
        label = considered[step.reference].label if step.reference in considered else _("Manual discount")
        before = taken[step.reference].off_minor if step.reference in taken else 0
        off = before + step.before_minor - step.after_minor
        taken[step.reference] = Reason(lane_mark(step.lane), lane_words(step.lane), label, off)
    return list(taken.values())


def savings(priced: Priced) -> list[Saving]:
    """Return what came off by lane, in the order of the lanes."""
    by_lane: dict[str, int] = {}
    for each in priced.considered:
        if each.fate is Fate.APPLIED and each.saves_minor:
            lane = lane_mark(each.lane)
            by_lane[lane] = by_lane.get(lane, 0) + each.saves_minor
    order = {str(lane): place for place, lane in enumerate(Lane)}
    ordered = sorted(by_lane.items(), key=lambda found: (order.get(found[0], len(order)), found[0]))
    return [Saving(lane, lane_words(lane), amount) for lane, amount in ordered]


def offers(
    priced: Priced,
    currency: Currency,
    names: Mapping[str, str],
    *,
    owed_without: Mapping[str, int] | None = None,
    may_put_back: bool = False,
    taken_off: Collection[str] = (),
) -> OffersShown:
    """Return every offer that was considered, with its outcome in staff's words.

    `names` are what lines are called, by key; `owed_without` what would be owed without an applied offer, for those
    who may take it off.
    """
    by_reference = {each.reference: each for each in priced.considered}
    words = _Words(priced, currency, names, by_reference)
    near = [by_reference[reference] for reference in priced.near if reference in by_reference]
    applied = [each for each in priced.considered if each.fate is Fate.APPLIED]
    shown = {each.reference for each in (*near, *applied)}
    unused = [each for each in priced.considered if each.reference not in shown]
    without = owed_without or {}
    return OffersShown(
        near=tuple(words.shown(each, "near") for each in near),
        applied=tuple(words.shown(each, "applied", owed_without=without.get(each.reference)) for each in applied),
        unused=tuple(
            words.shown(each, each.fate.value, act="put-back" if may_put_back and each.reference in taken_off else "")
            for each in unused
        ),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    priced: Priced
    currency: Currency
    names: Mapping[str, str]
    by_reference: Mapping[str, Considered]

    def shown(self, each: Considered, fate: str, *, owed_without: int | None = None, act: str = "") -> OfferShown:
        """Return one offer with its outcome."""
        can_go = owed_without is not None and each.reference != MANUAL
        return OfferShown(
            reference=each.reference,
            label=each.label,
            mark=lane_mark(each.lane),
            lane=lane_words(each.lane),
            fate=fate,
            outcome=tuple(self._outcome(each, fate)),
            save_minor=each.saves_minor,
            follows=self._follows(owed_without) if can_go and owed_without is not None else None,
            act="take-off" if can_go else act,
        )

    def _outcome(self, each: Considered, fate: str) -> list[Message | str]:
        why = each.why
        if fate == "near" and why is not None:
            return [missing(why, self.currency) or explain(why, self.currency)]
        if fate == Fate.APPLIED.value:
            return self._applied(each)
        if fate == Fate.LOST.value:
            return self._lost(each)
        if fate == Fate.TAKEN_OFF.value:
            return [_("Taken off by staff")]
        if fate == Fate.FAILED.value:
            return [_("Did not answer"), _("the sale goes on without it")]
        return [_("Not met") if why is None else explain(why, self.currency)]

    def _applied(self, each: Considered) -> list[Message | str]:
        found: list[Message | str] = [_("Applied")]
        if 0 < len(each.lines) < len(self.priced.lines):
            found.append(self._called(each.lines))
        if each.why is not None:
            found.append(explain(each.why, self.currency))
        if each.lost_on:
            rival = self._label(each.rival)
            found.append(
                ngettext(
                    "lost to %(rival)s on %(count)s line",
                    "lost to %(rival)s on %(count)s lines",
                    len(each.lost_on),
                    rival=rival,
                )
            )
        return found

    def _lost(self, each: Considered) -> list[Message | str]:
        why = each.why
        if why is None:
            return [_("Not used")]
        if why.cause not in (Cause.RIVAL, Cause.EXCLUSIVE):
            return [explain(why, self.currency)]
        text = _("Lost to %(rival)s", rival=self._label(each.rival))
        have, needs = Money(why.have or 0, self.currency), Money(why.needs or 0, self.currency)
        return [text, _("would save %(have)s, they save %(needs)s", have=have, needs=needs)]

    def _label(self, reference: str) -> Message:
        found = self.by_reference.get(reference)
        return found.label if found is not None else _("better offers")

    def _called(self, keys: Collection[str]) -> Message | str:
        first, *others = keys
        name = self.names.get(first, first)
        if not others:
            return name
        return ngettext("%(name)s and %(count)s more line", "%(name)s and %(count)s more lines", len(others), name=name)

    def _follows(self, owed_without: int) -> Message:
        now = self.priced.owed_minor
        if owed_without == now:
            return _("the same to pay: another offer steps in")
        return _("then %(owed)s to pay", owed=Money(owed_without, self.currency))
