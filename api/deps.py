"""Dependencies of the routes: the service, the check of API keys, the limit of rates."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from api.http.exceptions import TooManyRequests, Unauthorized
from api.http.notes import notes_of

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
    keys = service_of(request).keys
    # Any right key will do: a proxy may put a Bearer of its own beside it.
    name = next(filter(None, (_name_of(key, keys) for key in sent)), None)
    if name is None:
        raise Unauthorized(
            "Send one of the service's API keys: Authorization: Bearer KEY, or X-API-Key: KEY.",
            headers={"WWW-Authenticate": 'Bearer realm="weekwise"'},
        )
    notes_of(request).key = name


async def limit_rate(request: Request) -> None:
    """Count a request of one key, or of one address, and refuse one too many.

    Args:
        request: The request.

    Raises:
        TooManyRequests: If there were too many.
    """
    limit = service_of(request).rate_limit
    if limit is None:
        return
    notes = notes_of(request)
    address = request.client.host if request.client else ""
    standing = limit.count(notes.key or address)
    notes.headers += standing.headers()
    if not standing.is_allowed:
        raise TooManyRequests(
            f"More than {standing.limit:,} requests came in the time that the service allows them; "
            f"ask again in {standing.reset_seconds} s.",
            headers={"Retry-After": str(standing.reset_seconds)},
        )


async def admit(request: Request) -> None:
    """Check what the dependencies check, for a route that FastAPI does not resolve them for.

    Args:
        request: The request.

    Raises:
        Unauthorized: If it has none of the keys.
        TooManyRequests: If there were too many.
    """
    service = service_of(request)
    if service.keys:
        await require_key(request, await _BEARER(request), await _HEADER(request))
    if service.rate_limit is not None:
        await limit_rate(request)


RequireKey = Depends(require_key)
LimitRate = Depends(limit_rate)


def _name_of(key: str, valid_keys: Mapping[str, SecretStr]) -> str | None:
    """A valid key's name, in a time that does not show which key it is, or almost is."""
    found = None
    # Headers are bytes, which the server has decoded as Latin-1.
    sent = key.encode("latin-1", "replace")
    for name, valid_key in valid_keys.items():
        is_same = hmac.compare_digest(sent, valid_key.get_secret_value().encode())
        found = name if is_same else found
    return found
