"""What a weekly report is made of: its figures as frozen shapes, and plain data at the border."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from weekwise.analysis.drift import Drift, DriftBin, DriftLevel
from weekwise.analysis.performance import (
    CalibrationBin,
    ExpectedPerformance,
    SliceScore,
    WeekScore,
)
from weekwise.contract.model import Frozen
from weekwise.model.verdict import Decision


class Status(StrEnum):
    """What a week asks of its operator, from nothing to something at once."""

    OK = "OK"
    WARN = "WARN"
    ACT = "ACT"

    @property
    def rank(self) -> int:
        """How grave it is; the gravest finding makes a week's status."""
        return list(Status).index(self)


class Finding(Frozen):
    """One thing worth saying about a week.

    Attributes:
        status: How grave it is.
        topic: What it is about, in a word or two.
        reason: The fact, with its figures, short enough for a headline.
        next_step: What to do about it; empty if nothing.
    """

    status: Status
    topic: str
    reason: str
    next_step: str = ""


class GateFailure(Frozen):
    """A check of the data gate that did not hold and did not stop the run.

    Attributes:
        fact: What was expected and what arrived.
        next_step: What to do about it.
    """

    fact: str
    next_step: str


class GateResult(Frozen):
    """What the data gate said of one table.

    Attributes:
        table: The table.
        rows: Rows that were checked.
        quarantined: Rows that were taken out.
        quarantined_for: The checks for which rows were taken out.
        warnings: The checks that did not hold and were let pass.
    """

    table: str
    rows: int
    quarantined: int = 0
    quarantined_for: tuple[GateFailure, ...] = ()
    warnings: tuple[GateFailure, ...] = ()


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


class UnseenCategory(Frozen):
    """A category of the upcoming rows that history does not know.

    Attributes:
        column: The feature.
        value: The category.
        rows: Upcoming rows that have it.
    """

    column: str
    value: str
    rows: int


class Unseen(Frozen):
    """All that the upcoming rows have and history does not.

    Attributes:
        upcoming_rows: Upcoming rows.
        rows: Those of them with at least one unseen category.
        categories: The categories, those with the most rows first.
    """

    upcoming_rows: int
    rows: int = 0
    categories: tuple[UnseenCategory, ...] = ()

    @property
    def share(self) -> float:
        """The share of the upcoming rows with at least one unseen category."""
        return self.rows / self.upcoming_rows if self.upcoming_rows else 0.0


class FeatureDrift(Frozen):
    """How far a feature of the upcoming rows lies from history, as exploration measured it.

    Attributes:
        column: The feature.
        title: Its title, for people.
        psi: Population stability index; None where a sample is empty.
        usual: The largest PSI of some past weeks against the same history; None if unknown.
        level: What the PSI amounts to.
        direction: Which way the feature moved, in words.
    """

    column: str
    title: str
    psi: float | None
    usual: float | None = None
    level: DriftLevel = DriftLevel.NONE
    direction: str = ""

    @property
    def drifted(self) -> bool:
        """Whether the drift is moderate or major."""
        return self.level in {DriftLevel.MODERATE, DriftLevel.MAJOR}

    @property
    def unusual(self) -> bool:
        """Whether the drift is major, and further than any of the past weeks went.

        A season drifts from the rest of its year, and says nothing of the feed.
        """
        if self.psi is None or self.level is not DriftLevel.MAJOR:
            return False
        return self.usual is None or self.psi > self.usual


class UpcomingPredictions(Frozen):
    """This week's predictions as a whole.

    Attributes:
        rows: How many.
        model_version: The model that made them.
        threshold: The probability from which a decision is true; None without rows.
        decisions: How many decisions are true.
        mean_probability: None without rows.
        earlier_mean_probability: The mean of the earlier weeks' probabilities, if there are any.
        drift: Against those of the earlier weeks; None if there are none.
        histogram: Rows by probability, this week's (`current`) and the earlier weeks'
            (`reference`).
    """

    rows: int
    model_version: str = ""
    threshold: float | None = None
    decisions: int = 0
    mean_probability: float | None = None
    earlier_mean_probability: float | None = None
    drift: Drift | None = None
    histogram: tuple[DriftBin, ...] = ()


class RealizedPerformance(Frozen):
    """The weeks whose outcomes have come in.

    Attributes:
        weeks: Every week looked back on, the oldest first.
        calibration: Calibration of the last of them.
        slices: Slices of the last of them, the worst first.
    """

    weeks: tuple[WeekScore, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    slices: tuple[SliceScore, ...] = ()

    @property
    def last(self) -> WeekScore | None:
        """The newest week, if there is one."""
        return self.weeks[-1] if self.weeks else None


class DataFigures(Frozen):
    """What the run was made of.

    Attributes:
        data_hash: Of the features, 64 hexadecimal digits.
        rows_in: Rows of each table of the feed.
        duplicates_dropped: Exact duplicates that were left out.
        left_out: Rows that are not in the features, by reason.
        history_rows: Rows with an outcome.
        upcoming_rows: Rows to predict.
        gate: What the data gate said, by table.
    """

    data_hash: str
    rows_in: dict[str, int]
    duplicates_dropped: int
    left_out: dict[str, int]
    history_rows: int
    upcoming_rows: int
    gate: tuple[GateResult, ...] = ()


class ModelFigures(Frozen):
    """The model that made this week's predictions.

    Attributes:
        verdict: The promotion gate's decision.
        expected: What the holdout says of the model.
    """

    verdict: VerdictFigures
    expected: ExpectedPerformance


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
        end: The first date after the upcoming days.
        performance: How earlier predictions did.
        predictions: This week's predictions.
        model: The model that made them.
        features: The upcoming rows' features.
        data: What the run was made of.
    """

    as_of: date
    end: date
    performance: RealizedPerformance
    predictions: UpcomingPredictions
    model: ModelFigures
    features: FeatureFigures
    data: DataFigures

    @property
    def last_day(self) -> date:
        """The last of the upcoming days."""
        return self.end - timedelta(days=1)

    @property
    def yesterday(self) -> date:
        """The last day whose outcomes the run knows."""
        return self.as_of - timedelta(days=1)


class WeeklyReport(Frozen):
    """A week on one page: what to know first stands first.

    Attributes:
        status: The gravest finding's status.
        headline: The status and its reasons, in one line.
        as_of: The run's as-of date.
        next_steps: What to do, the most pressing first.
        findings: All that was found, the gravest first.
        drifted: Whether features or predictions have drifted enough to warn.
        worse: Whether the last week looked back on was credibly worse than expected.
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
