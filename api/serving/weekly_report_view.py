"""The fields of a weekly report that the service reads, and nothing else of it.

A report is written by a run, perhaps of another version of Weekwise. The service shows the whole
report as it is, and needs these fields for the list of reports.
"""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import ReportStatus, ReportSummary


class _View(BaseModel):
    """A part of a report: unknown fields are ignored, missing figures are none."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class PerformanceView(_View):
    """How good the predictions of one past run were.

    Attributes:
        as_of: The run that predicted.
        expected_loss: What the holdout expected.
        loss: What the outcomes showed.
        baseline_loss: The same of the baseline.
        expected_skill: The share of the baseline's loss that the holdout expected to save.
        skill: The share that was saved.
        metrics: Further metrics, by name.
    """

    as_of: date | None = None
    expected_loss: float | None = None
    loss: float | None = None
    baseline_loss: float | None = None
    expected_skill: float | None = None
    skill: float | None = None
    metrics: dict[str, float] = Field(default_factory=dict)


class PerformanceWeeksView(_View):
    """Realized performance.

    Attributes:
        weeks: One item a run whose outcomes are known, the newest last.
    """

    weeks: tuple[PerformanceView, ...] = ()


class PredictionsView(_View):
    """What the run predicted.

    Attributes:
        model_version: The model's version.
    """

    model_version: str | None = None


class FiguresView(_View):
    """The report's figures.

    Attributes:
        performance: Realized performance.
        predictions: What the run predicted.
    """

    performance: PerformanceWeeksView = PerformanceWeeksView()
    predictions: PredictionsView = PredictionsView()


class WeeklyReportView(_View):
    """A weekly report.

    Attributes:
        as_of: The run's logical date.
        status: The most severe status of its findings.
        headline: The report in one sentence.
        drifted: Whether features have drifted.
        worse: Whether predictions were worse than expected.
        figures: Its figures.
    """

    as_of: date
    status: ReportStatus
    headline: str
    drifted: bool = False
    worse: bool = False
    figures: FiguresView = FiguresView()

    def summary(self) -> ReportSummary:
        """The report's entry in the answer to `GET /reports`."""
        weeks = self.figures.performance.weeks
        newest = weeks[-1] if weeks else PerformanceView()
        return ReportSummary(
            as_of=self.as_of,
            status=self.status,
            headline=self.headline,
            model_version=self.figures.predictions.model_version,
            expected_loss=newest.expected_loss,
            loss=newest.loss,
            baseline_loss=newest.baseline_loss,
            expected_skill=newest.expected_skill,
            skill=newest.skill,
            metrics=newest.metrics,
            evaluated_as_of=newest.as_of,
            drifted=self.drifted,
            worse=self.worse,
            has_page=True,
        )
