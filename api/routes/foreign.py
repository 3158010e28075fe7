"""Doors that other servers' clients know: MLflow's server, the Open Inference Protocol."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from api.deps import service_of
from api.http.responses import json_response
from api.serving.foreign_endpoints import mlflow_version, server_metadata

health = APIRouter(include_in_schema=False)
"""What needs no key, as health does not."""

router = APIRouter(include_in_schema=False)


@health.get("/ping")
async def ping(request: Request) -> Response:
    """MLflow's question whether it can predict."""
    loaded = service_of(request).model_in_service.required()
    return json_response(b"\n", version=loaded.version)


@health.get("/version")
async def version() -> Response:
    """The version of MLflow that models are read with."""
    return Response(mlflow_version(), media_type="text/plain")


@router.post("/invocations")
async def invocations(request: Request) -> Response:
    """Predict rows in any of MLflow's shapes."""
    return await service_of(request).foreign.invocations(request)


@health.get("/v2")
async def server() -> Response:
    """What the server is."""
    return json_response(orjson.dumps(server_metadata()))


@health.get("/v2/health/live")
async def live() -> Response:
    """Whether the process is alive."""
    return json_response(b'{"live":true}')


@health.get("/v2/health/ready")
async def ready(request: Request) -> Response:
    """Whether it can predict."""
    loaded = service_of(request).model_in_service.required()
    return json_response(b'{"ready":true}', version=loaded.version)


@router.get("/v2/models/{name}")
@router.get("/v2/models/{name}/versions/{wanted}")
async def metadata(request: Request, name: str, wanted: str | None = None) -> Response:
    """The inputs and outputs of the model in service."""
    return json_response(orjson.dumps(service_of(request).foreign.metadata(name, wanted)))


@router.get("/v2/models/{name}/ready")
@router.get("/v2/models/{name}/versions/{wanted}/ready")
async def model_ready(request: Request, name: str, wanted: str | None = None) -> Response:
    """Whether a model is in service."""
    model = service_of(request).foreign.named(name, wanted)
    body = {"name": model.release.name, "ready": True}
    return json_response(orjson.dumps(body), version=model.version)


@router.post("/v2/models/{name}/infer")
@router.post("/v2/models/{name}/versions/{wanted}/infer")
async def infer(request: Request, name: str, wanted: str | None = None) -> Response:
    """Predict rows given as tensors, one a column."""
    return await service_of(request).foreign.infer(request, name, wanted)
