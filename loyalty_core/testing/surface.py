"""What `loyalty_core.api` offers, written down, so that nothing leaves it or changes by accident.

`python -m loyalty_core.testing.surface` writes `api.json` anew. It refuses where a name has left and the first number
of `API` has not risen.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

from loyalty_core import api

FILE = Path(api.__file__).with_name("api.json")

_MODULE = re.compile(r"\b(?:[a-z_][a-z0-9_]*\.)+(?=[A-Za-z_])")
_QUOTED = re.compile(r"(: |-> )'([^']*)'")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def surface(module: ModuleType) -> dict[str, Any]:
    """Return the version of an API and, by name, what each thing in it looks like."""
    return {
        "api": list(module.API),
        "names": {name: list(_described(name, getattr(module, name))) for name in sorted(module.__all__)},
    }


def left(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the names that have left an API though its first number has not risen."""
    if new["api"][0] > old["api"][0]:
        return []
    return sorted(old["names"].keys() - new["names"].keys())


def written(found: Mapping[str, Any]) -> str:
    """Return a surface as it is kept in the file."""
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _described(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, type) and issubclass(value, Enum):
        yield f"{name}({', '.join(f'{each.name}={each.value!r}' for each in value)})"
        yield from _members(value)
    elif isinstance(value, type):
        yield f"class {name}{_signature(value)}"
        yield from _members(value)
    elif inspect.isfunction(value):
        yield f"{name}{_signature(value)}"
    elif hasattr(value, "__metadata__"):
        yield f"{name}: {value.__origin__.__name__} in a column {value.__metadata__[0].column.type!r}"
    elif isinstance(value, int | tuple) or get_origin(value) is not None:
        yield f"{name}: {_plain(repr(value))}"
    else:
        yield f"{name}: {type(value).__name__}"


def _members(kind: type) -> Iterator[str]:
    """Yield what a class itself adds to what it is made from."""
    for name, member in sorted(vars(kind).items()):
        if name.startswith("_") and name != "__init_subclass__":
            continue
        function = getattr(member, "__func__", member)
        if inspect.isfunction(function):
            yield f".{name}{_signature(function)}"
        elif isinstance(member, property):
            yield f".{name}"


def _signature(value: Any) -> str:
    try:
        return _plain(str(inspect.signature(value)))
    except (TypeError, ValueError):
        return "(…)"


def _plain(text: str) -> str:
    """Return a description without the modules that names come from, which may move, and quotes."""
    return _QUOTED.sub(r"\1\2", _MODULE.sub("", _ADDRESS.sub("", text)))


def main() -> None:
    """Write the file anew, or say which names have left."""
    found = surface(api)
    if FILE.exists():
        gone = left(json.loads(FILE.read_text("utf-8")), found)
        if gone:
            raise SystemExit(f"left the API without a new first number of the version: {', '.join(gone)}")
    FILE.write_text(written(found), "utf-8")


if __name__ == "__main__":
    main()
