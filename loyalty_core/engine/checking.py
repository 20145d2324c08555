"""What a finished invoice must satisfy before it is recorded: its own sums, kinds and limits.

Source: SEMANTICS 1 and 6 (*Recorded invoices*): "the core checks its sums … it never changes it".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from loyalty_core.errors import Problem
from loyalty_core.facts.invoice import LINE_KINDS, Opening, RecordedInvoice, RecordedLine, RecordedPayment
from loyalty_core.facts.money import MAX_MINOR, MILLI
from loyalty_core.facts.parsing import FIRST_YEAR, LAST_YEAR
from loyalty_core.messages import gettext as _

MAX_LINES = 500
MAX_QUANTITY_MILLI = 1_000_000 * MILLI
MAX_VISITS = 1_000_000


def text_problem(value: str, longest: int, *path: str | int) -> Problem | None:
    """Return what is wrong with a name or id: empty, too long, or with control characters."""
    if not isinstance(value, str) or not value.strip():
        return Problem("required", _("Give a value: this may not be empty."), path)
    if len(value) > longest:
        return Problem("too_long", _("Shorten this to at most %(longest)s characters.", longest=longest), path)
    if not value.isprintable():
        return Problem("control_characters", _("Remove line breaks and other control characters."), path)
    return None


def amount_problem(amount: int, *path: str | int, least: int = 0, most: int = MAX_MINOR) -> Problem | None:
    """Return what is wrong with a whole number: not one, too small, too large."""
    if type(amount) is not int:
        return Problem("not_whole", _("Give a whole number of minor units."), path)
    if amount < least:
        return Problem("too_small", _("Give an amount of at least %(least)s.", least=least), path)
    if amount > most:
        return Problem("too_large", _("Give an amount of at most %(most)s.", most=most), path)
    return None


def day_problem(value: date, *path: str | int) -> Problem | None:
    """Return what is wrong with a date: not one, or far from any life."""
    if not isinstance(value, date) or isinstance(value, datetime):
        return Problem("not_a_date", _("Give a date."), path)
    return _year_problem(value.year, path)


def moment_problem(value: datetime, *path: str | int) -> Problem | None:
    """Return what is wrong with an instant: not one, without an offset from UTC, or far from any life."""
    if not isinstance(value, datetime):
        return Problem("not_a_moment", _("Give a date with its time."), path)
    if value.utcoffset() is None:
        return Problem("no_zone", _("Give the time with its offset from UTC."), path)
    return _year_problem(value.year, path)


def _year_problem(year: int, path: tuple[str | int, ...]) -> Problem | None:
    if FIRST_YEAR <= year <= LAST_YEAR:
        return None
    years = {"first": str(FIRST_YEAR), "last": str(LAST_YEAR)}
    return Problem("date_out_of_range", _("Give a date of the years %(first)s to %(last)s.", **years), path)


def check_invoice(invoice: RecordedInvoice) -> list[Problem]:
    """Return every problem of an invoice's own figures; none means that its sums hold."""
    problems = [problem for problem in _heading(invoice) if problem]
    if problems:
        return problems
    for number, line in enumerate(invoice.lines):
        problems.extend(problem.under("lines", number) for problem in _line(line))
    keys = {line.key for line in invoice.lines}
    if len(keys) < len(invoice.lines):
        problems.append(Problem("line_twice", _("Each line needs a key of its own."), ("lines",)))
    for number, payment in enumerate(invoice.payments):
        problems.extend(problem.under("payments", number) for problem in check_payment(payment, keys))
    return problems or list(_coverage(invoice))


def _heading(invoice: RecordedInvoice) -> Iterator[Problem | None]:
    yield text_problem(invoice.source, 40, "source")
    yield text_problem(invoice.external_id, 100, "external_id")
    yield moment_problem(invoice.issued_at, "issued_at")
    if not invoice.lines:
        yield Problem("no_lines", _("An invoice needs at least one line."), ("lines",))
    if len(invoice.lines) > MAX_LINES:
        text = _("An invoice may have at most %(most)s lines: split it.", most=MAX_LINES)
        yield Problem("too_many_lines", text, ("lines",))


