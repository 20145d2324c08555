"""Somebody at the till without a browser: sends what a page holds, and what is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.test import TestResponse

from loyalty_core.services.invoices import listing
from loyalty_web.erp import drafts
from loyalty_web.erp.drafts import SavedDraft
from tests.web.office import Office, Visitor, words
from tests.web.story import Story


@dataclass
class Till:
    """Somebody at the till with a page open: sends what the page holds, and what is typed."""

    office: Office
    visitor: Visitor
    story: Story
    url: str = "/invoices/new"
    answer: TestResponse | None = None

    def open(self, url: str = "") -> Till:
        self.url = url or self.url
        self.answer = self.visitor.get(self.url)
        assert self.answer.status_code == 200, self.answer.status
        return self

    @property
    def html(self) -> str:
        assert self.answer is not None
        return self.answer.text

    @property
    def text(self) -> str:
        return words(self.html)

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        return found[1] if found else ""

    def fields(self) -> dict[str, str]:
        """Return what a browser would send of this page untouched."""
        names = ("draft", "revision", "page", "key", "ticket", "shown")
        fields = {name: self.hidden(name) for name in names}
        for tag in re.findall(r"<input [^>]*type=\"text\"[^>]*>", self.html):
            name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
            if name and value:
                fields[name[1]] = value[1]
        return {**fields, "manual_kind": "percent"}

    def press(self, do: str, **typed: str) -> Till:
        """Press a button as a browser without script does, and follow."""
        self.answer = self.visitor.send(self.url, **{**self.fields(), "do": do, **typed})
        if self.answer.status_code == 303:
            self.open(self.answer.location)
        return self

    def scan(self, *texts: str) -> Till:
        for text in texts:
            self.press("update", scan=text)
        return self

    def ask(self, do: str = "", **typed: str) -> TestResponse:
        """Send the page as htmx does, and stay on it."""
        return self.visitor.send(self.url, htmx=True, **{**self.fields(), "do": do, **typed})

    def kept(self) -> SavedDraft:
        with self.office.reading() as unit:
            found = drafts.read(unit, int(self.url.rsplit("/", 1)[1]))
        assert found is not None
        return found

    def sold(self) -> int:
        with self.office.reading() as unit:
            return listing.summed(unit, listing.Wanted()).count
