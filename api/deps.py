"""Dependencies of the routes: the service, the check of API keys."""

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
    """The service that answers a request.

    Args:
        request: The request.
    """
    service: Service = request.app.state.service
    return service


async def require_key(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    header: Annotated[str | None, Security(_HEADER)],
) -> None:
    """Refuse a request without one of the API keys.

    Args:
        request: The request.
        bearer: Its key as a bearer token.
        header: Its key in the header `X-API-Key`.

    Raises:
        Unauthorized: If it has none of the keys.
    """
    sent = [key for key in (header, bearer and bearer.credentials) if key]
    valid_keys = service_of(request).settings.keys
    # Any right key will do: a proxy may put a Bearer of its own beside it.
    if not any(_is_valid(key, valid_keys) for key in sent):
        raise Unauthorized(
            "Send one of the service's API keys: Authorization: Bearer KEY, or X-API-Key: KEY.",
            headers={"WWW-Authenticate": 'Bearer realm="weekwise"'},
        )


RequireKey = Depends(require_key)


def _is_valid(key: str, valid_keys: Sequence[SecretStr]) -> bool:
    """Whether a key is valid, in a time that does not show which key it is, or almost is."""
    is_valid = False
    # Headers are bytes, which the server has decoded as Latin-1.
    sent = key.encode("latin-1", "replace")
    for valid_key in valid_keys:
        is_same = hmac.compare_digest(sent, valid_key.get_secret_value().encode())
        is_valid = is_valid or is_same
    return is_valid
