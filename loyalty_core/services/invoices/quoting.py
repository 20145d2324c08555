"""Price a draft: what it comes to, and why. Nothing is written (SEMANTICS 6).

Journey: check the draft → look up what it points at → standing before the visit → offers that may apply, proposals
of plugins → engine. A fixed number of statements, whatever the number of lines and offers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.decisions.offers import Offer, PercentOff
from loyalty_core.engine.draft_checking import check_draft
from loyalty_core.engine.listing import invoice_of
from loyalty_core.engine.pricing import price
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.draft import Draft
from loyalty_core.facts.money import Currency, Percent, percent_of
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.quote import Considered, Priced
from loyalty_core.facts.staff import Staff
from loyalty_core.facts.standing import Element
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.dispatch import Failure
from loyalty_core.services.anchors import unknown_clients
from loyalty_core.services.before_visit import Before, Cut, before
from loyalty_core.services.idempotency import fingerprint
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import LARGEST, is_id
from loyalty_core.storage.tables import Visit
from loyalty_core.storage.work import table_of

CORE = "core"
MANUAL = f"{CORE}:manual"
PERSONAL = "personal"

visit = table_of(Visit)
_visit = select(visit.c.id, visit.c.branch_id, visit.c.client_id, visit.c.starts_at, visit.c.local_day).where(
    visit.c.network_id == THIS_NETWORK, visit.c.id == bindparam("of_id"), visit.c.deleted_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a draft comes to at one instant, by one version of the configuration.

    `fingerprint` is the SHA-256 of what is shown: lines, steps with the versions of their offers, what is owed.
    `failures` are plugins that gave nothing: staff see them, the sale goes on. `before` is what the client had.
    """

    draft: Draft
    invoice: Invoice
    client: Client | None
    before: Before | None
    proposals: tuple[Offer, ...]
    priced: Priced
    failures: tuple[Failure, ...]
    priced_at: datetime
    config_version: int
    local_day: date
    fingerprint: str

    @property
    def currency(self) -> Currency:
        """Return the network's currency."""
        return self.invoice.currency

    @property
    def manual(self) -> Considered | None:
        """Return what became of the discount given by hand, if there is one."""
        return next((each for each in self.priced.considered if each.reference == MANUAL), None)


def quote(unit: Unit, draft: Draft, staff: Staff, *, at: datetime | None = None) -> Quote:
    """Price a draft at the unit's instant, or at `at`; nothing is written.

    Raises `Refused`: what `check_draft` finds, `unknown_branch`, `unknown_client`, `unknown_visit`, `other_client` and
    `other_branch` for a visit of somebody else or elsewhere, `manual_above_limit`, `own_record`, `may_not_take_off`.
    """
    problems = check_draft(draft) or list(_right_problems(draft, staff))
    if problems:
        raise Refused(problems)
    of_visit = _references(unit, draft)
    quoted = _price(unit, draft, of_visit, at or unit.now)
    _hold_to_limit(quoted, staff)
    return quoted


def without(unit: Unit, quoted: Quote, staff: Staff) -> dict[str, int]:
    """Return what would be owed if one applied offer were not, by its reference; an empty answer without the right.

    It says beside *Do not apply* what follows from it.
    """
    if not staff.may_take_off:
        return {}
    applied = [each.reference for each in quoted.priced.considered if each.saves_minor and each.lines]
    owed = {}
    for reference in applied:
        if reference != MANUAL:
            draft = replace(quoted.draft, taken_off=quoted.draft.taken_off | {reference})
            owed[reference] = _engine(unit, draft, quoted.invoice, quoted.client, quoted.proposals).owed_minor
    return owed


def _right_problems(draft: Draft, staff: Staff) -> Iterator[Problem]:
    if draft.taken_off and not staff.may_take_off:
        yield Problem("may_not_take_off", _("Ask a manager: you may not take offers off."), ("taken_off",))
    if draft.manual is None:
        return
    if staff.client_id is not None and staff.client_id == draft.client_id:
        text = _("Ask somebody else: nobody gives a discount by hand to themselves.")
        yield Problem("own_record", text, ("manual",))
    if (draft.manual.percent_bp or 0) > staff.manual_limit_bp:
        yield _above_limit(staff, "percent")


def _above_limit(staff: Staff, field: str) -> Problem:
    limit = Percent(staff.manual_limit_bp)
    text = _("Give at most %(limit)s, or ask a manager: this is above your limit.", limit=limit)
    return Problem("manual_above_limit", text, ("manual", field))


def _hold_to_limit(quoted: Quote, staff: Staff) -> None:
    """Refuse an amount given by hand that is more than the limit's part of what the other offers left."""
    manual = quoted.manual
    if quoted.draft.manual is None or quoted.draft.manual.amount_minor is None or manual is None:
        return
    left = quoted.priced.owed_minor + manual.saves_minor
    if quoted.draft.manual.amount_minor > percent_of(left, staff.manual_limit_bp):
        raise Refused(_above_limit(staff, "amount"))


