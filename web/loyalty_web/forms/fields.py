"""Fields of forms: read what was typed by the rules of `typed`, and show a value as the reader writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from babel.numbers import format_decimal
from marshmallow import fields

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.money import FULL_PERCENT
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.fields import invalid
from loyalty_web import requests
from loyalty_web.forms import typed

LONGEST_NUMBER = 20

T = TypeVar("T")


class Typed(fields.Field[T]):
    """A field whose value is typed text; nothing typed is None unless it is `required`.

    `label` is what people see beside it, and before its problem in the list on top of the form.
    """

    def __init__(self, *, required: bool = False, label: Message | None = None, **settings: Any) -> None:
        settings.setdefault("load_default", None)
        super().__init__(allow_none=True, **settings)
        self.needed, self.label = required, label

    def read(self, text: str) -> T:
        """Return the value of what was typed. Raises `Refused`."""
        raise NotImplementedError

    def show(self, value: T) -> str:
        """Return a value as it stands in the field."""
        return str(value)

    def deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any
    ) -> T | None:
        """Read the field, absent or not."""
        text = value if isinstance(value, str) else ""
        if not text.strip():
            if self.needed:
                raise invalid(Problem("required", _("A value is needed here.")))
            return self.load_default() if callable(self.load_default) else self.load_default  # type: ignore[no-any-return]
        try:
            found = self.read(text)
        except Refused as refused:
            raise invalid(*refused.problems) from refused
        self._validate(found)
        return found

    def _serialize(self, value: T | None, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "" if value is None else self.show(value)


class Phrase(Typed[str]):
    """A text in one line, without blanks around it; control characters are dropped."""

    def __init__(self, longest: int = 200, **settings: Any) -> None:
        super().__init__(**settings)
        self.longest = longest

    def read(self, text: str) -> str:
        """Return the text."""
        found = "".join(sign for sign in text if sign.isprintable() or sign == "\n").strip()
        if len(found) > self.longest:
            too_long = _("Write at most %(most)s characters.", most=self.longest)
            raise Refused(Problem("too_long", too_long))
        return found


class Minor(Typed[int]):
    """An amount of the network's currency, in minor units."""

    def read(self, text: str) -> int:
        """Return minor units."""
        reader = requests.reader()
        return typed.minor(text, reader.currency, reader.locale)

    def show(self, value: int) -> str:
        """Return the amount without its currency."""
        return requests.reader().amount(value)


class Points(Typed[int]):
    """A percentage, in basis points, at most `most_bp`."""

    def __init__(self, most_bp: int = FULL_PERCENT, **settings: Any) -> None:
        super().__init__(**settings)
        self.most_bp = most_bp

    def read(self, text: str) -> int:
        """Return basis points."""
        return typed.percent_bp(text, requests.reader().locale, self.most_bp)

    def show(self, value: int) -> str:
        """Return the percentage without its sign."""
        return requests.reader().points(value)


class Quantity(Typed[int]):
    """A quantity, in thousandths."""

    def read(self, text: str) -> int:
        """Return thousandths."""
        return typed.quantity_milli(text)

    def show(self, value: int) -> str:
        """Return the quantity."""
        return requests.reader().quantity(value)


class Whole(Typed[int]):
    """A whole number between two bounds, both included."""

    def __init__(self, least: int, most: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        """Return the number."""
        return typed.whole(text, self.least, self.most)


class Day(Typed[date]):
    """A calendar day; `past` is for birthdays. `native` is for `<input type="date">`, which wants ISO."""

    def __init__(self, *, past: bool = False, native: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.past, self.native = past, native

    def read(self, text: str) -> date:
        """Return the day."""
        return typed.day(text, requests.today(), past=self.past)

    def show(self, value: date) -> str:
        """Return the day as people write it, or as the browser's own field wants it."""
        return value.isoformat() if self.native else requests.reader().day(value)


class ClockTime(Typed[int]):
    """A time of day, in minutes since midnight; 24:00 is the end of the day."""

    def read(self, text: str) -> int:
        """Return the minute."""
        return typed.minute_of_day(text)

    def show(self, value: int) -> str:
        """Return the time."""
        return f"{value // 60:02}:{value % 60:02}"


class Exact(Typed[Decimal]):
    """A number with decimals, as it is."""

    def read(self, text: str) -> Decimal:
        """Return the number."""
        return typed.exact(text)

    def show(self, value: Decimal) -> str:
        """Return the number as the reader writes it."""
        return str(format_decimal(value, locale=requests.reader().locale, decimal_quantization=False))


class Several(fields.Field[list[Any]]):
    """Values that were chosen, one a line, as check-boxes of one name send them."""

    def __init__(self, *, numbers: bool = False, label: Message | None = None, **settings: Any) -> None:
        super().__init__(load_default=list, **settings)
        self.numbers, self.label = numbers, label

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> list[Any]:
        """Return the values, each once."""
        lines = [line.strip() for line in value.splitlines()] if isinstance(value, str) else []
        found = list(dict.fromkeys(line for line in lines if line))
        if not self.numbers:
            return found
        if not all(line.isascii() and line.isdecimal() and len(line) < LONGEST_NUMBER for line in found):
            raise invalid(Problem("not_offered", _("Choose one of the list.")))
        return [int(line) for line in found]

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "\n".join(str(each) for each in value or ())


class Choice(Typed[str]):
    """One of several words. `options` maps each to what people see; a function is asked at each request."""

    def __init__(
        self, options: Mapping[str, Message | str] | Callable[[], Mapping[str, Message | str]], **settings: Any
    ) -> None:
        super().__init__(**settings)
        self._options = options

    @property
    def options(self) -> Mapping[str, Message | str]:
        """Return what may be chosen now."""
        return self._options() if callable(self._options) else self._options

    def read(self, text: str) -> str:
        """Return the word."""
        if text not in self.options:
            raise Refused(Problem("not_offered", _("Choose one of the list.")))
        return text


class Flag(fields.Field[bool]):
    """A check-box: a browser sends nothing for one that is not checked."""

    def __init__(self, *, label: Message | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.label = label

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> bool:
        """Return whether it is checked."""
        return isinstance(value, str) and value != ""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "on" if value else ""
