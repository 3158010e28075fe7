"""The web app's files, and a page that says how to build them."""

from __future__ import annotations

from http import HTTPStatus
from os import PathLike, stat_result
from pathlib import Path
from typing import Any, NamedTuple

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

APP_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""The content security policy of the app: nothing from other hosts, nothing inline."""

_HEADERS = {"Content-Security-Policy": APP_POLICY, "X-Frame-Options": "DENY"}
_FOREVER = "public, max-age=31536000, immutable"
_ASSETS = "assets"
_NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Weekwise</title></head>
<body>
<h1>Weekwise</h1>
<p>The API is running; the web app is not built yet. Build it and start again with
<code>make serve</code>.</p>
<p><a href="docs">The API's documentation</a></p>
</body>
</html>
"""


class _AppRoute(NamedTuple):
    """The route's template of all files of the app, for the metrics."""

    path: str


class WebAppFiles(StaticFiles):
    """The built app. Names in `assets/` hold their content's hash, so they never change."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a path that belongs to no route."""
        if scope["type"] == "http":
            await super().__call__(scope, receive, send)

    async def check_config(self) -> None:
        """Without the folder there are no files; a missing folder is no error."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file; at `/`, if the app is not built, the page that says how to build it."""
        is_read = scope["method"] in ("GET", "HEAD")
        if is_read and path in (".", "index.html") and not (self._folder / "index.html").is_file():
            return HTMLResponse(_NOT_BUILT, headers={**_HEADERS, "Cache-Control": "no-cache"})
        if not is_read:
            found, _ = await anyio.to_thread.run_sync(self.lookup_path, path)
            if not found and path != ".":
                raise HTTPException(HTTPStatus.NOT_FOUND)
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET"})
        return await super().get_response(path, scope)

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file with the headers of the app."""
        scope["route"] = _AppRoute("(app)")
        response: Response = super().file_response(full_path, stat_result, scope, status_code)
        is_asset = Path(full_path).parent.name == _ASSETS
        response.headers.update(_headers(is_asset=is_asset))
        return response


def _headers(*, is_asset: bool) -> dict[str, Any]:
    return {**_HEADERS, "Cache-Control": _FOREVER if is_asset else "no-cache"}
