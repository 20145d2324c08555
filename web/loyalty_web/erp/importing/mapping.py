"""A mapping file: how somebody else's CSV file is to be read, as TOML.

Without one, the file's header has our own column names, figures have a decimal point and dates are ISO 8601.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.messages import gettext as _
from loyalty_web.erp.toml_files import read_toml

ALL_OTHERS = "*"
"""In `ignore`: every column that is not read."""

DELIMITERS = (",", ";", "\t", "|")
"""What may stand between two cells."""

_DIRECTIVES = {
    "Y": "(?P<Y>[0-9]{4})",
    "m": "(?P<m>[0-9]{1,2})",
    "d": "(?P<d>[0-9]{1,2})",
    "H": "(?P<H>[0-9]{1,2})",
    "M": "(?P<M>[0-9]{2})",
    "S": "(?P<S>[0-9]{2})",
    "f": "(?P<f>[0-9]{1,6})",
    "z": "(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How the columns and cells of a file become ours.

    `columns` say which of the file's columns holds one of ours, `constants` what a column of ours is on every row.
    `words` translate cells of one of our columns before they are read. `ignored` are columns of the file that are not
    wanted.
    """

    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    constants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    ignored: frozenset[str] = frozenset()
    delimiter: str = ","
    point: str = "."
    date: re.Pattern[str] = parsing.ISO_DATE
    moment: re.Pattern[str] = parsing.ISO_MOMENT


def read_mapping(path: Path) -> FileMapping:
    """Return what a mapping file says.

    Raises `Refused` with every mistake in it, each path naming the key. Codes: those of `read_toml`,
    `unknown_key`, `wrong_type`, `unknown_separator`, `bad_form`, `mapped_twice`.
    """
    problems: list[Problem] = []
    mapping = _mapping(read_toml(path), problems)
    if problems:
        raise Refused(problems)
    return mapping


def _mapping(said: dict[str, Any], problems: list[Problem]) -> FileMapping:
    found: dict[str, Any] = {}
    for key, value in said.items():
        read = _KEYS.get(key)
        if read is None:
            known = ", ".join(_KEYS)
            problems.append(Problem("unknown_key", _("This is not one of: %(known)s.", known=known), (key,)))
            continue
        name, parse = read
        try:
            found[name] = parse(value)
        except Refused as refused:
            problems.extend(problem.under(key) for problem in refused.problems)
    for name in found.get("columns", {}).keys() & found.get("constants", {}).keys():
        message = _("A column is taken from the file or is the same on every row, not both.")
        problems.append(Problem("mapped_twice", message, ("constants", name)))
    return FileMapping(**found)


def _texts(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise Refused(Problem("wrong_type", _("Write a table of texts here.")))
    wrong = [key for key, text in value.items() if not isinstance(text, str)]
    if wrong:
        raise Refused(Problem("wrong_type", _("Write a text, in quotes."), (key,)) for key in wrong)
    return value


def _words(value: object) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(value, dict):
        raise Refused(Problem("wrong_type", _("Write a table of texts here.")))
    problems: list[Problem] = []
    for column, words in value.items():
        try:
            _texts(words)
        except Refused as refused:
            problems.extend(problem.under(column) for problem in refused.problems)
    if problems:
        raise Refused(problems)
    return value


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refused(Problem("wrong_type", _("Write a list of texts, in quotes.")))
    return frozenset(value)


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in choices:
            shown = " ".join("\\t" if each == "\t" else each for each in choices)
            raise Refused(Problem("unknown_separator", _("Write one of these characters: %(known)s", known=shown)))
        return str(value)

    return read


def _form(needed: str, optional: str = "") -> Callable[[object], re.Pattern[str]]:
    """Return a reader of a form of dates: text with `strftime` directives, those `needed` each once."""

    def read(value: object) -> re.Pattern[str]:
        if not isinstance(value, str):
            raise Refused(Problem("wrong_type", _("Write a text, in quotes.")))
        parts = list(_parts(value))
        used = "".join(letter for letter, _literal in parts if letter != "%")
        if set(used) - set(needed + optional) or len(used) != len(set(used)) or set(needed) - set(used):
            known = " ".join(f"%{letter}" for letter in needed + optional)
            message = _("Write each of these at most once, and at least the date: %(known)s.", known=known)
            raise Refused(Problem("bad_form", message))
        return re.compile("".join(_DIRECTIVES[letter] if letter else re.escape(literal) for letter, literal in parts))

    return read


def _parts(form: str) -> Iterator[tuple[str, str]]:
    """Yield the directives of a form as (letter, ""), what stands between them as ("", text)."""
    for part in re.findall("%.|[^%]+|%", form, re.DOTALL):
        if part[0] != "%":
            yield "", part
        elif part[1:] in _DIRECTIVES and part[1:]:
            yield part[1:], ""
        else:
            raise Refused(Problem("bad_form", _("%(part)s is not known here.", part=part)))


_KEYS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "columns": ("columns", _texts),
    "constants": ("constants", _texts),
    "values": ("words", _words),
    "ignore": ("ignored", _names),
    "delimiter": ("delimiter", _one_of(*DELIMITERS)),
    "decimal": ("point", _one_of(".", ",")),
    "date": ("date", _form("Ymd")),
    "moment": ("moment", _form("YmdHM", "Sfz")),
}
"""The keys of a mapping file: the field each fills and how its value is read."""
