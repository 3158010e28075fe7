"""What is learnt of a request on its way, for its log line and its headers."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

NOTES = "notes"
"""The key of a request's notes in its ASGI scope."""


@dataclass
class RequestNotes:
    """Notes of one request.

    Attributes:
        key: The name of its API key; none if it has none.
        rows: How many rows it asked about; none if it is no prediction.
        headers: Further headers of its response.
    """

    key: str | None = None
    rows: int | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def notes_of(request: Request) -> RequestNotes:
    """The notes of a request.

    Args:
        request: The request.
    """
    notes: RequestNotes = request.scope.setdefault(NOTES, RequestNotes())
    return notes
