"""What the branch programme adds: its kind (SEMANTICS 5)."""

from __future__ import annotations

from loyalty_core.api import Level, ProgrammeKind, SoldBasis, hookimpl
from loyalty_core.api import gettext as _


@hookimpl
def loyalty_register_programme_kinds() -> tuple[ProgrammeKind, ...]:
    """Provide the kind `branch`: scope one branch, sold means invoiced."""
    return (ProgrammeKind("branch", _("Branch programme"), Level.BRANCH, SoldBasis.INVOICED),)
