"""Today: what needs this person's hand, by role (UI 2.1). Tiles come from slots; the first is a list of work."""

from __future__ import annotations

from flask import Response

from loyalty_core.messages import gettext as _
from loyalty_web import requests
from loyalty_web.pages import Pages
from loyalty_web.permissions import SIGNED_IN, needs
from loyalty_web.rendering import render
from loyalty_web.slots import TODAY, filled

pages = Pages("today", __name__)
pages.menu(_("Today"), "home", icon="house", needs=SIGNED_IN, order=0, phone=True)

MOST_TILES = 6


@pages.get("/")
@needs(SIGNED_IN)
def home() -> Response:
    """Show the tiles that have something to say."""
    with requests.reading():
        tiles = filled(requests.extension().slots, TODAY)[:MOST_TILES]
        return render("loyalty/today.html", tiles=tiles)
