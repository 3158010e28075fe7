"""Predictions: of one row, of many, and why."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import schemas
from api.deps import service_of
from api.http.exceptions import (
    InvalidRow,
    Malformed,
    NoModel,
    Timeout,
    TooLarge,
    TooManyRows,
    Unauthorized,
    WrongMediaType,
    documented,
)
from api.http.openapi import BATCH, ROW, body_of

router = APIRouter(tags=["predictions"])
_ALWAYS = (NoModel, TooLarge, WrongMediaType, Unauthorized, Timeout)
_ROW = {"openapi_extra": body_of(ROW), "responses": documented(InvalidRow, Malformed, *_ALWAYS)}


@router.post("/predict", response_model=schemas.Prediction, **_ROW)  # type: ignore[arg-type]
async def predict(request: Request) -> Response:
    """Predict one row."""
    return await service_of(request).predictions.one(request)


@router.post("/explain", response_model=schemas.Explanation, **_ROW)  # type: ignore[arg-type]
async def explain(request: Request) -> Response:
    """Predict one row, and say what each of its values adds to the log-odds."""
    return await service_of(request).predictions.explained(request)


@router.post(
    "/predict/batch",
    response_model=schemas.BatchAnswer,
    openapi_extra=body_of(BATCH),
    responses=documented(Malformed, TooManyRows, *_ALWAYS),
)
async def predict_batch(request: Request) -> Response:
    """Predict many rows; those that are refused do not keep the others from an answer."""
    return await service_of(request).predictions.many(request)
