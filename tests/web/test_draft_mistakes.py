"""Making out an invoice when something is wrong: told in place, typed text kept, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_web.erp import drafts
from loyalty_web.erp.drafts import Chosen, ChosenLine
from tests.web.office import Office, words
from tests.web.story import COLOURING, CONSULTATION, HAIRCUT, Story, draft, told
from tests.web.till import Till


@pytest.fixture
def office(story_template: tuple[Path, Story], tmp_path: Path) -> Iterator[Office]:
    """The host's application on a salon in which the story was told."""
    yield from told(story_template, tmp_path)


@pytest.fixture
def till(office: Office, story: Story) -> Till:
    return Till(office, office.as_("cashier"), story).open()


@pytest.fixture
def story_told(office: Office, story: Story) -> Till:
    """The draft of the prototype: its client, three lines, its promotions."""
    return Till(office, office.as_("cashier"), story).open(draft(office, story))


def test_two_people_who_change_one_draft_see_both(story_told: Till) -> None:
    other = Till(story_told.office, story_told.office.as_("manager"), story_told.story).open(story_told.url)
    other.press("update", **{"quantity-1": "5"})
    story_told.answer = story_told.visitor.send(
        story_told.url, **{**story_told.fields(), "quantity-1": "2", "do": "update"}
    )
    assert story_told.answer.status_code == 409
    assert "Manager Koval changed this draft meanwhile" in story_told.text
    assert "Haircut and styling 5 2" in story_told.text
    assert story_told.kept().chosen.lines[0].quantity_milli == 5_000, "nothing is written"
    story_told.press("update", **{"quantity-1": "2"})
    assert story_told.kept().chosen.lines[0].quantity_milli == 2_000, "mine is kept on demand"


def test_nobody_is_stopped_by_a_change_elsewhere_in_the_draft(story_told: Till) -> None:
    fields = story_told.fields()
    other = Till(story_told.office, story_told.office.as_("manager"), story_told.story).open(story_told.url)
    other.scan(CONSULTATION)
    answer = story_told.visitor.send(story_told.url, **fields, do="update")
    assert answer.status_code == 303


LONG = "x" * 10_000
STRANGE = ["<script>alert(1)</script>", "=1+1", LONG, "\u202eabc\u202c שלום"]
BAD = [
    ("quantity-1", "0", "Enter a quantity above 0"),
    ("quantity-1", "-1", "Enter a quantity above 0"),
    ("quantity-1", "1000000000", "This looks like a scan"),
    ("quantity-1", "0.0005", "Enter a quantity above 0"),
    ("quantity-1", "٣", "Write the digits 0 to 9"),
    ("quantity-1", "", "A value is needed here"),
    ("manual_value", "101", "Enter a percent from 0 to 100"),
    ("manual_value", "99", "Give at most 10%"),
    *[("quantity-1", text, "quantity") for text in STRANGE[:3]],
    *[("manual_value", text, "percent") for text in STRANGE[:2]],
    ("reason", LONG, "Write at most 200 characters"),
]


@pytest.mark.parametrize("htmx", [False, True])
def test_bad_input_is_told_in_place_kept_and_not_written(story_told: Till, htmx: bool) -> None:
    before = story_told.kept()
    for field, value, said in BAD:
        typed = {"manual_value": "5", "reason": "late"} if field in ("manual_value", "reason") else {}
        fields = {**story_told.fields(), **typed, field: value, "do": "issue"}
        answer = story_told.visitor.send(story_told.url, htmx=htmx, **fields)
        case = f"{field}={value[:40]!r}"
        assert answer.status_code == 422, case
        assert said in words(answer.text), case
        assert 'role="alert"' in answer.text, case
        shown = value.replace("<", "&lt;").replace(">", "&gt;")
        assert htmx or f'value="{shown}"' in answer.text, f"{case}: what was typed stays"
        assert "<script>alert" not in answer.text, case
        assert story_told.kept() == before, case


def test_strange_text_in_the_scan_field_is_shown_as_text(till: Till) -> None:
    for text in STRANGE:
        answer = till.visitor.send(till.url, **{**till.fields(), "do": "update", "scan": text})
        assert answer.status_code == 200, text[:40]
        assert "Nothing found for" in words(answer.text), text[:40]
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("item:no-such-item", "There is no such item"),
        ("client:999", "There is no such client"),
        (f"client:{2**63}", "There is no such client"),
        (f"client:{'9' * 5_000}", "There is no such client"),
    ],
)
def test_an_unknown_item_or_client_is_refused_in_place(till: Till, do: str, said: str) -> None:
    answer = till.visitor.send(till.url, **{**till.fields(), "do": do})
    assert answer.status_code == 422
    assert said in words(answer.text)
    with till.office.reading() as unit:
        assert drafts.waiting(unit, [till.office.branch("podil")], 9) == []


def test_the_501st_line_is_refused(till: Till) -> None:
    till.scan(HAIRCUT)
    lines = tuple(ChosenLine(str(key), HAIRCUT, price_minor=100 + key) for key in range(1, 501))
    with till.office.work() as unit:
        drafts.save(unit, till.kept(), Chosen(lines=lines))
    till.open().press("update", scan=COLOURING)
    assert "An invoice may have at most 500 lines: split it." in till.text
    assert len(till.kept().chosen.lines) == 500


def test_an_empty_invoice_is_not_issued(till: Till) -> None:
    till.press("issue")
    assert "Add a service or goods first" in till.text


@pytest.mark.parametrize(
    "path",
    [
        "/invoices/drafts/1",
        "/invoices/new?branch=nowhere",
        "/invoices/new?client=1",
        f"/invoices/new?client={2**63}",
        f"/invoices/new?visit={2**63}",
    ],
)
def test_what_is_not_there_answers_404(till: Till, path: str) -> None:
    assert till.visitor.get(path).status_code == 404


def test_a_draft_of_another_branch_is_not_there(office: Office, story: Story) -> None:
    till = Till(office, office.as_("cashier", branch="lviv"), story).open().scan(HAIRCUT)
    podil = office.as_("podil")
    assert podil.get(till.url).status_code == 404
    assert podil.send(till.url, do="update").status_code == 404
    assert podil.get("/invoices/new?branch=lviv").status_code == 404
