"""What somebody looks for when they type a few signs: parts of a name in any keyboard layout, the end of a phone.

`4567` finds +380 67 123 45 67; blanks, +38 and a leading 0 make no difference; `Rjdfkm` is `Коваль` typed in the
wrong layout (UI 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_, select, true

from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.erp.tables import Person, PersonPhone, folded

SHORTEST_END = 3
"""How many digits make the end of a phone; fewer are taken for nothing."""

NATIONAL = 9
"""How many digits from the end decide: what comes before them is a country's code or a zero, written or not."""

MOST_WORDS = 4
LONGEST = 100

LAYOUTS = (
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`",
    "йцукенгшщзхїфівапролджєячсмитьбюґ",
    "йцукенгшщзхъфывапролджэячсмитьбюё",
)
"""The same keys in the English, the Ukrainian and the Russian layout."""

_CHANGES = [str.maketrans(a, b) for a in LAYOUTS for b in LAYOUTS if a != b]
_NUMBER = re.compile(r"\+?[0-9][0-9 ().\N{NO-BREAK SPACE}-]*")
_NAME = re.compile(r"[^\W\d_]+(?:[ '’ʼ.-]+[^\W\d_]*)*")

_person, _phone = table_of(Person), table_of(PersonPhone)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words of a name in each reading of the keyboard, and the end of a phone.

    With both, both must be there. Nothing at all stands for everybody.
    """

    readings: tuple[tuple[str, ...], ...] = ()
    phone_end: str = ""
    impossible: bool = False

    @property
    def params(self) -> dict[str, str]:
        """Return the parameters of `matching`."""
        words = {
            f"word_{number}_{place}": anywhere(word)
            for number, reading in enumerate(self.readings)
            for place, word in enumerate(reading)
        }
        return words | ({"phone_end": f"%{self.phone_end}"} if self.phone_end else {})

    @property
    def shape(self) -> tuple[tuple[int, ...], bool]:
        """Return what decides which statement is needed."""
        return tuple(len(reading) for reading in self.readings), bool(self.phone_end)


def wanted(text: str) -> Wanted:
    """Read what was typed."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text[:LONGEST]).split())
    end, rest = "", text
    number = _NUMBER.search(text)
    if number is not None:
        digits = "".join(sign for sign in number[0] if sign.isdigit()).lstrip("0")[-NATIONAL:]
        end, rest = digits, f"{text[: number.start()]} {text[number.end() :]}"
    readings = tuple(_readings(rest)) if rest.strip() else ()
    too_short = bool(text) and not readings and len(end) < SHORTEST_END
    return Wanted(readings, end if len(end) >= SHORTEST_END else "", too_short)


def _readings(text: str) -> Iterable[tuple[str, ...]]:
    """Yield the words as typed, then as they would be in the other layouts where that makes a name."""
    seen = set()
    lower = text.strip().lower()
    for number, each in enumerate((lower, *(lower.translate(change) for change in _CHANGES))):
        if number and not _NAME.fullmatch(each):
            continue
        words = tuple(folded(each).split()[:MOST_WORDS])
        if words and words not in seen:
            seen.add(words)
            yield words


@lru_cache(maxsize=256)
def matching(shape: tuple[tuple[int, ...], bool]) -> ColumnElement[bool]:
    """Return the condition on persons that a shape of `Wanted` stands for."""
    readings, phone = shape
    conditions: list[ColumnElement[bool]] = []
    if readings:
        conditions.append(or_(*(_has_words(number, words) for number, words in enumerate(readings))))
    if phone:
        ends = _phone.c.digits.like(bindparam("phone_end"))
        found = select(_phone.c.client_id).where(_phone.c.network_id == THIS_NETWORK, ends)
        conditions.append(_person.c.client_id.in_(found))
    return and_(true(), *conditions)


def _has_words(number: int, words: int) -> ColumnElement[bool]:
    named: list[BindParameter[str]] = [bindparam(f"word_{number}_{place}") for place in range(words)]
    return and_(*(_person.c.search_name.like(each, escape="/") for each in named))


def anywhere(text: str) -> str:
    """Return the pattern of a text anywhere in a column; its own signs `%` and `_` stand for themselves."""
    for sign in "/%_":
        text = text.replace(sign, f"/{sign}")
    return f"%{text}%"
