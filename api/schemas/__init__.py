"""The answers of the service as Pydantic models: the source of its OpenAPI document."""

from __future__ import annotations

from api.schemas.answer import JsonObject
from api.schemas.prediction_answers import (
    BatchAnswer,
    Explanation,
    FieldWarning,
    Prediction,
    WarningKind,
)
from api.schemas.problem import Health, Problem, Readiness
from api.schemas.report_summaries import ReportStatus, ReportSummary, ShadowFacts, ShadowPair
from api.schemas.served_model import (
    ChampionChange,
    ContractFacts,
    Importance,
    JudgedFacts,
    ModelFacts,
    TargetClass,
    TargetFacts,
    VerdictFacts,
)

__all__ = [
    "BatchAnswer",
    "ChampionChange",
    "ContractFacts",
    "Explanation",
    "FieldWarning",
    "Health",
    "Importance",
    "JsonObject",
    "JudgedFacts",
    "ModelFacts",
    "Prediction",
    "Problem",
    "Readiness",
    "ReportStatus",
    "ReportSummary",
    "ShadowFacts",
    "ShadowPair",
    "TargetClass",
    "TargetFacts",
    "VerdictFacts",
    "WarningKind",
]
