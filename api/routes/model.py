"""The model in service: what its rows are, and where it comes from."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import schemas
from api.deps import service_of
from api.http.exceptions import NoModel, Unauthorized
from api.http.problem_documents import documented
from api.http.responses import json_response, tagged_response

router = APIRouter(tags=["model"], responses=documented(NoModel, Unauthorized))


@router.get("/schema", response_model=schemas.JsonObject)
async def schema(request: Request) -> Response:
    """The JSON Schema of a row: titles, units, limits, allowed values, typical values, examples."""
    loaded = service_of(request).model_in_service.required()
    return tagged_response(request, loaded.schema_json, version=loaded.version)


@router.get("/model", response_model=schemas.ModelFacts)
async def model(request: Request) -> Response:
    """The model in service: version, dates, metrics, the promotion gate's verdict."""
    facts = service_of(request).model_in_service.facts()
    return tagged_response(request, facts.model_dump_json().encode(), version=facts.version)


@router.get("/shadow", response_model=schemas.ShadowFacts)
async def shadow(request: Request) -> Response:
    """The version that predicts live rows beside the one in service, and how the two differ."""
    facts = await service_of(request).shadow_facts.read()
    return json_response(facts.model_dump_json().encode())
