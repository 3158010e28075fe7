"""Health and metrics, for whatever supervises the process."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import schemas
from api.deps import service_of
from api.http.exceptions import NoModel, Unauthorized
from api.http.problem_documents import documented
from api.http.responses import json_response

health = APIRouter(prefix="/health", tags=["operations"])
metrics = APIRouter(tags=["operations"])
_TEXT = {
    "content": {"text/plain": {"schema": {"type": "string"}}},
    "description": "Prometheus text",
}


@health.get("/live", response_model=schemas.Health)
async def live() -> Response:
    """Whether the process is alive."""
    return json_response(b'{"status":"alive"}')


@health.get("/ready", response_model=schemas.Readiness, responses=documented(NoModel))
async def ready(request: Request) -> Response:
    """Whether it can predict."""
    loaded = service_of(request).model_in_service.required()
    body = schemas.Readiness(status="ready", model_version=loaded.version)
    return json_response(body.model_dump_json().encode(), version=loaded.version)


@metrics.get(
    "/metrics", response_class=Response, responses={200: _TEXT, **documented(Unauthorized)}
)
async def read_metrics(request: Request) -> Response:
    """Metrics for Prometheus."""
    return service_of(request).metrics.response()
