"""Predictions: for one row, for many, and explained."""

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
    WrongCoding,
    WrongMediaType,
)
from api.http.openapi import BATCH, ROW, body_of
from api.http.problem_documents import documented

router = APIRouter(tags=["predictions"])
_COMMON_PROBLEMS = (NoModel, TooLarge, WrongMediaType, WrongCoding, Unauthorized, Timeout)
_ROW = {
    "openapi_extra": body_of(ROW),
    "responses": documented(InvalidRow, Malformed, *_COMMON_PROBLEMS),
}


@router.post("/predict", response_model=schemas.Prediction, **_ROW)  # type: ignore[arg-type]
async def predict(request: Request) -> Response:
    """Predict one row."""
    return await service_of(request).predictions.predict(request)


@router.post("/explain", response_model=schemas.Explanation, **_ROW)  # type: ignore[arg-type]
async def explain(request: Request) -> Response:
    """Predict one row, with what each input adds to its score (SHAP)."""
    return await service_of(request).predictions.explain(request)


@router.post(
    "/predict/batch",
    response_model=schemas.BatchAnswer,
    openapi_extra=body_of(BATCH),
    responses=documented(Malformed, TooManyRows, *_COMMON_PROBLEMS),
)
async def predict_batch(request: Request) -> Response:
    """Predict many rows. Invalid rows are refused one by one; the others are predicted."""
    return await service_of(request).predictions.predict_batch(request)
