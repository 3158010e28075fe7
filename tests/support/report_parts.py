"""Parts of a weekly report, of few words each."""

from __future__ import annotations

from datetime import date, timedelta

from weekwise.analysis.drift import Direction, Drift, DriftLevel
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.contract.column import Severity
from weekwise.quality.gate_result import Failure, GateResult, GateStatus


def gate_failure(
    got: str = "JAC",
    *,
    column: str = "dest",
    expected: str = "known values",
    next_step: str = "Add JAC.",
    severity: Severity = Severity.WARN,
) -> Failure:
    """A check of the data gate that did not hold."""
    return Failure(
        column=column,
        check="allowed values",
        severity=severity,
        expected=expected,
        got=got,
        next_step=next_step,
    )


def gate_result(
    table: str = "weather", rows: int = 10_000, *, quarantined: int = 0, failures: int | Failure = 0
) -> GateResult:
    """What the gate said of a table.

    Args:
        table: The table.
        rows: Its rows.
        quarantined: Rows that were taken out.
        failures: How many checks warn, or the one that does.
    """
    warned = (failures,) if isinstance(failures, Failure) else (gate_failure(),) * failures
    return GateResult(
        table=table,
        status=GateStatus.WARN if warned else GateStatus.OK,
        rows=rows,
        checks=20,
        failures=warned,
        quarantined_rows=quarantined,
    )


def feature_drift(
    column: str,
    title: str,
    psi: float | None,
    *,
    usual: float | None = None,
    level: DriftLevel = DriftLevel.NONE,
    direction: Direction | None = None,
) -> FeatureDrift:
    """How far a feature lies from history, beside one past week."""
    return FeatureDrift(
        title=title,
        upcoming=Drift(
            column=column,
            psi=psi,
            js_distance=None,
            bins=(),
            direction=direction or Direction(measure="mean"),
            reference_rows=9000,
            current_rows=6600,
            level=level,
        ),
        weeks=() if usual is None else (date(2013, 8, 5) - timedelta(weeks=1),),
        recent=() if usual is None else (usual,),
    )
