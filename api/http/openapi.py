"""The OpenAPI document: the same for every model except for the row, which is the model's own."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api import schemas
from api.http.openapi_responses import (
    add_examples,
    describe_headers,
    describe_tables,
    shorten_summaries,
)

ROW = "Row"
BATCH = "Batch"
TABLE_PATH = "/predict/batch"
"""The path that takes tables, too."""

_REF = "#/components/schemas/"
_FASTAPI_ERROR = "HTTPValidationError"

NEUTRAL_ROW: Mapping[str, Any] = {
    "title": ROW,
    "type": "object",
    "description": "One row: the columns of the contract that the model in service carries.",
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
}
"""The row as long as no model is loaded."""


SECURITY: Mapping[str, Any] = {
    "HTTPBearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "APIKeyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key.",
    },
}
"""The two ways to send an API key, as `api.deps` reads it."""


def body_of(name: str) -> dict[str, Any]:
    """The `openapi_extra` of a route whose body is a schema under `components`.

    Args:
        name: The schema's name.
    """
    content = {"application/json": {"schema": {"$ref": f"{_REF}{name}"}}}
    return {"requestBody": {"required": True, "content": content}}


def neutral_document(app: FastAPI, tables: tuple[str, ...]) -> dict[str, Any]:
    """The document without a model: what a typed client is generated from.

    Args:
        app: The application.
        tables: The media types of tables that a batch may be.
    """
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[{"url": "./v1", "description": "This version of the API, beside this document."}],
    )
    _, definitions = models_json_schema(
        [(schemas.Problem, "serialization")], ref_template=_REF + "{model}"
    )
    components = document.setdefault("components", {}).setdefault("schemas", {})
    components.update(definitions["$defs"])
    components[ROW] = dict(NEUTRAL_ROW)
    components[BATCH] = {
        "title": BATCH,
        "type": "object",
        "required": ["rows"],
        "additionalProperties": False,
        "properties": {"rows": {"type": "array", "minItems": 1, "items": {"$ref": f"{_REF}{ROW}"}}},
    }
    # Said with and without keys: a client is generated before it is known where it will ask.
    document["components"]["securitySchemes"] = dict(SECURITY)
    _remove_fastapi_errors(document)
    shorten_summaries(document)
    describe_tables(document, TABLE_PATH, tables)
    describe_headers(document)
    document["components"]["schemas"] = dict(sorted(components.items()))
    return document


def _remove_fastapi_errors(document: dict[str, Any]) -> None:
    """Remove FastAPI's own 422, which it documents for every parameter: ours are problems."""
    for path in document["paths"].values():
        for operation in path.values():
            content = operation["responses"].get("422", {}).get("content", {})
            if _FASTAPI_ERROR in str(content):
                del operation["responses"]["422"]
    for name in (_FASTAPI_ERROR, "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def live_document(
    neutral: Mapping[str, Any],
    row: Mapping[str, Any] | None,
    answers: Mapping[str, Any],
    *,
    max_rows: int,
) -> dict[str, Any]:
    """The document with the row of the model in service.

    Args:
        neutral: What `neutral_document` gives.
        row: The JSON Schema of a row, if a model is in service.
        answers: What that model answers, for each path of a POST.
        max_rows: The most rows of a batch.
    """
    document = copy.deepcopy(dict(neutral))
    components = document["components"]["schemas"]
    components[BATCH]["properties"]["rows"]["maxItems"] = max_rows
    if row is not None:
        components[ROW] = {key: value for key, value in row.items() if not key.startswith("$")}
        components[BATCH]["examples"] = [{"rows": list(row.get("examples", ()))}]
    add_examples(document, answers)
    return document


def document_text(document: Mapping[str, Any]) -> str:
    """A document as indented JSON that ends with a newline.

    Args:
        document: The document.
    """
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
