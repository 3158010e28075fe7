"""The model in service: what a row of it is, and where it comes from."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import schemas
from api.deps import service_of
from api.http.exceptions import NoModel, Unauthorized, documented
from api.http.responses import json_answer

router = APIRouter(tags=["model"], responses=documented(NoModel, Unauthorized))


@router.get("/schema", response_model=schemas.JsonObject)
async def schema(request: Request) -> Response:
    """The JSON Schema of a row: titles, units, limits, allowed values, defaults, examples."""
    served = service_of(request).store.served()
    return json_answer(served.schema_json, version=served.version)


@router.get("/model", response_model=schemas.ModelFacts)
async def model(request: Request) -> Response:
    """The model in service: versions, dates, figures, the gate's verdict."""
    store = service_of(request).store
    served = store.served()
    return json_answer(store.facts().model_dump_json().encode(), version=served.version)
