"""Invoices after they were issued: the list, paying in parts, giving back, voiding, and why the price is what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_core.services.invoices import showing
from loyalty_core.services.invoices.showing import InvoiceShown
from tests.web.office import Office, Visitor, words
from tests.web.story import CLIENT, Story, draft, told


@pytest.fixture
def office(story_template: tuple[Path, Story], tmp_path: Path) -> Iterator[Office]:
    """The host's application on a salon in which the story was told."""
    yield from told(story_template, tmp_path)


@pytest.fixture
def cashier(office: Office) -> Visitor:
    return office.as_("cashier")


@pytest.fixture
def url(office: Office, story: Story, cashier: Visitor) -> str:
    """The address of the story's invoice, issued by the till's own page."""
    return issued(cashier, draft(office, story))


def issued(visitor: Visitor, draft_url: str) -> str:
    html = visitor.get(draft_url).text
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', html) for name in ("ticket", "revision", "key")}
    fields = {name: match[1] for name, match in found.items() if match}
    answer = visitor.send(draft_url, do="issue", **fields)
    assert answer.status_code == 303, words(answer.text)
    return answer.location


def kept(office: Office, url: str) -> InvoiceShown:
    with office.reading() as unit:
        found = showing.invoice(unit, int(url.rsplit("/", 1)[1]))
    assert found is not None
    return found


def test_an_invoice_shows_both_prices_and_the_reason_on_each_line(cashier: Visitor, url: str) -> None:
    text = cashier.shown(url)
    assert "Invoice № 1 Issued" in text
    assert "Programme Personal discount 5% −42.50" in text
    assert "before discount 1,600.00 1,360.00" in text
    assert "Left in money 2,797.50" in text
    assert CLIENT in text


def test_the_sentence_to_say_aloud_is_in_the_clients_language(cashier: Visitor, url: str) -> None:
    html = cashier.get(url).text
    assert re.search(r'class="ly-aloud" lang="uk"', html)
    assert "492,50" in html


def test_an_invoice_is_paid_in_parts_by_several_tenders(office: Office, cashier: Visitor, url: str) -> None:
    cashier.send(f"{url}/pay", tender="card", amount="1 000,00", key="1")
    assert "A part of it is paid. Invoice № 1 Part paid" in cashier.shown(url)
    assert "Left in money 1,797.50" in cashier.shown(url)
    cashier.send(f"{url}/pay", tender="cash", amount="1,797.50", key="2")
    assert "Paid" in cashier.shown(url)
    assert [(each.tender.code, each.amount_minor) for each in kept(office, url).payments] == [
        ("card", 100_000),
        ("cash", 179_750),
    ]


def test_a_payment_sent_twice_is_taken_once(office: Office, cashier: Visitor, url: str) -> None:
    for _time in range(2):
        assert cashier.send(f"{url}/pay", tender="cash", amount="100", key="same").status_code == 303
    assert kept(office, url).paid_minor == 10_000


@pytest.mark.parametrize(
    ("tender", "amount", "said"),
    [
        ("cash", "2,797.51", "Take at most UAH 2,797.50: no more is due."),
        ("cash", "0", "above zero"),
        ("cash", "-5", "Write an amount such as"),
        ("cash", "1.234", "Did you mean"),
        ("cash", "", "A value is needed here."),
        ("cash", "<b>1</b>", "Write an amount such as"),
        ("cash", "=1+1", "Write an amount such as"),
        ("cash", "9" * 10_000, "Write an amount such as"),
        ("stones", "1", "Choose one of the list."),
        ("other", "1", "Choose one of the list."),
    ],
)
def test_a_payment_that_cannot_be_taken_is_told_and_nothing_is_written(
    office: Office, cashier: Visitor, url: str, tender: str, amount: str, said: str
) -> None:
    answer = cashier.send(f"{url}/pay", tender=tender, amount=amount, key="1")
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert f'value="{amount}"'.replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert kept(office, url).paid_minor == 0


@pytest.fixture
def paid(cashier: Visitor, url: str) -> str:
    cashier.send(f"{url}/pay", tender="cash", amount="797.50", key="a")
    cashier.send(f"{url}/pay", tender="card", amount="2000", key="b")
    return url


def test_a_part_of_a_line_goes_back_the_way_it_was_paid(office: Office, cashier: Visitor, paid: str) -> None:
    shown = words(cashier.send(f"{paid}/refund", htmx=True, **{"quantity-3": "1"}).text)
    amounts = re.search(r"Bank card (\S+) Cash (\S+) Goes back (\S+)|Cash (\S+) Bank card (\S+) Goes back (\S+)", shown)
    assert amounts, shown
    assert "Refund UAH 315.00" in shown
    assert kept(office, paid).returned_minor == 0, "asking writes nothing"
    answer = cashier.send(f"{paid}/refund", do="refund", reason="smells", key="r", **{"quantity-3": "1"})
    assert answer.status_code == 303
    found = kept(office, paid)
    assert found.returned_minor == 31_500
    assert sum(found.returns[0].given_back.values()) == 31_500
    assert "Part refunded" in cashier.shown(paid)
    assert "smells" in cashier.shown(paid)


def test_all_that_is_left_is_filled_in_by_one_button(cashier: Visitor, paid: str) -> None:
    assert "Refund UAH 2,797.50" in words(cashier.send(f"{paid}/refund", do="all").text)


