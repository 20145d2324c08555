"""Pages in a real browser: signed in, in every look, with an eye on what the console says."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.web.office import Office

THEMES, WIDTHS, LOCALES = ("light", "dark"), (1366, 390), ("en", "uk", "ru")
HEIGHT = 768
LOOKS = [(locale, theme, width) for locale in LOCALES for theme in THEMES for width in WIDTHS]

each_look = pytest.mark.parametrize(("locale", "theme", "width"), LOOKS)
"""All twelve: for the pages of the till."""

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of (401|404|409|422|429) ")
"""The console repeats answers that are part of the story; anything else it calls an error is one."""


def some_looks(name: str, number: int = 3) -> pytest.MarkDecorator:
    """Return a few looks, other ones for each page, every language among them: for pages beside the till."""
    start = crc32(name.encode())
    chosen = []
    for step in range(number):
        of_language = [look for look in LOOKS if look[0] == LOCALES[step % len(LOCALES)]]
        chosen.append(of_language[(start + step) % len(of_language)])
    return pytest.mark.parametrize(("locale", "theme", "width"), chosen)


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """Serve an application on a free port, and yield its address."""
    # Not waitress: its loop cannot be ended from another thread without an error now and then.
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


class Silent(WSGIRequestHandler):
    """Logs nothing: the application does."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


class Windows:
    """Opens pages of an office; what their consoles call errors is kept in `complaints`."""

    def __init__(self, browser: Browser, office: Office, address: str) -> None:
        self.browser, self.office, self.address = browser, office, address
        self.complaints: list[str] = []

    def __call__(
        self,
        login: str | None,
        path: str = "/",
        *,
        theme: str = "light",
        width: int = 1366,
        locale: str = "en",
        scripts: bool = True,
        branch: str | None = "podil",
    ) -> Page:
        """Open a page as somebody (None: a stranger), in one look; `scripts=False` is a browser without script."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": HEIGHT},
            locale=locale,
            java_script_enabled=scripts,
            has_touch=width < 600,
        )
        if login is not None:
            self.office.set(login, theme=theme, locale=locale)
            serializer = self.office.app.session_interface.get_signing_serializer(self.office.app)  # type: ignore[attr-defined]
            value = serializer.dumps(self.office.session_of(login, branch))
            context.add_cookies([{"name": "loyalty", "value": value, "url": self.address}])
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.set_default_timeout(5_000)
        page.goto(path)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED.match(message.text):
            self.complaints.append(f"{message.type}: {message.text}")


def look(page: Page) -> None:
    """Fail on what axe finds, and on a page that scrolls sideways."""
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} px too wide"


def has_focus(page: Page) -> str:
    """Return the id or the name of what has the focus; `body` where it is lost."""
    found: str = page.evaluate(
        "(document.activeElement.id || document.activeElement.name || document.activeElement.tagName).toLowerCase()"
    )
    return found
