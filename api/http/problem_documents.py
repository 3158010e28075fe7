"""Problems as the OpenAPI document has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api import schemas
from api.http.exceptions import (
    MEDIA_TYPE,
    TYPE_PREFIX,
    InvalidRow,
    Malformed,
    NoModel,
    NotFound,
    ProblemError,
    RegistryUnreachable,
    Timeout,
    TooLarge,
    TooManyRequests,
    TooManyRows,
    Unauthorized,
    WrongCoding,
    WrongMediaType,
)

_REQUEST_ID = "5f0c1e9a7b3d2468"
_DETAILS: Mapping[type[ProblemError], str] = {
    InvalidRow: "1 field needs fixing.",
    Malformed: "The body is not valid JSON: EOF while parsing an object at line 1 column 9.",
    WrongMediaType: "Send JSON, with Content-Type: application/json.",
    WrongCoding: "The body has Content-Encoding 'br'; send it as it is, or with gzip or zstd.",
    TooLarge: "The body may have up to 16,777,216 bytes; send less at once.",
    TooManyRows: "The batch has more than 10,000 rows; send smaller batches.",
    NoModel: "MLflow has no registered model yet: train one with `make run`. The service starts to "
    "answer as soon as there is a champion.",
    Unauthorized: "Send one of the service's API keys: Authorization: Bearer KEY, or X-API-Key: "
    "KEY.",
    TooManyRequests: "More than 600 requests came in the time that the service allows them; ask "
    "again in 12 s.",
    NotFound: "There is no report as of 2030-07-15.",
    RegistryUnreachable: "MLflow does not answer, so there are no reports; predictions still work.",
    Timeout: "The request took longer than 30 s. Send less at once, or try again later.",
}
"""What each kind of problem may say."""

_FAULT = {
    "field": "column",
    "message": "Column must be a number.",
    "expected": "a number",
    "received": '"many"',
}


def documented(*problems: type[ProblemError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with some problems, for OpenAPI.

    Args:
        *problems: The problems.
    """
    by_status: dict[int, list[type[ProblemError]]] = {}
    for problem in problems:
        by_status.setdefault(int(problem.status), []).append(problem)
    return {
        status: {
            "description": "; or ".join(problem.title for problem in of_status),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": f"#/components/schemas/{schemas.Problem.__name__}"},
                    "examples": {problem.kind: _example(problem) for problem in of_status},
                }
            },
        }
        for status, of_status in by_status.items()
    }


def _example(problem: type[ProblemError]) -> dict[str, Any]:
    value = {
        "type": f"{TYPE_PREFIX}{problem.kind}",
        "title": problem.title,
        "status": int(problem.status),
        "detail": _DETAILS[problem],
        "request_id": _REQUEST_ID,
    }
    if problem is InvalidRow:
        value["errors"] = [_FAULT]
    return {"summary": problem.title, "value": value}
