"""The application in this process, and a client of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from api.http.middleware import RequestMiddleware
from api.main import asgi_app
from api.serving.loaded_model import LoadedModel
from api.serving.service import Service
from api.settings import Settings


def application(model: LoadedModel | None, **settings: Any) -> tuple[RequestMiddleware, Service]:
    """The application in this process, with a model in service and nothing that watches.

    Args:
        model: The model; none for a service that has none yet.
        **settings: Its settings.
    """
    service = Service(Settings(**{"access_log": False, "allowed_hosts": "*", **settings}))
    if model is not None:
        service.model_in_service.swap(model)
    return asgi_app(service), service


def client_of(model: LoadedModel | None, **settings: Any) -> Client:
    """A client of the application with a model in service.

    Args:
        model: The model; none for a service that has none yet.
        **settings: Its settings.
    """
    app, _ = application(model, **settings)
    return Client(app)


@asynccontextmanager
async def recording(service: Service) -> AsyncIterator[None]:
    """Let a service keep rows while the block runs, and write them at its end.

    Args:
        service: The service.
    """
    tasks = [asyncio.create_task(recorder.run()) for recorder in service.recorders]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Client:
    """A client of an application in this process, without a socket."""

    def __init__(self, app: RequestMiddleware) -> None:
        self._app = app

    def get(self, path: str, **options: Any) -> httpx.Response:
        """A GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """A POST."""
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request."""
        return asyncio.run(self._request(method, path, **options))

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, path, **options)


def problem_kind(response: httpx.Response) -> str:
    """The kind of a problem, all of whose parts are there."""
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    return str(problem["type"]).removeprefix("urn:weekwise:problem:")
