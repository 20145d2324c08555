"""What must hold of a priced invoice: it is the best of all that trying finds, and takes nothing too much."""

from __future__ import annotations

from loyalty_core.decisions.offers import AmountOff, BundlePrice
from loyalty_core.engine.arbitration import Combination
from loyalty_core.engine.columns import Columns
from loyalty_core.engine.contending import contenders
from loyalty_core.engine.contest import Contest
from loyalty_core.engine.matching import index
from loyalty_core.engine.pricing import price
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.facts.money import percent_of
from loyalty_core.facts.quote import Priced
from tests.engine.brute_force import BruteForce
from tests.engine.random_tills import Till


def best_of(till: Till) -> Combination:
    """The combination that wins, before shares are spread and caps cut."""
    columns = Columns(till.invoice.lines, till.mode, RoundingLevel.LINE)
    contending = contenders(till.invoice, None, index(till.offers), (), till.policy, columns, frozenset())
    found = Contest(contending, columns, till.policy).best()
    assert found.gap_minor == 0
    return found.best


def answer(till: Till) -> Priced:
    return price(till.invoice, None, index(till.offers), (), till.policy, (till.mode, RoundingLevel.LINE))


def holds_against_brute_force(till: Till) -> None:
    surely, at_most = BruteForce(till.invoice, till.offers, till.policy, till.mode).best()
    assert surely <= best_of(till).saved_minor <= at_most
    result = answer(till)
    saved = result.listed_minor - result.owed_minor
    capped = till.policy.invoice_cap_bp is not None or till.policy.category_caps_bp
    if not capped or all(line.tax.included for line in till.invoice.lines):
        assert saved >= surely
    if not any(isinstance(offer.benefit, AmountOff | BundlePrice) or offer.cap_minor for offer in till.offers):
        assert saved <= at_most


def takes_nothing_too_much(till: Till) -> None:
    result = answer(till)
    for line, priced in zip(till.invoice.lines, result.lines, strict=True):
        assert line.floor_minor <= priced.left_minor <= line.listed_minor
        assert priced.owed_minor == line.with_tax(priced.left_minor)
        assert line.flags.discountable or priced.left_minor == line.listed_minor
    applied = sum(each.saves_minor for each in result.considered if each.fate == "applied")
    assert applied == result.listed_minor - result.owed_minor
    caps = dict(till.policy.category_caps_bp)
    for category, cap_bp in caps.items():
        inside = [
            priced for line, priced in zip(till.invoice.lines, result.lines, strict=True) if category in line.categories
        ]
        assert sum(each.off_minor for each in inside) <= percent_of(
            sum(each.listed_total_minor for each in inside), cap_bp
        )
    if till.policy.invoice_cap_bp is not None:
        assert applied <= percent_of(result.listed_minor, till.policy.invoice_cap_bp)
    limits = {f"test:{offer.key}": offer.cap_minor for offer in till.offers if offer.cap_minor is not None}
    for each in result.considered:
        if each.fate == "applied":
            assert each.saves_minor <= limits.get(each.reference, each.saves_minor) + len(till.invoice.lines)
