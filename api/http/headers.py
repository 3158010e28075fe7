"""Headers of requests as ASGI has them, read without a mapping that is made for each request."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

_MAX_DIGITS = 18


def header(scope: Scope, name: bytes) -> bytes | None:
    """A header's first value; none if it is not there.

    Args:
        scope: The request's ASGI scope.
        name: The header's name in lower case.
    """
    for sent, value in scope["headers"]:
        if sent == name:
            return bytes(value)
    return None


def listed(headers: Headers, name: str) -> list[str]:
    """What a header lists, which may be sent in several lines.

    Args:
        headers: The request's headers.
        name: The header's name.
    """
    return [part.strip() for part in ",".join(headers.getlist(name)).split(",")]


def declared_size(scope: Scope) -> int:
    """How many bytes a request says that its body has; 0 if it says nothing that can be read.

    Args:
        scope: The request's ASGI scope.
    """
    value = header(scope, b"content-length") or b""
    # No body is that long, and Python refuses to read a number of thousands of digits.
    return int(value[:_MAX_DIGITS]) if value.isdigit() else 0