def _references(unit: Unit, draft: Draft) -> Any:
    """Return the row of the draft's visit, if it has one; refuse what it points at and is not there."""
    problems: list[Problem] = []
    if draft.branch_id not in unit.configuration.branches:
        problems.append(Problem("unknown_branch", _("There is no such branch."), ("branch_id",)))
    row = None
    if draft.visit_id is not None:
        row = unit.execute(_visit, {"of_id": draft.visit_id}).first() if is_id(draft.visit_id) else None
        if row is None:
            problems.append(Problem("unknown_visit", _("There is no such visit."), ("visit_id",)))
        elif row.client_id != draft.client_id:
            problems.append(Problem("other_client", _("The visit is another client's."), ("client_id",)))
        elif row.branch_id != draft.branch_id:
            problems.append(Problem("other_branch", _("The visit is at another branch."), ("branch_id",)))
    elif draft.client_id is not None and unknown_clients(unit, {draft.client_id}):
        problems.append(Problem("unknown_client", _("There is no such client."), ("client_id",)))
    if problems:
        raise Refused(problems)
    return row


def _price(unit: Unit, draft: Draft, of_visit: Any, at: datetime) -> Quote:
    configuration = unit.configuration
    day = of_visit.local_day if of_visit is not None else configuration.local_day(draft.branch_id, at)
    failed_before = len(unit.failures)
    had = _before(unit, draft, of_visit, day)
    client = _client(draft, had)
    zone = configuration.branches[draft.branch_id]
    invoice = invoice_of(draft, at, zone, configuration.currency, configuration.rounding[0])
    proposals = (*_personal(had), *_dynamic(unit, invoice, client))
    unit.failures.extend(unit.offers.failures)
    unit.failures.extend(_suspended(unit, {failure.plugin for failure in unit.failures[failed_before:]}))
    priced = _engine(unit, draft, invoice, client, proposals)
    return Quote(
        draft=draft,
        invoice=invoice,
        client=client,
        before=had,
        proposals=proposals,
        priced=priced,
        failures=tuple(unit.failures[failed_before:]),
        priced_at=at,
        config_version=configuration.version,
        local_day=day,
        fingerprint=fingerprint(_shown(draft, priced, configuration.currency)),
    )


def _before(unit: Unit, draft: Draft, of_visit: Any, day: date) -> Before | None:
    """Return what the client had before the visit; without one, before now.

    Not before the instant of the quote: what happened to the client since then must come to light at issue.
    """
    if draft.client_id is None:
        return None
    starts, rests_on = (unit.now, LARGEST) if of_visit is None else (of_visit.starts_at, of_visit.id)
    cut = Cut(0, draft.client_id, draft.branch_id, draft.visit_id, starts, rests_on, day)
    return before(unit, [cut])[0]


def _client(draft: Draft, had: Before | None) -> Client | None:
    if draft.client_id is None or had is None:
        return None
    discount, rank = had.discount, had.given.get((Element.CLASS, ""))
    return Client(
        id=draft.client_id,
        birthday=draft.person.birthday,
        locale=draft.person.locale,
        totals=had.totals,
        number=had.number,
        discount_bp=discount.value if discount is not None else None,
        class_rank=rank.value if rank is not None else None,
        categories=frozenset(item for element, item in had.given if element is Element.CATEGORY),
    )


def _dynamic(unit: Unit, invoice: Invoice, client: Client | None) -> list[Offer]:
    """Ask plugins what data cannot say."""
    occasion = unit.occasion()
    outcomes = unit.plugins.dispatcher.propose_adjustments(occasion, invoice, client)
    unit.report(outcomes)
    return [offer for outcome in outcomes for offer in outcome.answer or ()]


def _suspended(unit: Unit, reported: Collection[str]) -> Iterator[Failure]:
    """Yield the plugins that would be asked, had they not offended: staff see why their offers are missing."""
    configuration = unit.configuration
    offended = {*configuration.suspended, *unit.plugins.dispatcher.breakers.offences}
    for name in sorted(offended & configuration.active - set(reported)):
        text = _("The plugin “%(plugin)s” is suspended until a person has looked at it.", plugin=name)
        yield Failure(name, "", (Problem("plugin_suspended", text),))


def _personal(had: Before | None) -> list[Offer]:
    """Return the personal discount as the offer it is: the lane `programme`, on everything."""
    if had is None or had.discount is None or not had.discount.value:
        return []
    given = had.discount
    label = _("Personal discount %(percent)s", percent=Percent(given.value))
    benefit = PercentOff(Decimal(given.value).scaleb(-2))
    return [Offer(PERSONAL, label, benefit, Lane.PROGRAMME, plugin=CORE, version_id=given.version_id)]


def _engine(unit: Unit, draft: Draft, invoice: Invoice, client: Client | None, proposals: Sequence[Offer]) -> Priced:
    configuration = unit.configuration
    return price(
        invoice,
        client,
        unit.offers.offers,
        proposals,
        configuration.policy,
        configuration.rounding,
        manual=draft.manual,
        taken_off=draft.taken_off,
    )


def _shown(draft: Draft, priced: Priced, currency: Currency) -> object:
    """Return what a quote shows, as plain values: an invoice is issued only if it shows the same again."""
    versions = {each.reference: each.version_id for each in priced.considered}
    lines = [
        [
            *(line.key, line.listed_minor, line.left_minor, line.owed_minor, line.tax_minor),
            [
                [step.reference, versions.get(step.reference), step.before_minor, step.after_minor]
                for step in line.steps
            ],
        ]
        for line in priced.lines
    ]
    sent = [
        [line.key, line.item, line.name, line.kind, line.quantity_milli, line.unit_price_minor] for line in draft.lines
    ]
    about = [draft.source, draft.external_id, draft.branch_id, draft.client_id, draft.visit_id, currency.code]
    return [1, about, sent, lines, priced.owed_minor]
