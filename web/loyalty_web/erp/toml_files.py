"""TOML files that people hand over: mappings of imports, programmes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _

MAX_BYTES = 1_000_000
"""Far more than anybody writes by hand."""


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says; a byte order mark is fine. Codes of refusal: `file_too_large`, `broken_toml`."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Refused(Problem("file_too_large", _("The file is larger than %(most)s bytes.", most=MAX_BYTES)))
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeError, RecursionError) as error:
        message = _("This is not a TOML file in UTF-8: %(error)s", error=str(error))
        raise Refused(Problem("broken_toml", message)) from None
