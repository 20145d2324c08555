"""Settings of a network."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import bindparam, delete

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.services.combination import check_policy
from loyalty_core.services.configuration import CHOICES, COMBINATION, SETTINGS, VISITS_PER_DAY
from loyalty_core.services.recount import recount
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Setting
from loyalty_core.storage.work import canonical, table_of

setting = table_of(Setting)
_FORGET = delete(setting).where(setting.c.network_id == THIS_NETWORK, setting.c.key == bindparam("of_key"))


def change(unit: Unit, key: str, value: object) -> None:
    """Set one setting.

    Raises `Refused`: `unknown_setting`, `wrong_kind` for a value of another kind than the default, `unknown_choice`,
    and those of a combination policy (`combination.check_policy`).

    When the way visits are counted changes, everything is counted anew (`recount`), in the same transaction.
    """
    if key not in SETTINGS:
        raise Refused(Problem("unknown_setting", _("There is no setting %(key)s.", key=key), ("key",)))
    if type(value) is not type(SETTINGS[key]):
        raise Refused(Problem("wrong_kind", _("The value of this setting is of another kind."), ("value",)))
    if key in CHOICES and value not in CHOICES[key]:
        text = _("Choose one of: %(choices)s.", choices=", ".join(CHOICES[key]))
        raise Refused(Problem("unknown_choice", text, ("value",)))
    if key == COMBINATION:
        check_policy(cast("dict[str, Any]", value))
    unit.lock_standing(exclusive=True)
    before = unit.configuration.settings[key]
    if before == value:
        return
    unit.execute(_FORGET, {"of_key": key})
    unit.insert(Setting, [{"key": key, "value": canonical(value)}])
    unit.configuration_changed()
    unit.audit("setting.changed", f"setting:{key}", {"value": before}, {"value": value})
    if key == VISITS_PER_DAY:
        recount(unit, repair=True)
