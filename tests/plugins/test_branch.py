"""The branch programme is a kind of programme: one branch, sold means invoiced (SEMANTICS 5)."""

from __future__ import annotations

from loyalty_core.facts.programme import Level, SoldBasis
from loyalty_core.plugging.loading import Plugins


def test_the_branch_programme_counts_what_was_invoiced_at_one_branch() -> None:
    owned = Plugins.load().kinds["branch"]
    assert owned.plugin == "branch"
    assert (owned.kind.level, owned.kind.basis) == (Level.BRANCH, SoldBasis.INVOICED)
    assert (str(owned.kind.title), owned.kind.title.domain) == ("Branch programme", "branch")
