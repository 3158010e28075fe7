"""What the tests of the web app share: how a page is opened, and what is watched meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from playwright.sync_api import BrowserContext, Page, Request

Scheme = Literal["light", "dark"]

Visit = Callable[..., Page]
"""Opens an address and a route in a fresh profile, at a `width` and `height` and in a color
`scheme`."""


class Watched:
    """A browser context that remembers where its requests went and what its console said."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.asked: list[str] = []
        self.said: list[str] = []
        context.on("request", self._request)
        context.on("console", lambda event: self._say(event.type, event.text))
        context.on("weberror", lambda event: self._say("error", str(event.error)))

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _say(self, kind: str, text: str) -> None:
        # A browser reports each refused request, which some tests are about.
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.said.append(text)
