"""What the OpenAPI document says of responses beside their bodies: headers, tables, examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

_HEADER_REF = "#/components/headers/"
_BINARY = {"type": "string", "format": "binary"}
_MODEL_TAGS = {"predictions", "model"}
_TAGGED = ("/schema", "/model")

HEADERS: Mapping[str, Mapping[str, Any]] = {
    "X-Request-ID": {
        "description": "The request's id: the client's own if it sent a plain one.",
        "schema": {"type": "string"},
    },
    "X-Model-Version": {
        "description": "The version of the model that answered.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Send it as If-None-Match; what has not changed is 304.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until it is worth asking again.",
        "schema": {"type": "integer"},
    },
    "WWW-Authenticate": {
        "description": "How to send a key.",
        "schema": {"type": "string"},
    },
    "RateLimit-Limit": {
        "description": "How many requests a window may have, where there is a limit.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Remaining": {
        "description": "How many more this one may have.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Reset": {
        "description": "Seconds until there are more again.",
        "schema": {"type": "integer"},
    },
}
"""The headers that clients may want to read."""

_RATES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_OF_STATUS: Mapping[str, tuple[str, ...]] = {
    str(HTTPStatus.UNAUTHORIZED.value): ("WWW-Authenticate",),
    str(HTTPStatus.TOO_MANY_REQUESTS.value): (*_RATES, "Retry-After"),
    str(HTTPStatus.SERVICE_UNAVAILABLE.value): ("Retry-After",),
}


def describe_headers(document: dict[str, Any]) -> None:
    """Say which headers each response has.

    Args:
        document: The document, which is changed.
    """
    document["components"]["headers"] = {name: dict(header) for name, header in HEADERS.items()}
    for path, operation in _operations(document):
        for status, response in operation["responses"].items():
            names = ["X-Request-ID", *_OF_STATUS.get(status, ())]
            if status == "200":
                names += ["X-Model-Version"] if _is_of_a_model(path, operation) else []
                names += ["ETag"] if path in _TAGGED else []
            response["headers"] = {name: {"$ref": f"{_HEADER_REF}{name}"} for name in names}
    for path in _TAGGED:
        document["paths"][path]["get"]["responses"]["304"] = {
            "description": "Not modified",
            "headers": {
                name: {"$ref": f"{_HEADER_REF}{name}"}
                for name in ("X-Request-ID", "X-Model-Version", "ETag")
            },
        }


def describe_tables(document: dict[str, Any], path: str, kinds: tuple[str, ...]) -> None:
    """Say that a path takes tables and answers with them.

    Args:
        document: The document, which is changed.
        path: The path.
        kinds: The media types of the tables.
    """
    operation = document["paths"][path]["post"]
    for content in (operation["requestBody"]["content"], operation["responses"]["200"]["content"]):
        content.update({kind: {"schema": dict(_BINARY)} for kind in kinds})


def shorten_summaries(document: dict[str, Any]) -> None:
    """Give each operation its description's first sentence as its summary.

    Args:
        document: The document, which is changed.
    """
    for _, operation in _operations(document):
        operation["summary"] = operation["description"].partition(". ")[0].removesuffix(".")


def add_examples(document: dict[str, Any], answers: Mapping[str, Any]) -> None:
    """Add what the model in service answers.

    Args:
        document: The document, which is changed.
        answers: An answer in JSON for each path of a POST.
    """
    for path, answer in answers.items():
        responses = document["paths"][path]["post"]["responses"]
        responses["200"]["content"]["application/json"]["example"] = answer


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            yield path, operation


def _is_of_a_model(path: str, operation: Mapping[str, Any]) -> bool:
    return path != "/shadow" and not _MODEL_TAGS.isdisjoint(operation["tags"])
