"""The engine gives what other systems give; where it does not, it is because the semantics say otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.peer_cases import CASES, expected, found

DIFFERENT = {
    "saleor-035-sale13-voucher13": "there the last line takes what rounding leaves over",
    "saleor-038-catalog30-voucher15": "there the last line takes what rounding leaves over",
    "solidus-014-pct-cap-50": "there the first line takes the odd cents, here the largest remainders do",
    "sylius-018-floor-redistribute-20pct": "a percentage is judged line by line here: what a floor keeps is not moved",
    "vendure-012-fixed10-net": "a fixed amount is what the client pays less: it includes tax, whatever the prices do",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_of_another_system_comes_out_alike(case: dict[str, Any]) -> None:
    theirs, ours = expected(case), found(case)
    alike = theirs.off in (None, ours.off) and theirs.lines.items() <= ours.lines.items()
    assert alike != (case["id"] in DIFFERENT), f"{theirs} there, {ours} here"
