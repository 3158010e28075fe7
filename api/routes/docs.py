"""The OpenAPI document and Swagger UI, whose files come from this process and no other host."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, HTMLResponse

from api.deps import service_of
from api.http.exceptions import NotFound
from api.http.openapi import live_document, neutral_document
from api.http.responses import json_response
from api.serving.answer_examples import answer_examples
from api.serving.table_answers import TABLES

router = APIRouter(include_in_schema=False)
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": DOCS_POLICY, "X-Frame-Options": "DENY"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weekwise: the API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null
});
"""
_FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_PACKAGE = "fastapi_offline"
"""Only its files are used: its own page has an inline script, which our policy refuses."""


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI document, with the row of the model in service."""
    service = service_of(request)
    model = service.model_in_service.current
    # FastAPI's own place for it: routes do not change while the service runs.
    if request.app.openapi_schema is None:
        request.app.openapi_schema = neutral_document(request.app, TABLES)
    document = live_document(
        request.app.openapi_schema,
        None if model is None else model.schema,
        {} if model is None else await to_thread.run_sync(answer_examples, model),
        max_rows=service.settings.max_batch_rows,
    )
    return json_response(orjson.dumps(document))


@router.get("/docs")
async def docs() -> Response:
    """Swagger UI."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


@router.get("/docs/start.js")
async def start() -> Response:
    """The script that starts Swagger UI."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/{name}")
async def docs_file(name: str) -> Response:
    """One of Swagger UI's files."""
    if name not in _FILES:
        raise NotFound("There is no such file; /docs is the page.")
    headers = {"Cache-Control": "public, max-age=86400"}
    return FileResponse(_static() / name, media_type=_FILES[name], headers=headers)


def _static() -> Path:
    """The folder of Swagger UI's files, found without importing their package."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise NotFound(f"The package {_PACKAGE} is not installed, so there is no page here.")
    return Path(spec.origin).parent / "static"
