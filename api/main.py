"""The application factory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api.deps import RequireKey
from api.http.exceptions import ProblemError, internal_problem, on_http_error, on_problem
from api.http.middleware import API_PREFIX, ID_HEADER, Gate
from api.http.openapi import neutral_document
from api.http.responses import VERSION_HEADER
from api.http.static_files import AppFiles
from api.logs import AccessLog
from api.routes import docs, health, model, predict, reports
from api.serving.service import Service
from api.settings import Settings
from weekwise import __version__

DESCRIPTION = "Predictions by the registered champion. Which columns a row has, its contract says."
_PROTECTED = (predict.router, model.router, reports.router, health.metrics)


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The service as an ASGI application.

    Args:
        settings: Its settings; by default those of the environment.
    """
    settings = settings or Settings()
    service = Service(settings)
    access_log = AccessLog() if settings.access_log else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield
        if access_log is not None:
            access_log.flush()

    return Gate(
        fastapi_app(service, lifespan=lifespan),
        service.metrics,
        access_log,
        settings.max_body_bytes,
        settings.request_timeout_seconds,
    )


def fastapi_app(service: Service, **options: Any) -> FastAPI:
    """The routes of a service, without what every request passes first.

    Args:
        service: What answers.
        **options: Further options of FastAPI.
    """
    app = FastAPI(
        title="Weekwise",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=_middleware(service.settings),
        **options,
    )
    app.state.service = service
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, _on_defect)
    needed = [RequireKey] if service.settings.keys else []
    for prefix in ("", API_PREFIX):
        # One by one, for FastAPI looks through routers inside routers at every request.
        for router in _PROTECTED:
            app.include_router(
                router, prefix=prefix, dependencies=needed, include_in_schema=not prefix
            )
        for router in (health.health, docs.router):
            app.include_router(router, prefix=prefix, include_in_schema=not prefix)
    # Not mounted at "/": a mount would answer for every route that is asked by a wrong method.
    app.router.default = AppFiles(service.settings.app_dir)
    return app


def document(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document without a model."""
    return neutral_document(fastapi_app(Service(settings)))


def _middleware(settings: Settings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", ID_HEADER],
            expose_headers=[VERSION_HEADER, ID_HEADER],
        )
    ]


async def _on_defect(request: Request, _error: Exception) -> Response:
    """The answer to a request that met a defect; the gate writes the defect to the log."""
    return internal_problem(request.scope)
