"""What routes are given."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from api.http.exceptions import Unauthorized

if TYPE_CHECKING:
    from api.serving.service import Service

_BEARER = HTTPBearer(auto_error=False, description="An API key.")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")


def service_of(request: Request) -> Service:
    """The service that a request is made to."""
    service: Service = request.app.state.service
    return service


async def require_key(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    header: Annotated[str | None, Security(_HEADER)],
) -> None:
    """Refuse a request that carries none of the keys.

    Raises:
        Unauthorized: If it does not.
    """
    given = header if bearer is None else bearer.credentials
    if given is None or not _is_one_of(given, service_of(request).settings.keys):
        raise Unauthorized(
            "Send one of the service's API keys: Authorization: Bearer KEY, or X-API-Key: KEY.",
            headers={"WWW-Authenticate": 'Bearer realm="weekwise"'},
        )


RequireKey = Depends(require_key)


def _is_one_of(given: str, keys: Sequence[SecretStr]) -> bool:
    """Whether a key is one of some, in a time that does not tell which or how nearly."""
    found = False
    # Headers are bytes, which arrive read as Latin-1.
    sent = given.encode("latin-1", "replace")
    for key in keys:
        same = hmac.compare_digest(sent, key.get_secret_value().encode())
        found = found or same
    return found
