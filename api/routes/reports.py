"""The weekly reports, as the runs have stored them in MLflow."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response

from api import schemas
from api.deps import service_of
from api.http.exceptions import NotFound, RegistryUnreachable, Timeout, Unauthorized
from api.http.problem_documents import documented
from api.http.responses import json_response, report_page_response

router = APIRouter(
    tags=["reports"], responses=documented(RegistryUnreachable, Timeout, Unauthorized)
)
_NOT_FOUND = documented(NotFound)


@router.get("/reports", response_model=list[schemas.ReportSummary])
async def reports(request: Request) -> Response:
    """A summary of each weekly report, the newest first."""
    return json_response(await service_of(request).reports.summaries())


@router.get("/reports/{as_of}", response_model=schemas.JsonObject, responses=_NOT_FOUND)
async def report(request: Request, as_of: str) -> Response:
    """One weekly report, as the run wrote it."""
    return json_response(await service_of(request).reports.report(_date(as_of)))


@router.get(
    "/reports/{as_of}/page",
    response_class=Response,
    responses=_NOT_FOUND
    | {200: {"content": {"text/html": {}}, "description": "The report as an HTML page"}},
)
async def page(request: Request, as_of: str) -> Response:
    """One weekly report as an HTML page."""
    return report_page_response(await service_of(request).reports.page(_date(as_of)))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        # Not 422: the address names no report, as with a week that was never run.
        raise NotFound("This is not a date; write it as YYYY-MM-DD.") from None
