"""Phones as people type and read them; kept as digits with the country's code, without a sign."""

from __future__ import annotations

import phonenumbers
from babel.core import get_global
from phonenumbers import NumberParseException, PhoneNumberFormat

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _

LONGEST = 40


def region_of(zone: str) -> str | None:
    """Return the country whose numbers are typed without its code in a branch of this time zone."""
    found: str | None = get_global("zone_territories").get(zone)
    return found


def read(text: str, region: str | None) -> str:
    """Return a typed phone as digits; one without a country's code is of `region`.

    Raises `Refused` with `not_a_phone`: the number could not be called, by the plan of its country. Where the country
    is only guessed, the number must be one that is given out there: else it was meant for another country.
    """
    wrong = _("Write the phone with its country's code, such as +380 67 123 45 67.")
    try:
        found = phonenumbers.parse(text[: LONGEST + 1], region)
    except NumberParseException:
        raise Refused(Problem("not_a_phone", wrong)) from None
    holds = phonenumbers.is_possible_number if "+" in text else phonenumbers.is_valid_number
    if len(text) > LONGEST or not text.isascii() or found.extension or not holds(found):
        raise Refused(Problem("not_a_phone", wrong))
    return phonenumbers.format_number(found, PhoneNumberFormat.E164).removeprefix("+")


def shown(digits: str) -> str:
    """Return digits as people read them: `+380 67 123 4567`; as they are where they are no international number."""
    try:
        found = phonenumbers.parse(f"+{digits}")
    except NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(found):
        return digits
    return phonenumbers.format_number(found, PhoneNumberFormat.INTERNATIONAL)
