"""What a draft must satisfy before it is priced: its own figures, kinds and limits (SEMANTICS 1 and 6)."""

from __future__ import annotations

from collections.abc import Iterator

from loyalty_core.engine.checking import MAX_LINES, MAX_QUANTITY_MILLI, amount_problem, text_problem
from loyalty_core.errors import Problem
from loyalty_core.facts.draft import Draft, DraftLine, ManualDiscount
from loyalty_core.facts.invoice import LINE_KINDS
from loyalty_core.facts.money import FULL_PERCENT, MAX_MINOR, list_amount
from loyalty_core.messages import gettext as _

MOST_CODES = 50
LONGEST_REASON = 200


def check_draft(draft: Draft) -> list[Problem]:
    """Return every problem of a draft's own figures; none means that it can be priced."""
    problems = [problem for problem in _heading(draft) if problem]
    if problems:
        return problems
    for number, line in enumerate(draft.lines):
        problems.extend(problem.under("lines", number) for problem in _line(line))
    keys = {line.key for line in draft.lines}
    if len(keys) < len(draft.lines):
        problems.append(Problem("line_twice", _("Each line needs a key of its own."), ("lines",)))
    if draft.manual is not None:
        problems.extend(problem.under("manual") for problem in _manual(draft.manual, keys))
    if not problems and sum(map(_listed, draft.lines)) > MAX_MINOR:
        problems.append(Problem("too_large", _("The invoice is too large."), ("lines",)))
    return problems


def _heading(draft: Draft) -> Iterator[Problem | None]:
    yield text_problem(draft.source, 40, "source")
    yield text_problem(draft.external_id, 100, "external_id")
    if not draft.lines:
        yield Problem("no_lines", _("An invoice needs at least one line."), ("lines",))
    if len(draft.lines) > MAX_LINES:
        text = _("An invoice may have at most %(most)s lines: split it.", most=MAX_LINES)
        yield Problem("too_many_lines", text, ("lines",))
    if len(draft.codes) > MOST_CODES:
        yield Problem("too_many_codes", _("An invoice may have at most %(most)s codes.", most=MOST_CODES), ("codes",))


def _line(line: DraftLine) -> Iterator[Problem]:
    checks = [
        text_problem(line.key, 100, "key"),
        text_problem(line.item, 100, "item"),
        text_problem(line.name, 200, "name"),
        _quantity_problem(line.quantity_milli),
        amount_problem(line.unit_price_minor, "unit_price"),
        amount_problem(line.third_party_minor, "third_party"),
        amount_problem(line.flags.minimum_price_minor, "minimum_price"),
        amount_problem(line.tax.rate_bp, "tax_rate", most=FULL_PERCENT),
    ]
    checks += [text_problem(category, 200, "categories", place) for place, category in enumerate(line.categories)]
    found = [problem for problem in checks if problem]
    if line.kind not in LINE_KINDS:
        text = _("Choose a known kind of line: %(kinds)s.", kinds=", ".join(LINE_KINDS))
        found.append(Problem("unknown_kind", text, ("kind",)))
    if not found and _listed(line) > MAX_MINOR:
        found.append(Problem("too_large", _("The line is too large."), ("quantity",)))
    elif not found and line.third_party_minor > _listed(line):
        text = _("Somebody else cannot pay more than the line costs.")
        found.append(Problem("too_large", text, ("third_party",)))
    if not found and line.unit_price_minor < line.flags.minimum_price_minor:
        text = _("The price is below the lowest one allowed for this item.")
        found.append(Problem("below_minimum", text, ("unit_price",)))
    yield from found


def _quantity_problem(quantity_milli: int) -> Problem | None:
    if type(quantity_milli) is not int or quantity_milli < 1:
        return Problem("too_small", _("Give a quantity above zero."), ("quantity",))
    if quantity_milli > MAX_QUANTITY_MILLI:
        text = _("Give a quantity of at most %(most)s.", most=MAX_QUANTITY_MILLI // 1000)
        return Problem("too_large", text, ("quantity",))
    return None


def _listed(line: DraftLine) -> int:
    return list_amount(line.quantity_milli, line.unit_price_minor)


def _manual(manual: ManualDiscount, keys: set[str]) -> Iterator[Problem]:
    problem = text_problem(manual.reason, LONGEST_REASON, "reason")
    if problem is not None:
        yield (
            Problem("no_reason", _("Say why the discount is given."), problem.path)
            if (problem.code == "required")
            else problem
        )
    if (manual.percent_bp is None) == (manual.amount_minor is None):
        yield Problem("percent_or_amount", _("Give a percentage or an amount."), ("percent",))
    elif manual.percent_bp is not None:
        if type(manual.percent_bp) is not int or not 1 <= manual.percent_bp <= FULL_PERCENT:
            yield Problem("percent_out_of_range", _("Give a percentage above 0 and at most 100."), ("percent",))
    else:
        wrong = amount_problem(manual.amount_minor or 0, "amount", least=1)
        if wrong is not None:
            yield wrong
    for place, key in enumerate(manual.lines or ()):
        if key not in keys:
            yield Problem("unknown_line", _("There is no such line."), ("lines", place))