def _line(line: RecordedLine) -> Iterator[Problem]:
    checks = (
        text_problem(line.key, 100, "key"),
        text_problem(line.item, 100, "item"),
        text_problem(line.category, 200, "category"),
        amount_problem(line.quantity_milli, "quantity", least=1, most=MAX_QUANTITY_MILLI),
        amount_problem(line.unit_price_minor, "unit_price"),
        amount_problem(line.listed_minor, "listed"),
        amount_problem(line.invoiced_minor, "invoiced"),
    )
    found = [problem for problem in checks if problem]
    if line.kind not in LINE_KINDS:
        text = _("Choose a known kind of line: %(kinds)s.", kinds=", ".join(LINE_KINDS))
        found.append(Problem("unknown_kind", text, ("kind",)))
    for number, adjustment in enumerate(line.adjustments):
        problem = amount_problem(adjustment.amount_minor, "adjustments", number, "amount", least=1)
        if problem is None:
            problem = text_problem(adjustment.reason, 200, "adjustments", number, "reason")
        if problem is not None:
            found.append(problem)
    if not found and line.listed_minor - sum(each.amount_minor for each in line.adjustments) != line.invoiced_minor:
        text = _("List amount less adjustments must be the invoiced amount.")
        found.append(Problem("shares_do_not_add_up", text, ("invoiced",)))
    yield from found


def check_payment(payment: RecordedPayment, line_keys: set[str]) -> Iterator[Problem]:
    """Yield every problem of one payment; `line_keys` are the lines it may name."""
    checks = (
        text_problem(payment.external_id, 100, "external_id"),
        amount_problem(payment.amount_minor, "amount", least=1),
        moment_problem(payment.paid_at, "paid_at"),
    )
    found = [problem for problem in checks if problem]
    for number, share in enumerate(payment.shares):
        if share.line not in line_keys:
            found.append(Problem("unknown_line", _("There is no such line."), ("shares", number, "line")))
        problem = amount_problem(share.amount_minor, "shares", number, "amount")
        if problem is not None:
            found.append(problem)
    if len({share.line for share in payment.shares}) < len(payment.shares):
        found.append(Problem("line_twice", _("Name each line once."), ("shares",)))
    if not found and payment.shares and sum(share.amount_minor for share in payment.shares) != payment.amount_minor:
        text = _("The shares of a payment must add up to its amount.")
        found.append(Problem("shares_do_not_add_up", text, ("shares",)))
    yield from found


def _coverage(invoice: RecordedInvoice) -> Iterator[Problem]:
    """Check what spans the invoice: totals within bounds, and no more paid than owed, in all and on each line."""
    owed = {line.key: line.invoiced_minor for line in invoice.lines}
    if sum(line.listed_minor for line in invoice.lines) > MAX_MINOR:
        yield Problem("too_large", _("The invoice is too large."), ("lines",))
    if len({payment.external_id for payment in invoice.payments}) < len(invoice.payments):
        yield Problem("payment_twice", _("Each payment needs an id of its own."), ("payments",))
    if sum(payment.amount_minor for payment in invoice.payments) > sum(owed.values()):
        yield Problem("overpaid", _("More is paid than is owed: send the rest as a top-up."), ("payments",))
    for number, payment in enumerate(invoice.payments):
        for share in payment.shares:
            owed[share.line] -= share.amount_minor
            if owed[share.line] < 0:
                text = _("More is paid on this line than it costs.")
                yield Problem("line_overpaid", text, ("payments", number, "shares"))


def check_opening(opening: Opening) -> list[Problem]:
    """Return every problem of an opening's own figures."""
    checks = [
        text_problem(opening.source, 40, "source"),
        text_problem(opening.external_id, 100, "external_id"),
        amount_problem(opening.visits, "visits", most=MAX_VISITS),
        amount_problem(opening.no_shows, "no_shows", most=MAX_VISITS),
        amount_problem(opening.listed_minor, "listed"),
        amount_problem(opening.invoiced_minor, "invoiced"),
        amount_problem(opening.paid_minor, "paid"),
        day_problem(opening.opened_on, "opened_on"),
        None if opening.last_visit_on is None else day_problem(opening.last_visit_on, "last_visit_on"),
    ]
    return [problem for problem in checks if problem] or list(_opening_figures(opening))


def _opening_figures(opening: Opening) -> Iterator[Problem]:
    if opening.last_visit_on is not None and opening.last_visit_on >= opening.opened_on:
        yield Problem("after_opening", _("The last visit must lie before the opening's date."), ("last_visit_on",))
    if opening.visits and opening.last_visit_on is None:
        yield Problem("required", _("Give the date of the last visit."), ("last_visit_on",))
    if opening.invoiced_minor > opening.listed_minor:
        text = _("The invoiced sum may not be more than the list sum.")
        yield Problem("shares_do_not_add_up", text, ("invoiced",))
