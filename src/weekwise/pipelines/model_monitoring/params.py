"""Typed parameters of model monitoring."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from weekwise.contract.model import Frozen, Share
from weekwise.features.drift import DriftLimits


class LookBackParams(Frozen):
    """When a week's outcomes say that the model is worse than it promised to be.

    A week's log loss is mostly the week's: over 40 weeks of New York flights a rule of "ten
    percent over the holdout's log loss" fires in 13, nearly all of them merely stormy. So a week is
    judged by its *skill*, the share of a constant rate's log loss that the model saves on the same
    rows, and only if a bootstrap over days, which keep their weather to themselves, finds the
    shortfall credible; that fires in 2 of the 40.

    Attributes:
        min_rows: The fewest rows with an outcome that a week is judged on.
        min_days: The fewest days with an outcome that a week is judged on; a bootstrap over fewer
            would be sure of anything.
        kept_skill: A week is worse when its skill is credibly under this share of the skill the
            holdout promised.
        confidence: How sure, from 0.5 to 1, one must be that a skill is that low.
        resamples: How often days are drawn anew.
        seed: The seed they are drawn with.
        act_weeks: ACT when the last week is worse, and with it this many of the last `of_weeks`.
        of_weeks: How many judged weeks the rule above looks at.
        calibration_limit: How far a week's mean probability may lie from its realized rate.
        calibration_weeks: ACT when it lies further off, on the same side, this many weeks running.
        min_outcome_share: WARN when a smaller share of the predicted rows has an outcome.
        trend_weeks: How many weeks the report looks back on.
    """

    min_rows: int = Field(default=200, ge=1)
    min_days: int = Field(default=4, ge=2)
    kept_skill: Share = 0.5
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    resamples: int = Field(default=1000, ge=100)
    seed: int = 0
    act_weeks: int = Field(default=2, ge=1)
    of_weeks: int = Field(default=4, ge=1)
    calibration_limit: Share = 0.1
    calibration_weeks: int = Field(default=3, ge=1)
    min_outcome_share: Share = 0.8
    trend_weeks: int = Field(default=26, ge=1)

    @model_validator(mode="after")
    def _weeks_are_in_order(self) -> Self:
        if self.act_weeks > self.of_weeks:
            raise ValueError(
                f"act_weeks {self.act_weeks} is over of_weeks {self.of_weeks}; swap or mend them"
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

    columns: tuple[str, ...] = ("origin", "carrier")
    min_rows: int = Field(default=100, ge=1)
    shown: int = Field(default=8, ge=1)


class MonitoringParams(Frozen):
    """How a week is looked back on, and what makes its status WARN or ACT.

    Attributes:
        look_back: How outcomes are held against the promise.
        slices: The slices that are looked at.
        predictions_drift: When this week's probabilities have drifted from those of the weeks
            before. The limits are twice the usual ones, since probabilities follow the weather: a
            PSI over 0.25 comes up in one week of four.
        reference_weeks: With how many earlier weeks' probabilities this week's are compared.
        drifted_features: WARN when at least this share of the selected features drifts majorly and
            further than in any of the past weeks that exploration compares with. One front of
            weather moves several features at once: of 30 weeks of New York flights 13 had three
            such features of 19, and 2 had eight.
        max_unseen_share: WARN when a larger share of the upcoming rows has a category that history
            does not know.
        max_quarantined_share: WARN when a larger share of a table's rows went to quarantine. A row
            once wrong stays wrong in every week that follows, and must not warn in each of them.
    """

    look_back: LookBackParams = LookBackParams()
    slices: SliceParams = SliceParams()
    predictions_drift: DriftLimits = DriftLimits(moderate=0.25, major=0.5)
    reference_weeks: int = Field(default=4, ge=1)
    drifted_features: Share = 0.4
    max_unseen_share: Share = 0.01
    max_quarantined_share: Share = 0.001
