"""Every cause and every fate has words, for staff with figures, for clients without machinery."""

from __future__ import annotations

import pytest

from loyalty_core.engine.explaining import client_words, explain
from loyalty_core.facts.quote import Cause, Considered, Fate, Why
from loyalty_core.messages import gettext
from tests.engine.till import UAH

A_DAY = 739_000


def considered(fate: Fate, why: Why | None = None) -> Considered:
    return Considered("promotions:1", None, "promotion", gettext("Colour on weekdays"), fate, 240_00, why=why)


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("figures", [(None, None), (1, A_DAY)])
def test_every_cause_has_words(cause: Cause, figures: tuple[int | None, int | None]) -> None:
    assert str(explain(Why(cause, *figures), UAH))
    assert str(client_words(considered(Fate.NOT_MET, Why(cause, *figures) if figures[1] else None), UAH))


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Why(Cause.LISTED, 3_290_00, 3_500_00), "Not met: needs 3500.00 UAH, has 3290.00 UAH"),
        (Why(Cause.VISIT_NUMBER, 35, 1), "Not met: only on the first visit (this is visit 35)"),
        (Why(Cause.TOO_FEW_UNITS, 1, 2), "Not met: needs 2 units, has 1"),
        (Why(Cause.NOT_DISCOUNTABLE, note="by law"), "Excluded: by law"),
        (Why(Cause.CAP, 50_00, 60_00), "Capped at 50.00 UAH: it would have been 60.00 UAH"),
        (Why(Cause.HOUR, 599, 600), "Not met: not at this hour, it begins at 10:00"),
        (Why(Cause.AFTER_END, A_DAY + 1, A_DAY), "Not met: ended on 2024-04-24"),
    ],
)
def test_staff_read_causes_with_their_figures(why: Why, words: str) -> None:
    assert str(explain(why, UAH)) == words


def test_a_client_reads_warm_words() -> None:
    rival = gettext("Colour on weekdays")
    lost = client_words(considered(Fate.LOST), UAH, rival)
    assert str(lost) == "A better discount works for you: “Colour on weekdays”"
    almost = considered(Fate.NOT_MET, Why(Cause.LISTED, 3_290_00, 3_500_00))
    assert str(client_words(almost, UAH)) == "Add 210.00 UAH to get “Colour on weekdays”"
    assert str(client_words(considered(Fate.APPLIED), UAH)) == "Your discount “Colour on weekdays”: 240.00 UAH"


@pytest.mark.parametrize("fate", Fate)
def test_every_fate_has_words_that_name_no_machinery(fate: Fate) -> None:
    words = str(client_words(considered(fate), UAH)).lower()
    assert words
    assert not any(word in words for word in ("lane", "lost", "failed", "plugin", "capped", "not met"))
