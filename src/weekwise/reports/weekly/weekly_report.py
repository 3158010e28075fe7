"""The weekly report as typed content: page, closing screen, Prefect and the service read it."""

from __future__ import annotations

from datetime import date, timedelta

from weekwise.analysis.estimated_loss import EstimatedLoss
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.outcomes import LookBack
from weekwise.analysis.performance import ExpectedPerformance, WeekScore
from weekwise.analysis.retraining_gain import RetrainingGain
from weekwise.analysis.unseen import Unseen
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.analysis.worst_slices import SliceScore
from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import TaskName
from weekwise.model.search import Search
from weekwise.model.shadow_scores import ShadowComparison
from weekwise.model.verdict import Decision
from weekwise.quality.gate_result import GateResult
from weekwise.reports.finding import Finding, Status
from weekwise.tasks import TASKS
from weekwise.tasks.base import Task
from weekwise.tasks.records import CalibrationBin, ClassScore
from weekwise.wording import day, days


class VerdictFigures(Frozen):
    """The promotion gate's decision.

    Attributes:
        decision: What was decided; in a dry run, what would have been.
        headline: The decision in a sentence.
        reasons: Why, a sentence each.
        failing_slices: Slices on which the challenger was worse than its limit.
    """

    decision: Decision
    headline: str
    reasons: tuple[str, ...] = ()
    failing_slices: tuple[str, ...] = ()


class RealizedPerformance(Frozen):
    """The weeks whose outcomes have come in.

    Attributes:
        weeks: Every judged week, the oldest first.
        calibration: Calibration of the last of them.
        classes: Each class in the last of them, where a class is predicted.
        slices: Slices of the last of them, the worst first.
        look_back: What could not be compared with outcomes, and which outcomes have changed.
    """

    weeks: tuple[WeekScore, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    classes: tuple[ClassScore, ...] = ()
    slices: tuple[SliceScore, ...] = ()
    look_back: LookBack = LookBack()

    @property
    def last(self) -> WeekScore | None:
        """The newest week, if there is one."""
        return self.weeks[-1] if self.weeks else None

    @property
    def estimates(self) -> list[tuple[EstimatedLoss | None, float | None]]:
        """The estimated and the realized loss of each week that is judged."""
        return [(week.estimated, week.loss) for week in self.weeks if week.judged]


class DataFigures(Frozen):
    """What the run was made of.

    Attributes:
        data_hash: Of the features, 64 hexadecimal digits.
        rows_in: Rows of each table of the feed.
        duplicates_dropped: Exact duplicates that were left out.
        left_out: Rows that are not in the features, by reason.
        history_rows: Rows with an outcome.
        upcoming_rows: Rows to predict.
        history_end: Last date of the history; none if it is empty or rows have no time.
        upcoming_end: The first date after the upcoming days; none where rows have no time.
        gate: What the data gate said, by table.
        has_key: Whether rows have a key of their own, rather than one made from what they hold.
        shadows: Versions that predicted live rows of the last days beside the one in service, as
            the service has kept it.
    """

    data_hash: str
    rows_in: dict[str, int]
    duplicates_dropped: int
    left_out: dict[str, int]
    history_rows: int
    upcoming_rows: int
    history_end: date | None
    upcoming_end: date | None
    gate: tuple[GateResult, ...] = ()
    has_key: bool = True
    shadows: tuple[ShadowComparison, ...] = ()


class ModelFigures(Frozen):
    """The model that made this week's predictions.

    Attributes:
        task: What is predicted.
        verdict: The promotion gate's decision.
        expected: What the holdout says of the model.
        no_model: Why no model can predict the upcoming rows; empty if one can.
        fitted: Which rows the model was fitted on, and which its twin that was judged, one
            sentence; empty if they are one.
        retraining: What retraining has earned so far.
        search: The search that chose some of the settings, if one did.
    """

    task: TaskName
    verdict: VerdictFigures
    expected: ExpectedPerformance
    no_model: str = ""
    fitted: str = ""
    retraining: RetrainingGain = RetrainingGain()
    search: Search | None = None


class FeatureFigures(Frozen):
    """The upcoming rows' features beside history's.

    Attributes:
        drift: Drift of the selected features, the furthest first.
        unseen: Unseen categories.
    """

    drift: tuple[FeatureDrift, ...]
    unseen: Unseen

    @property
    def unusual(self) -> tuple[FeatureDrift, ...]:
        """The features that drifted majorly, and further than in any of the past weeks."""
        return tuple(feature for feature in self.drift if feature.unusual)


class Figures(Frozen):
    """All that a week's status is judged by.

    Attributes:
        as_of: The run's as-of date.
        end: The first date after the upcoming days; none where rows have no time.
        performance: How earlier predictions did.
        predictions: This week's predictions.
        model: The model that made them.
        features: The upcoming rows' features.
        data: What the run was made of.
    """

    as_of: date
    end: date | None
    performance: RealizedPerformance
    predictions: UpcomingPredictions
    model: ModelFigures
    features: FeatureFigures
    data: DataFigures

    @property
    def task(self) -> Task:
        """What is predicted."""
        return TASKS[self.model.task]

    @property
    def period(self) -> str:
        """The run's date, and up to when it predicts, in ISO form."""
        return f"{self.as_of}" if self.end is None else f"{self.as_of}, predicting up to {self.end}"

    @property
    def upcoming_days(self) -> str:
        """The upcoming days for people, or the run's date where rows have no time."""
        if self.end is None:
            return day(self.as_of)
        return days(self.as_of, self.end - timedelta(days=1))


class WeeklyReport(Frozen):
    """A week on one page: what to know first stands first.

    Attributes:
        status: The most severe finding's status.
        headline: The status and its reasons, in one line.
        as_of: The run's as-of date.
        next_steps: What to do, the most pressing first.
        findings: All that was found, the most severe first.
        drifted: Whether features or predictions have drifted enough to warn.
        worse: Whether the last judged week was credibly worse than expected.
        figures: What it was judged by.
    """

    status: Status
    headline: str
    as_of: date
    next_steps: tuple[str, ...]
    findings: tuple[Finding, ...]
    drifted: bool
    worse: bool
    figures: Figures
