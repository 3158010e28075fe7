"""What a user may set about the exploratory analysis."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from weekwise.analysis.drift import DriftLimits
from weekwise.contract.column import Share
from weekwise.contract.frozen import Frozen


class ExplorationParams(Frozen):
    """Settings of the exploratory analysis.

    Attributes:
        keep: Features that are kept, whatever is found.
        drop: Features that are dropped, whatever is found.
        max_missing: A feature missing in more than this share of past rows is dropped.
        max_same: A feature with one value in more than this share of past rows is dropped.
        leakage: A feature whose association with the target is this strong is dropped. None drops
            those alone that show a trace of the target, and remarks on those that reach the
            task's own limit, which for yes or no is an AUC of 0.98.
        telling_gaps: A feature whose gaps alone are this strongly associated with the target is
            remarked on; none for the task's own limit, an AUC of 0.65.
        redundancy: Of two features at least this alike the weaker is dropped.
        rare_rows: How many rows of the overall rate steady the rate of a value when features are
            measured alone.
        bins: Into how many quantile bins a number is cut when it is measured against the target.
        folds: Into how many parts of whole weeks history is cut when features are measured alone.
        max_rows: The most past rows that are looked at: of a longer history the newest days whole,
            and of older ones a share that a hash of their key draws.
        sample_rows: The most past rows that correlations are computed from.
        seed: What that sample is drawn with.
        season_weeks: How many weeks before a week are of its season; those around the same week of
            earlier years are too.
        recent_weeks: How many past weeks show how far a week usually lies from its season.
        max_categories: How many values of a category are shown; the rarer ones share a row.
        drift: What counts as drift.
    """

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    max_missing: Share = 0.95
    max_same: Share = 0.999
    leakage: float | None = Field(default=None, gt=0, le=1)
    telling_gaps: float | None = Field(default=None, gt=0, le=1)
    redundancy: float = Field(default=0.995, gt=0, le=1)
    rare_rows: float = Field(default=20.0, gt=0)
    bins: int = Field(default=32, ge=2)
    folds: int = Field(default=5, ge=2)
    max_rows: int = Field(default=2_000_000, ge=1000)
    sample_rows: int = Field(default=30_000, ge=100)
    seed: int = 0
    season_weeks: int = Field(default=4, ge=1)
    recent_weeks: int = Field(default=26, ge=0)
    max_categories: int = Field(default=12, ge=2)
    drift: DriftLimits = DriftLimits()


class PerformanceParams(Frozen):
    """When a week's outcomes say that the model is worse than expected.

    A week's loss is mostly the week's own. So a week is judged by its *skill*, the share of the
    baseline's loss that the model saves on the same rows, and only if a bootstrap over days finds
    the shortfall credible. The figures behind the defaults are in docs/explanation/monitoring.md.

    Attributes:
        min_rows: The fewest rows with an outcome that a week is judged on; for a small table fewer
            will do, `min_share` of the predicted rows, though never under 20.
        min_share: See `min_rows`.
        min_days: The fewest days with an outcome that a week is judged on; a bootstrap over fewer
            would be sure of anything. Without a time each row counts as a day.
        kept_skill: A week is worse when its skill is credibly under this share of the skill the
            holdout expected, or under 0 beside the trailing baseline.
        trailing_days: The days before a week whose outcomes make the trailing baseline.
        confidence: How sure, from 0.5 to 1, one must be that a skill is that low.
        resamples: How often days are drawn anew.
        seed: The seed they are drawn with.
        act_weeks: ACT when the last week is worse, and with it this many of the last `of_weeks`.
        of_weeks: How many judged weeks the rule above looks at.
        calibration_weeks: WARN when predictions are credibly too high, or too low, by at least
            `shift_limit` this many weeks running.
        shift_limit: A shift of the level in standard deviations, of which one is 1.81 log-odds.
            WARN at once when the whole interval of a week's shift lies beyond it.
        min_outcome_share: WARN when a smaller share of the predicted rows has an outcome.
        trend_weeks: How many weeks the report judges.
    """

    min_rows: int = Field(default=200, ge=1)
    min_share: Share = 0.5
    min_days: int = Field(default=4, ge=2)
    kept_skill: Share = 0.5
    trailing_days: int = Field(default=28, ge=1)
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    resamples: int = Field(default=1000, ge=100)
    seed: int = 0
    act_weeks: int = Field(default=2, ge=1)
    of_weeks: int = Field(default=4, ge=1)
    calibration_weeks: int = Field(default=2, ge=1)
    shift_limit: float = Field(default=0.08, ge=0)
    min_outcome_share: Share = 0.8
    trend_weeks: int = Field(default=26, ge=1)

    @model_validator(mode="after")
    def _weeks_are_in_order(self) -> Self:
        if self.act_weeks > self.of_weeks:
            raise ValueError(
                f"act_weeks {self.act_weeks} is over of_weeks {self.of_weeks}; swap or fix them"
            )
        if max(self.of_weeks, self.calibration_weeks) > self.trend_weeks:
            raise ValueError(
                f"trend_weeks {self.trend_weeks} is too short for of_weeks {self.of_weeks} and "
                f"calibration_weeks {self.calibration_weeks}; raise it"
            )
        return self


class SliceParams(Frozen):
    """Where to look for the rows that the last week's predictions served worst.

    Attributes:
        columns: Columns of the feature table; each of their values is a slice.
        min_rows: The fewest rows with an outcome that make a slice.
        shown: How many slices, the worst first, are reported.
    """

    columns: tuple[str, ...] = ()
    min_rows: int = Field(default=100, ge=1)
    shown: int = Field(default=8, ge=1)
