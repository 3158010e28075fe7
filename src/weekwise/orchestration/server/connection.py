"""The Prefect API: whether it can be used, and one clear line if not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_KEY, PREFECT_API_URL, temporary_settings
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES as MAX_RETRIES

from weekwise.errors import ApiUnavailableError, OrchestrationError

REFUSED = (401, 403)
NOT_FOUND = 404


def check_api(*, server_needed: bool) -> None:
    """Ask the API for something, so that a problem is known before anything runs.

    Args:
        server_needed: Whether a server must run; a run in this process needs none.

    Raises:
        OrchestrationError: If it cannot be used.
    """
    url = PREFECT_API_URL.value()
    if not url:
        if server_needed:
            raise OrchestrationError(
                "no Prefect API is set; start one with: make prefect, and set "
                "PREFECT_API_URL=http://127.0.0.1:4200/api, or set PREFECT_API_URL and "
                "PREFECT_API_KEY of Prefect Cloud"
            )
        return
    if not _is_address(url):
        raise OrchestrationError(
            f"PREFECT_API_URL is {url!r}, which is no address; set it to one such as "
            "http://127.0.0.1:4200/api, or unset it"
        )
    with (
        plain_api_errors(),
        # Whoever calls decides whether to wait; Prefect would, for minutes.
        temporary_settings({MAX_RETRIES: 0}),
        get_client(sync_client=True) as client,
    ):
        client.count_flow_runs()


def _is_address(url: str) -> bool:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return address.scheme in ("http", "https") and bool(address.host)


def check_work_pool(name: str) -> None:
    """Check that a work pool is there.

    Raises:
        OrchestrationError: If it is not.
    """
    with plain_api_errors(), get_client(sync_client=True) as client:
        try:
            client.read_work_pool(name)
        except ObjectNotFound:
            raise OrchestrationError(
                f"there is no work pool {name!r}; "
                f"make one with: prefect work-pool create {name} --type process"
            ) from None


@contextmanager
def plain_api_errors() -> Iterator[None]:
    """Turn error responses of the Prefect API, or none at all, into one clear line.

    Raises:
        OrchestrationError: In place of Prefect's errors.
    """
    url = PREFECT_API_URL.value() or "the temporary server"
    try:
        yield
    except PrefectHTTPStatusError as error:
        raise _status_error(url, error.response.status_code) from None
    except (httpx.TransportError, httpx.InvalidURL, RuntimeError) as error:
        # Prefect says so with a plain RuntimeError; any other is not about the API.
        if isinstance(error, RuntimeError) and "API" not in str(error):
            raise
        raise ApiUnavailableError(
            f"the Prefect API at {url} cannot be reached; is the server running, and is "
            "PREFECT_API_URL right?"
        ) from None


def _status_error(url: str, status: int) -> OrchestrationError:
    api = f"the Prefect API at {url}"
    if status in REFUSED:
        if not PREFECT_API_KEY.value():
            return OrchestrationError(f"{api} needs a key; set PREFECT_API_KEY")
        return OrchestrationError(f"{api} refuses the key; check PREFECT_API_KEY")
    if status == NOT_FOUND:
        return OrchestrationError(f"there is no Prefect API at {url}; check PREFECT_API_URL")
    return ApiUnavailableError(f"{api} answers with status {status}; try again later")
