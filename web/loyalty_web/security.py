"""The headers of every answer: what a browser may load, frame, remember (RELIABILITY, *Doors*)."""

from __future__ import annotations

from flask import Response, request

CONTENT = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap's marks of check-boxes are data: images
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

A_YEAR_S = 365 * 24 * 3600


def harden(response: Response) -> Response:
    """Add the headers. Static files, whose address changes with their content, may be kept; pages may not."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.vary.update(("HX-Request", "HX-Request-Type"))
    if (request.endpoint or "").endswith(".static") and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    elif not (request.endpoint or "").endswith(".static"):
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR_S}")
    return response
