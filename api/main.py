"""The application factory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException

from api.deps import RequireKey
from api.openapi import neutral_document
from api.problems import ProblemError, on_http_error, on_problem
from api.routes import health, model, predict, reports
from api.service import Service
from api.settings import Settings
from weekwise import __version__

DESCRIPTION = "Predictions by the registered champion. Which columns a row has, its contract says."
_PROTECTED = (predict.router, model.router, reports.router, health.metrics)


def create_app(settings: Settings) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: Its settings.
    """
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(
        title="Weekwise",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http_error)
    api = APIRouter()
    for router in _PROTECTED:
        api.include_router(router, dependencies=[RequireKey] if settings.keys else [])
    api.include_router(health.health)
    app.include_router(api)
    app.include_router(api, prefix="/api", include_in_schema=False)
    return app


def document(settings: Settings) -> dict[str, object]:
    """The OpenAPI document without a model."""
    return neutral_document(create_app(settings))
