"""Rows of a form that come and go between two requests, while nothing is saved (UI 2.4).

Fields of the row are called `rules.0.percent_bp`. A row taken away stays on the page, struck out, as
`rules-gone.0.percent_bp`, with the place it had in `rules-gone.0.at`, until the form is saved; so it can be put back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

GONE = "-gone"
AT = "at"
FRESH = "fresh"
"""A row that was added and not saved yet."""

MOST = 500

Row = dict[str, str]


def press(texts: Mapping[str, str], button: str) -> dict[str, str] | None:
    """Return the texts of a form after one of its row buttons; None where `button` is none of them.

    Buttons are `add:rules`, `del:rules:2` and `undo:rules:0`; one that names a row that is not there does nothing.
    """
    verb, _colon, rest = button.partition(":")
    name, _colon, number = rest.partition(":")
    done = VERBS.get(verb)
    if done is None or not name:
        return None
    present, gone = rows_of(texts, name), rows_of(texts, name + GONE)
    done(present, gone, int(number) if number.isascii() and number.isdecimal() and len(number) < 5 else -1)
    others = {key: text for key, text in texts.items() if not key.startswith((f"{name}.", f"{name}{GONE}."))}
    return {**others, **_named(name, present), **_named(name + GONE, gone)}


def without_empty(texts: Mapping[str, str], name: str, typed: Collection[str]) -> dict[str, str]:
    """Return the texts of a form without those rows of `name` in which nothing was typed into the fields `typed`."""
    rows = [row for row in rows_of(texts, name) if any(row.get(field, "").strip() for field in typed)]
    others = {key: text for key, text in texts.items() if not key.startswith(f"{name}.")}
    return {**others, **_named(name, rows)}


def rows_of(texts: Mapping[str, str], name: str) -> list[Row]:
    """Return the rows of a name in their order."""
    found: dict[int, Row] = {}
    for key, text in texts.items():
        head, _dot, rest = key.partition(".")
        number, _dot, field = rest.partition(".")
        if head == name and field and number.isascii() and number.isdecimal() and len(number) < 5:
            found.setdefault(int(number), {})[field] = text
    return [found[number] for number in sorted(found)][:MOST]


def _add(present: list[Row], gone: list[Row], number: int) -> None:
    if len(present) < MOST:
        present.append({FRESH: "on"})


def _delete(present: list[Row], gone: list[Row], number: int) -> None:
    if 0 <= number < len(present):
        gone.append({**present.pop(number), AT: str(number)})


def _undo(present: list[Row], gone: list[Row], number: int) -> None:
    if 0 <= number < len(gone):
        row = gone.pop(number)
        at = row.pop(AT, "")
        present.insert(min(int(at), len(present)) if at.isascii() and at.isdecimal() and len(at) < 5 else 0, row)


VERBS: Mapping[str, Callable[[list[Row], list[Row], int], None]] = {"add": _add, "del": _delete, "undo": _undo}


def _named(name: str, rows: list[Row]) -> dict[str, str]:
    return {f"{name}.{number}.{field}": text for number, row in enumerate(rows) for field, text in row.items()}
