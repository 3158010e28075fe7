"""What other pipelines and the data gate leave behind, read from plain data into shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from weekwise.analysis.drift import Drift
from weekwise.analysis.performance import ExpectedPerformance
from weekwise.contract.model import Severity
from weekwise.errors import AsOfError
from weekwise.features.window import Window
from weekwise.model.verdict import Verdict
from weekwise.reports.weekly.content import (
    DataFigures,
    FeatureDrift,
    GateFailure,
    GateResult,
    VerdictFigures,
)
from weekwise.tasks.binary_metrics import Metrics


def check_as_of(name: str, found: object, window: Window) -> None:
    """Refuse what another week left behind.

    Args:
        name: The dataset that was loaded.
        found: Its as-of date, or that date in ISO form, with or without a time.
        window: The run's place in time.

    Raises:
        AsOfError: If the dates differ.
    """
    if str(found)[:10] != str(window.as_of):
        raise AsOfError(
            f"{name} is of {found}, not of {window.as_of}; "
            f"run the whole week: kedro run --params as_of={window.as_of}"
        )


def data_of(
    wrangling_summary: Mapping[str, Any], gate_results: Mapping[str, Mapping[str, Any]]
) -> DataFigures:
    """What the run was made of.

    Args:
        wrangling_summary: What data wrangling reports of itself.
        gate_results: What the data gate said, by table.
    """
    named = set(DataFigures.model_fields) & set(wrangling_summary)
    return DataFigures(
        **{name: wrangling_summary[name] for name in named},
        gate=tuple(_gate_result(table, result) for table, result in sorted(gate_results.items())),
    )


def drift_of(
    exploration: Mapping[str, Any], selected: Mapping[str, Any]
) -> tuple[FeatureDrift, ...]:
    """Drift of the selected features, the furthest first.

    Args:
        exploration: What exploration found; under `drift`, per feature its `title`, the `upcoming`
            rows' drift and the `recent` weeks' PSI.
        selected: Under `selected`, the features that the model is given.
    """
    wanted = set(selected["selected"])
    found = [
        _feature_drift(entry["title"], Drift.model_validate(entry["upcoming"]), entry["recent"])
        for entry in exploration["drift"]
        if entry["upcoming"]["column"] in wanted
    ]
    return tuple(sorted(found, key=lambda one: (-(one.psi or 0.0), one.column)))


def _feature_drift(title: str, drift: Drift, recent: Sequence[float | None]) -> FeatureDrift:
    return FeatureDrift(
        column=drift.column,
        title=title,
        psi=drift.psi,
        usual=max((psi for psi in recent if psi is not None), default=None),
        level=drift.level,
        direction=str(drift.direction),
    )


def verdict_of(verdict: Verdict) -> VerdictFigures:
    """The promotion gate's decision, as the report tells it."""
    return VerdictFigures(
        decision=verdict.would_be or verdict.decision,
        headline=verdict.headline,
        reasons=verdict.reasons,
        failing_slices=tuple(f"{one.column} {one.value}" for one in verdict.slices if one.too_bad),
    )


def expected_of(verdict: Verdict, evaluation: Mapping[str, Any]) -> ExpectedPerformance:
    """What the holdout says of the model that predicts the upcoming rows.

    The verdict's figures come first: they are of rows that neither model was fitted on, which is
    more than can be said of a champion and the whole holdout.

    Args:
        verdict: Whether the challenger won.
        evaluation: The holdout's figures of `challenger`, `champion` and `baseline`.
    """
    server = "challenger" if verdict.promotes else "champion"
    judged = verdict.challenger if verdict.promotes else verdict.champion
    if judged is not None and judged.log_loss is not None and verdict.baseline is not None:
        return ExpectedPerformance(
            log_loss=judged.log_loss, baseline_log_loss=verdict.baseline.log_loss
        )
    evaluated = evaluation.get(server)
    if evaluated is None:
        return ExpectedPerformance()
    return ExpectedPerformance(
        log_loss=Metrics.model_validate(evaluated["metrics"]).log_loss,
        baseline_log_loss=Metrics.model_validate(evaluation["baseline"]).log_loss,
    )


def _gate_result(table: str, result: Mapping[str, Any]) -> GateResult:
    return GateResult(
        table=table,
        rows=result["rows"],
        quarantined=result["quarantined_rows"],
        quarantined_for=_gate_failures(result, Severity.QUARANTINE),
        warnings=_gate_failures(result, Severity.WARN),
    )


def _gate_failures(result: Mapping[str, Any], severity: Severity) -> tuple[GateFailure, ...]:
    return tuple(
        GateFailure(
            fact=f"{failure['column'] + ': ' if failure['column'] else ''}"
            f"expected {failure['expected']}, got {failure['got']}",
            next_step=failure["next_step"],
        )
        for failure in result["failures"]
        if failure["severity"] == severity
    )
