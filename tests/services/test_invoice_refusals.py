"""What invoices, payments, refunds and voids are refused for, with nothing written (SEMANTICS 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from loyalty_core.facts.invoice import (
    PaymentShare,
    RecordedAdjustment,
    RecordedInvoice,
    RecordedLine,
    RecordedPayment,
    ReturnedLine,
)
from loyalty_core.services import invoices
from loyalty_core.testing.house import START, House, a_line, at
from tests.services.refusals import Act, Found, are_refused
from tests.services.test_visit_refusals import BELL, NO_ID

NAIVE = datetime(2026, 1, 5, 12)  # noqa: DTZ001 - the mistake itself
NOT_WHOLE = ("1", None, True)
Mistakes = list[tuple[str, Any, str]]


def recording(invoice: RecordedInvoice) -> Act:
    return lambda unit: invoices.record(unit, invoice)


def changed(invoice: RecordedInvoice, mistakes: Mistakes) -> dict[str, tuple[Act, Found | Sequence[Found]]]:
    return {
        f"{field}={value!r}": (recording(replace(invoice, **{field: value})), (code, (field,)))
        for field, value, code in mistakes
    }


def test_a_heading_that_does_not_hold_is_refused(house: House) -> None:
    good = house.an_invoice("Olha", START, a_line(100_00))
    mistakes: Mistakes = [
        *(("source", value, "required") for value in ("", None, 7)),
        ("source", "s" * 41, "too_long"),
        ("external_id", "x" * 101, "too_long"),
        ("external_id", BELL, "control_characters"),
        *(("branch_id", value, "unknown_branch") for value in NO_ID),
        *(("client_id", value, "unknown_client") for value in NO_ID if value is not None),
        *(("visit_id", value, "unknown_visit") for value in NO_ID if value is not None),
        ("issued_at", NAIVE, "no_zone"),
        *(("issued_at", value, "not_a_moment") for value in (None, "2026-01-05T12:00Z", START)),
        ("issued_at", datetime.max.replace(tzinfo=at(START).tzinfo), "date_out_of_range"),
        ("lines", (), "no_lines"),
        ("lines", tuple(a_line(1, str(number)) for number in range(501)), "too_many_lines"),
    ]
    are_refused(house, changed(good, mistakes))


def test_a_line_that_does_not_hold_is_refused(house: House) -> None:
    good = house.an_invoice("Olha", START, a_line(100_00, off_minor=10_00), paid=0)
    line = good.lines[0]
    mistakes: list[tuple[str, Any, str, str]] = [
        *((name, value, "required", name) for name in ("key", "item", "category") for value in ("", None)),
        ("key", "k" * 101, "too_long", "key"),
        ("item", BELL, "control_characters", "item"),
        ("category", "c" * 201, "too_long", "category"),
        *(("kind", value, "unknown_kind", "kind") for value in ("haircut", "", None)),
        *(("quantity_milli", value, "not_whole", "quantity") for value in NOT_WHOLE),
        *(("quantity_milli", value, "too_small", "quantity") for value in (0, -1)),
        ("quantity_milli", 10**9 + 1, "too_large", "quantity"),
        ("unit_price_minor", -1, "too_small", "unit_price"),
        *(("unit_price_minor", value, "not_whole", "unit_price") for value in NOT_WHOLE),
        ("listed_minor", -1, "too_small", "listed"),
        ("listed_minor", 10**15 + 1, "too_large", "listed"),
        ("invoiced_minor", -1, "too_small", "invoiced"),
        *(("invoiced_minor", value, "not_whole", "invoiced") for value in NOT_WHOLE),
        ("invoiced_minor", 90_01, "shares_do_not_add_up", "invoiced"),
        ("listed_minor", 99_99, "shares_do_not_add_up", "invoiced"),
        ("adjustments", (), "shares_do_not_add_up", "invoiced"),
    ]
    cases: dict[str, tuple[Act, Found | Sequence[Found]]] = {}
    for field, value, code, place in mistakes:
        wrong = replace(good, lines=(replace(line, **{field: value}),))
        cases[f"{field}={value!r}"] = (recording(wrong), (code, ("lines", 0, place)))
    adjustments: list[tuple[str, Any, str, str]] = [
        *(("amount_minor", value, "too_small", "amount") for value in (0, -5)),
        *(("amount_minor", value, "not_whole", "amount") for value in NOT_WHOLE),
        ("reason", "", "required", "reason"),
        ("reason", "r" * 201, "too_long", "reason"),
    ]
    for field, value, code, place in adjustments:
        adjustment = replace(RecordedAdjustment("agreed", 10_00), **{field: value})
        wrong = replace(good, lines=(replace(line, adjustments=(adjustment,)),))
        cases[f"adjustment {field}={value!r}"] = (recording(wrong), (code, ("lines", 0, "adjustments", 0, place)))
    are_refused(house, cases)


def test_lines_that_do_not_fit_together_are_refused(house: House) -> None:
    good = house.an_invoice("Olha", START, a_line(100_00), paid=0)
    huge = tuple(a_line(10**15, str(number)) for number in range(2))
    two_wrong = (a_line(100_00), replace(a_line(100_00, "2"), kind="?", quantity_milli=0))
    found = [("too_small", ("lines", 1, "quantity")), ("unknown_kind", ("lines", 1, "kind"))]
    are_refused(
        house,
        {
            "one key twice": (recording(replace(good, lines=(a_line(1), a_line(2)))), ("line_twice", ("lines",))),
            "too large in all": (recording(replace(good, lines=huge)), ("too_large", ("lines",))),
            "two mistakes": (recording(replace(good, lines=two_wrong)), found),
        },
    )


def a_payment(**fields: Any) -> RecordedPayment:
    return replace(RecordedPayment("1", "cash", 50_00, at(START)), **fields)


PAYMENT_MISTAKES: list[tuple[dict[str, Any], str, tuple[str | int, ...]]] = [
    ({"external_id": ""}, "required", ("external_id",)),
    ({"external_id": None}, "required", ("external_id",)),
    ({"external_id": "x" * 101}, "too_long", ("external_id",)),
    *(({"amount_minor": value}, "too_small", ("amount",)) for value in (0, -1)),
    *(({"amount_minor": value}, "not_whole", ("amount",)) for value in NOT_WHOLE),
    ({"paid_at": NAIVE}, "no_zone", ("paid_at",)),
    *(({"paid_at": value}, "not_a_moment", ("paid_at",)) for value in (None, "now", START)),
    *(({"tender": value}, "unknown_tender", ("tender",)) for value in ("shells", "", None)),
    ({"shares": (PaymentShare("9", 50_00),)}, "unknown_line", ("shares", 0, "line")),
    ({"shares": (PaymentShare("1", 50_01),)}, "shares_do_not_add_up", ("shares",)),
    ({"shares": (PaymentShare("1", 25_00), PaymentShare("1", 25_00))}, "line_twice", ("shares",)),
    ({"shares": (PaymentShare("1", -1), PaymentShare("2", 50_01))}, "too_small", ("shares", 0, "amount")),
    ({"shares": (PaymentShare("1", True), PaymentShare("2", 49_99))}, "not_whole", ("shares", 0, "amount")),
]
LINES: tuple[RecordedLine, ...] = (a_line(60_00), a_line(40_00, "2"))


def test_a_payment_that_does_not_hold_is_refused_with_its_invoice(house: House) -> None:
    good = house.an_invoice("Olha", START, *LINES)
    cases: dict[str, tuple[Act, Found | Sequence[Found]]] = {}
    for fields, code, place in PAYMENT_MISTAKES:
        wrong = replace(good, payments=(a_payment(**fields),))
        cases[str(fields)] = (recording(wrong), (code, ("payments", 0, *place)))
    for name, payments, found in (
        ("too much", (a_payment(amount_minor=100_01),), ("overpaid", ("payments",))),
        ("one id twice", (a_payment(), a_payment()), ("payment_twice", ("payments",))),
        (
            "a line overpaid",
            (a_payment(shares=(PaymentShare("2", 50_00),)),),
            ("line_overpaid", ("payments", 0, "shares")),
        ),
    ):
        cases[name] = (recording(replace(good, payments=payments)), found)
    are_refused(house, cases)


def test_a_payment_that_does_not_hold_is_refused_by_itself(house: House) -> None:
    sale = house.invoice("Olha", START, *LINES, paid=0)

    def paying(sale_id: Any, payment: RecordedPayment) -> Act:
        return lambda unit: invoices.record_payments(unit, [(sale_id, payment)])

    cases: dict[str, tuple[Act, Found | Sequence[Found]]] = {}
    for fields, code, place in PAYMENT_MISTAKES:
        cases[str(fields)] = (paying(sale, a_payment(**fields)), (code, (0, *place)))
    cases["too much"] = (paying(sale, a_payment(amount_minor=100_01)), ("overpaid", (0, "amount")))
    overpaid = a_payment(shares=(PaymentShare("2", 50_00),))
    cases["a line overpaid"] = (paying(sale, overpaid), ("line_overpaid", (0, "shares")))
    for value in NO_ID:
        cases[f"sale {value!r}"] = (paying(value, a_payment()), ("unknown_invoice", (0, "sale_id")))
    are_refused(house, cases)


def test_payments_of_one_call_are_judged_together(house: House) -> None:
    sale = house.invoice("Olha", START, a_line(100_00), paid=0)
    first, second = a_payment(external_id="a", amount_minor=60_00), a_payment(external_id="b", amount_minor=40_01)

    def both(unit: Any) -> object:
        return invoices.record_payments(unit, [(sale, first), (sale, second)])

    are_refused(house, {"together": (both, ("overpaid", (1, "amount")))})


def test_an_invoice_is_its_visits_clients_at_its_visits_branch(house: House) -> None:
    visit = house.came("Olha", START)
    deleted = house.visit("Olha", START)
    house.delete(deleted)
    petro = house.client("Petro")
    good = house.an_invoice("Olha", START, a_line(100_00), visit_id=visit)
    other_branch = replace(good, branch_id=house.branches["obolon"])
    are_refused(
        house,
        {
            "another client": (recording(replace(good, client_id=petro)), ("other_client", ("client_id",))),
            "no client": (recording(replace(good, client_id=None)), ("other_client", ("client_id",))),
            "another branch": (recording(other_branch), ("other_branch", ("branch_id",))),
            "a deleted visit": (recording(replace(good, visit_id=deleted)), ("unknown_visit", ("visit_id",))),
        },
    )


def test_many_invoices_are_refused_whole_with_the_place_of_each_mistake(house: House) -> None:
    good = house.an_invoice("Olha", START, a_line(100_00), name="same")
    many = [good, replace(good, external_id="other", branch_id=1), good]
    found = [("unknown_branch", (1, "branch_id")), ("invoice_twice", (2, "external_id"))]
    are_refused(house, {"many": (lambda unit: invoices.record_many(unit, many), found)})


def test_a_refund_that_does_not_hold_is_refused(house: House) -> None:
    visit = house.came("Olha", START)
    paid = house.invoice("Olha", START, *LINES, visit_id=visit)
    unpaid = house.invoice("Olha", START, a_line(100_00), visit_id=visit, paid=0)
    void = house.invoice("Olha", START, a_line(100_00), paid=0)
    house.void(void)

    def refunding(sale_id: Any, *lines: tuple[Any, Any], reason: Any = "tests") -> Act:
        return lambda unit: invoices.refund(unit, sale_id, [ReturnedLine(*line) for line in lines], reason)

    whole, quantity, line = ("1", 1000), ("lines", 0, "quantity"), ("lines", 0, "line")
    cases: dict[str, tuple[Act, Found | Sequence[Found]]] = {
        **{f"sale {value!r}": (refunding(value, whole), ("unknown_invoice", ("sale_id",))) for value in NO_ID},
        "nothing paid": (refunding(unpaid, whole), ("not_refundable", ("sale_id",))),
        "void": (refunding(void, whole), ("not_refundable", ("sale_id",))),
        "no lines": (refunding(paid), ("no_lines", ("lines",))),
        "no reason": (refunding(paid, whole, reason=" "), ("required", ("reason",))),
        "a reason that is no text": (refunding(paid, whole, reason=None), ("required", ("reason",))),
        **{f"line {value!r}": (refunding(paid, (value, 1000)), ("unknown_line", line)) for value in ("9", None, 1)},
        **{
            f"quantity {value!r}": (refunding(paid, ("1", value)), ("too_small", quantity))
            for value in (0, -1, True, "1", None)
        },
        "more than sold": (refunding(paid, ("1", 1001)), ("too_much", quantity)),
        "one line twice": (refunding(paid, ("1", 600), ("1", 600)), ("line_twice", ("lines",))),
    }
    are_refused(house, cases)
    house.refund(paid, ("1", 400))
    are_refused(house, {"more than is left": (refunding(paid, ("1", 601)), ("too_much", quantity))})


def test_a_void_that_does_not_hold_is_refused(house: House) -> None:
    paid = house.invoice("Olha", START, a_line(100_00))
    part_paid = house.invoice("Olha", START, a_line(100_00), paid=1)
    refunded = house.invoice("Olha", START, a_line(100_00))
    house.refund(refunded, ("1", 1000))
    free = house.invoice("Olha", START, a_line(0))
    house.refund(free, ("1", 1000))
    issued = house.invoice("Olha", START, a_line(100_00), paid=0)
    void = house.invoice("Olha", START, a_line(100_00), paid=0)
    house.void(void)

    def voiding(sale_id: Any, reason: Any = "tests") -> Act:
        return lambda unit: invoices.void(unit, sale_id, reason)

    are_refused(
        house,
        {
            **{f"sale {value!r}": (voiding(value), ("unknown_invoice", ("sale_id",))) for value in NO_ID},
            "paid": (voiding(paid), ("paid", ("sale_id",))),
            "part paid": (voiding(part_paid), ("paid", ("sale_id",))),
            "refunded": (voiding(refunded), ("paid", ("sale_id",))),
            "refunded, and free": (voiding(free), ("paid", ("sale_id",))),
            "void already": (voiding(void), ("already_void", ("sale_id",))),
            "no reason": (voiding(issued, ""), ("required", ("reason",))),
        },
    )


def test_a_void_or_refunded_invoice_takes_no_payment(house: House) -> None:
    void = house.invoice("Olha", START, a_line(100_00), paid=0)
    house.void(void)
    refunded = house.invoice("Olha", START, *LINES, paid=50_00)
    house.refund(refunded, ("1", 1))

    def paying(sale_id: int) -> Act:
        return lambda unit: invoices.record_payments(unit, [(sale_id, a_payment(external_id="late"))])

    closed: Found = ("invoice_closed", (0, "sale_id"))
    are_refused(house, {"void": (paying(void), closed), "refunded": (paying(refunded), closed)})


def test_a_recorded_invoice_or_payment_with_other_content_is_refused(house: House) -> None:
    good = house.an_invoice("Olha", START, a_line(100_00), name="known", paid=50_00)
    with house.work() as unit:
        sale = invoices.record(unit, good).id
    others = {
        "time": replace(good, issued_at=at(START, 13)),
        "lines": replace(good, lines=(a_line(100_00, item="wash"),)),
        "payments": replace(good, payments=()),
        "client": replace(good, client_id=house.client("Petro")),
    }
    differs: Found = ("recorded_differently", ("external_id",))
    are_refused(house, {name: (recording(each), differs) for name, each in others.items()})

    def paying(**fields: Any) -> Act:
        return lambda unit: invoices.record_payments(unit, [(sale, a_payment(**fields))])

    differs = ("recorded_differently", (0, "external_id"))
    payments = ({"amount_minor": 1}, {"tender": "card"}, {"paid_at": at(START, 13)})
    are_refused(house, {str(fields): (paying(**fields), differs) for fields in payments})