@pytest.mark.parametrize(
    ("quantity", "reason", "said"),
    [
        ("3", "x", "Give back at most 2: no more is left of this line."),
        ("-1", "x", "Enter a quantity above 0"),
        ("0.0005", "x", "Enter a quantity above 0"),
        ("1000000000", "x", "This looks like a scan"),
        ("1", "", "A value is needed here."),
        ("1", "x" * 10_000, "Write at most 500 characters"),
        ("", "x", "Say how much of which line comes back."),
        ("<b>", "x", "Enter a quantity above 0"),
    ],
)
def test_a_refund_that_cannot_be_given_is_told_and_nothing_is_written(
    office: Office, cashier: Visitor, paid: str, quantity: str, reason: str, said: str
) -> None:
    answer = cashier.send(f"{paid}/refund", do="refund", reason=reason, key="r", **{"quantity-3": quantity})
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert f'value="{quantity}"'.replace("<", "&lt;").replace(">", "&gt;") in answer.text or not quantity
    assert kept(office, paid).returned_minor == 0


def test_a_reason_is_kept_as_it_was_typed_and_shown_as_text(cashier: Visitor, paid: str) -> None:
    for number, reason in enumerate(("<script>alert(1)</script>", "=HYPERLINK(1)", "שלום \u202eabc")):
        cashier.send(f"{paid}/refund", do="refund", reason=reason, key=f"r{number}", **{f"quantity-{number + 1}": "1"})
    html = cashier.get(paid).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html
    assert "<bdi>=HYPERLINK(1)</bdi>" in html


def test_a_manager_voids_what_nobody_paid_a_cashier_does_not(office: Office, cashier: Visitor, url: str) -> None:
    assert "Void…" not in cashier.shown(url)
    assert cashier.get(f"{url}/void").status_code == 403
    manager = office.as_("manager")
    assert "Void…" in manager.shown(url)
    refused = manager.send(f"{url}/void", reason="", key="v")
    assert refused.status_code == 422
    assert manager.send(f"{url}/void", reason="wrong client", key="v").status_code == 303
    assert "Invoice № 1 Void" in manager.shown(url)


def test_what_was_paid_is_not_voided(office: Office, paid: str) -> None:
    manager = office.as_("manager")
    assert "Void…" not in manager.shown(paid)
    answer = manager.send(f"{paid}/void", reason="wrong", key="v")
    assert answer.status_code == 422
    assert "There is money on this invoice: refund it instead." in words(answer.text)


def test_why_this_price_is_told_to_staff_and_to_the_client(cashier: Visitor, url: str) -> None:
    text = cashier.shown(f"{url}/why")
    assert "300 off from 3,500 Almost: UAH 3,290.00 of UAH 3,500.00. Add UAH 210.00" in text
    assert "Personal discount 5% Applied · Haircut and styling · lost to Colour on weekdays on 2 lines" in text
    assert "Personal discount 5%, set by hand." in text
    assert "This was visit 1 of the client." in text
    assert 'lang="uk"' in cashier.get(f"{url}/why").text


def test_an_invoice_that_was_sent_finished_says_so(cashier: Visitor) -> None:
    listed = cashier.get("/invoices?q=i1").text
    found = re.search(r'href="(/invoices/\d+)"', listed)
    assert found
    assert "This invoice was sent finished" in cashier.shown(f"{found[1]}/why")
    assert "Invoice № i1 Paid" in cashier.shown(found[1])


def test_the_list_is_filtered_sorted_and_counted(cashier: Visitor, url: str) -> None:
    assert "3 invoices" in cashier.shown("/invoices")
    assert "1 invoice " in cashier.shown("/invoices", q="olena")
    assert "1 invoice " in cashier.shown("/invoices", q="№1")
    assert "2 invoices" in cashier.shown("/invoices", state="paid")
    assert "2 invoices" in cashier.shown("/invoices", branch="podil")
    assert "1 invoice " in cashier.shown("/invoices", **{"from": "2026-04-01"})
    assert "No invoice is like this" in cashier.shown("/invoices", state="void")
    assert "3 invoices" in cashier.shown("/invoices", state="nonsense", sort="nonsense", page="0", **{"from": "x"})
    part = cashier.part("/invoices", sort="-owed")
    assert part.text.strip().startswith('<section class="ly-panel" id="list"')
    assert part.text.index("2,797.50") < part.text.index("625.00")


def test_a_cashier_of_one_branch_sees_its_invoices_only(office: Office, url: str) -> None:
    podil = office.as_("podil")
    assert "2 invoices" in podil.shown("/invoices")
    assert "2 invoices" in podil.shown("/invoices", branch="lviv"), "a branch one may not see filters nothing"
    every = office.as_("cashier").get("/invoices?q=i2").text
    other = re.search(r'href="(/invoices/\d+)"', every)
    assert other
    for path in ("", "/why", "/refund"):
        assert podil.get(other[1] + path).status_code == 404
    assert podil.send(f"{other[1]}/pay", tender="cash", amount="1").status_code == 404
    assert podil.get(url).status_code == 200


@pytest.mark.parametrize("path", ["/invoices/1", "/invoices/1/why", "/invoices/1/refund", f"/invoices/{2**63}"])
def test_an_invoice_that_is_not_there_answers_404(cashier: Visitor, path: str) -> None:
    assert cashier.get(path).status_code == 404


def test_who_may_look_only_sees_no_buttons(office: Office, url: str) -> None:
    text = office.as_("accountant").shown(url)
    assert "Take the payment" not in text
    assert "Refund…" not in text
    assert office.as_("accountant").send(f"{url}/pay", tender="cash", amount="1").status_code == 403
