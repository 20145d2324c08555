"""What marshmallow says by itself, as problems with a code and a text that can be translated."""

from __future__ import annotations

import re
from types import MappingProxyType

from loyalty_core.errors import Problem
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

_WRONG_TYPE = _("This is not made up as it should be.")

_FIXED = {
    "Unknown field.": ("unknown_field", _("There is no such field.")),
    "Missing data for required field.": ("required", _("A value is needed here.")),
    "Field may not be null.": ("required", _("A value is needed here.")),
    "Invalid input type.": ("wrong_type", _WRONG_TYPE),
    "Invalid value.": ("wrong_type", _WRONG_TYPE),
    "Not a valid list.": ("wrong_type", _WRONG_TYPE),
    "Not a valid mapping type.": ("wrong_type", _WRONG_TYPE),
    "Not a valid string.": ("wrong_type", _WRONG_TYPE),
    "Not a valid boolean.": ("wrong_type", _WRONG_TYPE),
    "Not a valid integer.": ("not_whole", _("Give a whole number.")),
    "Not a valid number.": ("not_a_number", _("Give a number.")),
    "Special numeric values (nan or infinity) are not permitted.": ("not_a_number", _("Give a number.")),
    "Number too large.": ("too_large", _("Give a smaller number.")),
    "Not a valid date.": ("not_a_date", _("Give a date.")),
    "Not a valid time.": ("not_a_time", _("Give a time of the day.")),
    "Not a valid datetime.": ("not_a_moment", _("Give a date with its time.")),
}

_VARYING = (
    (
        re.compile(r"Must be greater than or equal to (?P<least>\S+) and less than or equal to (?P<most>\S+)\."),
        ("out_of_range", _("Give a number from %(least)s to %(most)s.")),
    ),
    (re.compile(r"Must be greater than or equal to (?P<least>\S+)\."), ("too_small", _("Give at least %(least)s."))),
    (re.compile(r"Must be less than or equal to (?P<most>\S+)\."), ("too_large", _("Give at most %(most)s."))),
    (
        re.compile(r"Longer than maximum length (?P<most>[0-9]+)\."),
        ("too_long", _("Shorten this: at most %(most)s fit in.")),
    ),
    (
        re.compile(r"Shorter than minimum length (?P<least>[0-9]+)\."),
        ("too_short", _("Add to this: at least %(least)s are needed.")),
    ),
    (
        re.compile(r"Length must be between (?P<least>[0-9]+) and (?P<most>[0-9]+)\."),
        ("wrong_length", _("Give at least %(least)s and at most %(most)s.")),
    ),
    (re.compile(r"Must be one of: (?P<choices>.+)\."), ("unknown_choice", _("Choose one of: %(choices)s."))),
)


def told(text: str) -> Problem:
    """Return the problem that a text of marshmallow's stands for; any other text is shown as it is."""
    if text in _FIXED:
        return Problem(*_FIXED[text])
    for pattern, (code, message) in _VARYING:
        if found := pattern.fullmatch(text):
            return Problem(code, Message(message.msgid, MappingProxyType(found.groupdict())))
    return Problem("invalid", Message("%(problem)s", MappingProxyType({"problem": text})))
