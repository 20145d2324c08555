"""What htmx 4 says of a request (STACK 3): a part of a page, or a whole one."""

from __future__ import annotations

from flask import request
from flask_htmx import HTMX


class HX(HTMX):  # type: ignore[misc]
    """flask-htmx for htmx 4, whose headers are others."""

    @property
    def fragment(self) -> bool:
        """Whether a part is wanted: not a boosted link, nor the Back button, which want the page."""
        return (
            bool(self)
            and not self.boosted
            and not self.history_restore_request
            and request.headers.get("HX-Request-Type", "partial") == "partial"
        )

    @property
    def source_id(self) -> str | None:
        """Return the id of the element that asked."""
        return request.headers.get("HX-Source", "").partition("#")[2] or None

    @property
    def target_id(self) -> str | None:
        """Return the id of the element that will take the answer."""
        return request.headers.get("HX-Target", "").partition("#")[2] or None


hx = HX()
