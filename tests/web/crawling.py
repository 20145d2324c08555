"""Every page that somebody can reach by links, one address for each route; and the texts it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

from sqlalchemy import String, select

from loyalty_core.i18n import Texts
from loyalty_core.messages import Message
from loyalty_core.storage.base import Base
from tests.web.office import Office, Visitor

OPEN, CLOSE = "⟦", "⟧"
SAID_BY = ("aria-label", "placeholder", "title", "alt")
MOST_PAGES = 200


class Marked(Texts):
    """Texts that show which words came from a catalogue."""

    def render(self, message: Message, locale: object) -> str:
        """Return the text between marks."""
        return f"{OPEN}{super().render(message, locale)}{CLOSE}"  # type: ignore[arg-type]


def pages_by_links(office: Office, client: Visitor, start: str = "/") -> Iterator[tuple[str, str]]:
    """Yield address and HTML of each page that links lead to, one for each route."""
    routes = office.app.url_map.bind("localhost")
    waiting, seen = [start], set()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        path = urlsplit(address).path
        endpoint = routes.match(path)[0] if routes.test(path, "GET") else path
        if endpoint in seen or path.startswith(("/static/", "/api/")):
            continue
        seen.add(endpoint)
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 200, f"{address}: {answer.status}"
        if answer.mimetype == "text/html":
            yield address, answer.text
            waiting += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)"', answer.text)]


def unmarked(html: str) -> set[str]:
    """Return the words that people see or hear and that no catalogue knows."""
    reader = _Seen()
    reader.feed(html)
    return {word for text in reader.texts for word in re.findall(r"[^\W\d_]{2,}", _outside(text))}


def words_of_rows(office: Office) -> set[str]:
    """Return every word that stands in the database: names that people gave."""
    found: set[str] = set()
    with office.reading() as unit:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if isinstance(column.type, String)]
            if columns:
                statement = select(*columns).execution_options(unscoped=True)
                for row in unit.connection.execute(statement):
                    found |= {word for value in row if value for word in re.findall(r"[^\W\d_]{2,}", value)}
    return found


class _Seen(HTMLParser):
    """Collects texts and spoken attributes, not what is only for machines."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what is spoken."""
        self._skipped += tag in ("script", "style", "kbd", "code", "pre")
        self.texts += [value for name, value in attrs if name in SAID_BY and value]

    def handle_endtag(self, tag: str) -> None:
        """Leave what is skipped."""
        self._skipped -= tag in ("script", "style", "kbd", "code", "pre")

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if not self._skipped:
            self.texts.append(data)


def _outside(text: str) -> str:
    """Return what stands outside of all marks; they may be nested, and a page may show the end of a text only."""
    depth = lowest = 0
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE)
        lowest = min(lowest, depth)
    depth, kept = -lowest, []
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE)
        kept.append(sign if depth == 0 and sign != CLOSE else " ")
    return "".join(kept)
