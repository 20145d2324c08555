"""The key that signs sessions: never a weak one, never one that everybody knows."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_web.erp.deployment import SECRET_KEY

SHORTEST = 32
FEWEST_SIGNS = 10
"""Different ones; `aaaa…` is long too."""

FILE = "secret-key"


def secret_key(environment: Mapping[str, str], folder: Path) -> str:
    """Return the key of this installation: `LOYALTY_SECRET_KEY`, else one made once and kept in its folder.

    Raises `LoyaltyError` for a weak one: whoever guesses it signs in as anybody.
    """
    given = environment.get(SECRET_KEY)
    if given is None:
        return _kept(folder / FILE)
    return _strong(given, SECRET_KEY)


def _strong(key: str, place: str) -> str:
    if len(key) < SHORTEST or len(set(key)) < FEWEST_SIGNS:
        text = _(
            "the key in %(place)s is weak: give at least %(least)s random characters, or none to have one made",
            place=place,
            least=SHORTEST,
        )
        raise LoyaltyError(text)
    return key


def _kept(path: Path) -> str:
    """Read the key from its file, which nobody else may read; make it where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{FILE}.{os.getpid()}.new")
    if not path.exists():
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(SHORTEST))
        with suppress(FileExistsError):
            os.link(made, path)  # of two that start at once, the first one's key holds for both
        made.unlink()
    return _strong(path.read_text("utf-8").strip(), str(path))
