"""The application factory."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from api.deps import LimitRate, RequireKey, admit
from api.http.compression import CompressedAnswers
from api.http.direct_routes import DirectRoutes
from api.http.exceptions import (
    ProblemError,
    TooManyRequests,
    internal_error_response,
    on_http_error,
    on_problem,
)
from api.http.middleware import ID_HEADER, PREFIXES, RequestMiddleware
from api.http.openapi import neutral_document
from api.http.problem_documents import documented
from api.http.responses import VERSION_HEADER
from api.http.static_files import WebAppFiles
from api.logs import AccessLog
from api.routes import docs, foreign, health, model, predict, reports
from api.serving.service import Service
from api.serving.table_answers import TABLES
from api.settings import Settings
from weekwise import __version__

DESCRIPTION = "Predictions by the registered champion. Its contract says which columns a row has."
TAGS = [
    {"name": "predictions", "description": "Predict one row or many, and explain one."},
    {"name": "model", "description": "The model in service: what its rows are, how good it is."},
    {"name": "reports", "description": "What the weekly runs have said."},
    {"name": "operations", "description": "Health and metrics, for what supervises the service."},
]
SWITCH_SECONDS = 0.0005
"""How long a thread may hold Python's lock while requests wait for it: Python's own 5 ms is several
times what a prediction takes."""

_PROTECTED = (predict.router, model.router, reports.router, health.metrics)


def create_app() -> ASGIApp:
    """The service as an ASGI application, with the settings in the environment variables."""
    return asgi_app(Service(Settings()))


def asgi_app(service: Service) -> RequestMiddleware:
    """A service as an ASGI application.

    Args:
        service: The service that answers.
    """
    settings = service.settings
    access_log = AccessLog() if settings.access_log else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH_SECONDS)
        async with service.running():
            yield
        if access_log is not None:
            access_log.flush()

    app = fastapi_app(service, lifespan=lifespan)
    return RequestMiddleware(
        _with_cors(DirectRoutes(app, _direct_routes(service)), settings.cors_origins),
        service.metrics,
        access_log,
        settings.max_body_bytes,
        settings.request_timeout_seconds,
        settings.hosts,
    )


def fastapi_app(service: Service, **options: Any) -> FastAPI:
    """The routes of a service, without the outer middleware.

    Args:
        service: The service that answers.
        **options: Further options of FastAPI.
    """
    app = FastAPI(
        title="Weekwise",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        openapi_tags=TAGS,
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(CompressedAnswers)],
        **options,
    )
    app.state.service = service
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, _on_bug)
    dependencies = [
        *([RequireKey] if service.keys else []),
        *([LimitRate] if service.rate_limit else []),
    ]
    for prefix in ("", *PREFIXES):
        # One by one: FastAPI searches routers inside routers at every request.
        for router in _PROTECTED:
            app.include_router(
                router,
                prefix=prefix,
                dependencies=dependencies,
                include_in_schema=not prefix,
                responses=documented(TooManyRequests),
            )
        for router in (health.health, docs.router):
            app.include_router(router, prefix=prefix, include_in_schema=not prefix)
    app.include_router(foreign.router, dependencies=dependencies)
    app.include_router(foreign.health)
    # Not mounted at "/": a mount would also answer requests with a wrong method.
    app.router.default = WebAppFiles(service.settings.app_dir)
    return app


def openapi_document(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document without a model.

    Args:
        settings: The settings.
    """
    return neutral_document(fastapi_app(Service(settings)), TABLES)


def _direct_routes(service: Service) -> list[Route]:
    """The routes of single rows, which clients ask by far the most."""

    async def predict_row(request: Request) -> Response:
        await admit(request)
        return await service.predictions.predict(request)

    return [Route(f"{prefix}/predict", predict_row, methods=["POST"]) for prefix in ("", *PREFIXES)]


def _with_cors(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-API-Key", ID_HEADER],
        expose_headers=[VERSION_HEADER, ID_HEADER],
    )


async def _on_bug(request: Request, _error: Exception) -> Response:
    """The response to a request that met a bug; the outer middleware logs the exception."""
    return internal_error_response(request.scope)
