"""How a week's predictions did, once their outcomes are in: figures, and what counts as worse.

All of it is arithmetic on frames and numbers; where they come from is the nodes' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.analysis.params import PerformanceParams, SliceParams
from weekwise.contract.model import Frozen
from weekwise.tasks.binary_metrics import log_losses, reliability_table, score, slice_values

Floats = npt.NDArray[np.float64]

LEAST_RATE = 1e-6


class ExpectedPerformance(Frozen):
    """What the holdout said of the model that predicted a week.

    Attributes:
        log_loss: The model's log loss on the holdout.
        baseline_log_loss: That of the history's rate, the baseline, on the same rows.
    """

    log_loss: float | None = None
    baseline_log_loss: float | None = None

    @property
    def skill(self) -> float | None:
        """The share of the baseline's log loss that the model saved."""
        if self.log_loss is None or not self.baseline_log_loss:
            return None
        return 1 - self.log_loss / self.baseline_log_loss


class Skill(Frozen):
    """The share of the baseline's log loss that a model saves on the same rows.

    One is perfect, zero is no better than the baseline, less is worse (a skill score:
    Wilks, *Statistical Methods in the Atmospheric Sciences*, 2011, section 8.1.4).

    Attributes:
        value: The skill.
        low: The lower end of its one-sided confidence interval.
        high: The upper end of its one-sided confidence interval.
    """

    value: float
    low: float
    high: float


class WeekScore(Frozen):
    """How the predictions made at one `as_of` did.

    Attributes:
        as_of: The run that made them.
        model_version: The model that made them.
        rows: Predictions whose day has passed.
        rows_with_outcome: Those of them whose outcome is known.
        expected_log_loss: The model's log loss on its holdout.
        expected_skill: Its skill there.
        log_loss: Realized log loss; like all that follow None where there is nothing to judge.
        baseline_log_loss: Log loss, on the same rows, of the rate that history had at `as_of`.
        skill: The share of `baseline_log_loss` that the model saved.
        skill_low: Lower end of the skill's one-sided confidence interval.
        skill_high: Upper end of the skill's one-sided confidence interval.
        auc: Area under the ROC curve; None where all outcomes are the same.
        brier: Brier score.
        calibration_error: Expected calibration error.
        mean_probability: Mean probability of the rows with an outcome.
        realized_rate: The share of them whose outcome is true.
        worse: Whether the model did credibly worse than it expected.
    """

    as_of: date
    model_version: str
    rows: int
    rows_with_outcome: int
    expected_log_loss: float | None = None
    expected_skill: float | None = None
    log_loss: float | None = None
    baseline_log_loss: float | None = None
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    auc: float | None = None
    brier: float | None = None
    calibration_error: float | None = None
    mean_probability: float | None = None
    realized_rate: float | None = None
    worse: bool = False

    @property
    def judged(self) -> bool:
        """Whether there were outcomes enough to say anything of the model."""
        return self.skill_high is not None

    @property
    def useless(self) -> bool:
        """Whether the baseline would credibly have done better."""
        return self.skill_high is not None and self.skill_high < 0

    @property
    def calibration_in_the_large(self) -> float | None:
        """How far the mean probability lies over (or, negative, under) the realized rate."""
        if self.mean_probability is None or self.realized_rate is None:
            return None
        return self.mean_probability - self.realized_rate

    @property
    def outcome_share(self) -> float | None:
        """The share of the predictions whose outcome is known."""
        return self.rows_with_outcome / self.rows if self.rows else None


class CalibrationBin(Frozen):
    """Rows of like probability, and how often the outcome came true among them.

    Attributes:
        rows: Rows in the bin.
        mean_probability: Their mean probability.
        realized_rate: The share of them whose outcome is true.
    """

    rows: int
    mean_probability: float
    realized_rate: float


class SliceScore(Frozen):
    """How the predictions of one slice did.

    Attributes:
        column: The column that makes the slice.
        value: Its value there.
        rows: Rows with an outcome.
        log_loss: Their realized log loss.
        baseline_log_loss: Log loss of the baseline on the same rows.
        mean_probability: Their mean probability.
        realized_rate: The share of them whose outcome is true.
    """

    column: str
    value: str
    rows: int
    log_loss: float
    baseline_log_loss: float
    mean_probability: float
    realized_rate: float

    @property
    def excess(self) -> float:
        """By how much its log loss is over the baseline's."""
        return self.log_loss - self.baseline_log_loss


def skill_by_day(
    days: Sequence[object], losses: Floats, baseline: Floats, params: PerformanceParams
) -> Skill:
    """A model's skill, with an interval from a bootstrap over days.

    Whole days are drawn, since the rows of one day share what happened on it and are anything but
    independent: a block bootstrap (Künsch, 1989; Efron and Tibshirani, *An Introduction to the
    Bootstrap*, 1993, section 8.6). Model and baseline are compared on the same draw.

    Args:
        days: The day of each row.
        losses: The model's log loss of each row.
        baseline: The baseline's log loss of each row.
        params: `confidence`, `resamples` and `seed`.
    """
    sums = pd.DataFrame({"model": losses, "baseline": baseline}).groupby(np.asarray(days)).sum()
    model, constant = sums["model"].to_numpy(), sums["baseline"].to_numpy()
    generator = np.random.default_rng(params.seed)
    drawn = generator.integers(0, len(sums), (params.resamples, len(sums)))
    skills = 1 - model[drawn].sum(axis=1) / constant[drawn].sum(axis=1)
    low, high = np.quantile(skills, [1 - params.confidence, params.confidence])
    return Skill(value=1 - model.sum() / constant.sum(), low=low, high=high)


def is_worse(skill: Skill | None, expected: float | None, params: PerformanceParams) -> bool:
    """Whether a week's skill is credibly under what must be kept of the expected.

    Args:
        skill: The week's skill; None where there is too little to judge.
        expected: The skill on the holdout. Where it is unknown or negative the model must at
            least not be worse than the baseline.
        params: `kept_skill` says how much of the expected must be kept.
    """
    if skill is None:
        return False
    return skill.high < params.kept_skill * max(0.0, expected or 0.0)


def score_week(
    rows: pd.DataFrame,
    base_rate: float | None,
    expected: ExpectedPerformance,
    params: PerformanceParams,
) -> WeekScore:
    """Everything that can be said of one week's predictions.

    Args:
        rows: The week's predictions whose day has passed, at least one: `as_of`, `day`,
            `probability`, `model_version` and `outcome` (0, 1, or missing).
        base_rate: The rate that history had when they were made; None if there was no history.
        expected: What the holdout said of the model that made them.
        params: When there is enough to judge, and what counts as worse.
    """
    known = rows[rows["outcome"].notna()]
    metrics = score(known["outcome"], known["probability"])
    constant = (
        None if base_rate is None or known.empty else constant_losses(known["outcome"], base_rate)
    )
    enough = len(known) >= params.min_rows and known["day"].nunique() >= params.min_days
    skill = None
    if enough and constant is not None:
        losses = log_losses(known["outcome"], known["probability"])
        skill = skill_by_day(known["day"].to_list(), losses, constant, params)
    return WeekScore(
        as_of=rows["as_of"].iloc[0],
        model_version=", ".join(sorted(rows["model_version"].unique())),
        rows=len(rows),
        rows_with_outcome=len(known),
        expected_log_loss=expected.log_loss,
        expected_skill=expected.skill,
        log_loss=metrics.log_loss,
        baseline_log_loss=None if constant is None else float(constant.mean()),
        skill=skill.value if skill else None,
        skill_low=skill.low if skill else None,
        skill_high=skill.high if skill else None,
        auc=metrics.roc_auc,
        brier=metrics.brier,
        calibration_error=metrics.calibration_error,
        mean_probability=float(known["probability"].mean()) if len(known) else None,
        realized_rate=metrics.positive_rate,
        worse=is_worse(skill, expected.skill, params),
    )


def constant_losses(outcome: pd.Series, rate: float) -> Floats:
    """Log loss of each row if all had the same probability.

    Args:
        outcome: 0 or 1 per row.
        rate: The probability, kept off 0 and 1: a history without a single case of the outcome
            does not make one impossible.
    """
    return log_losses(outcome, np.full(len(outcome), np.clip(rate, LEAST_RATE, 1 - LEAST_RATE)))


def calibration_bins(rows: pd.DataFrame) -> tuple[CalibrationBin, ...]:
    """How often the outcome came true among rows of like probability.

    Args:
        rows: Predictions with `probability` and `outcome`; those without an outcome are left out.
    """
    known = rows[rows["outcome"].notna()]
    table = reliability_table(known["outcome"], known["probability"])
    return tuple(
        CalibrationBin(rows=int(count), mean_probability=forecast, realized_rate=observed)
        for count, forecast, observed in zip(
            table["rows"], table["forecast"], table["observed"], strict=True
        )
    )


def worst_slices(
    rows: pd.DataFrame, base_rate: float | None, params: SliceParams
) -> tuple[SliceScore, ...]:
    """The slices where the model did least better, or worst, than the baseline.

    Slices are not ranked by their log loss: that would name the ones that are hardest to predict.

    Args:
        rows: Predictions with `probability`, `outcome` and the slices' columns; those without an
            outcome are left out.
        base_rate: The rate that history had when they were made; without it there is no ranking.
        params: The slices' columns, how many rows a slice needs, and how many are named.
    """
    if base_rate is None:
        return ()
    known = rows[rows["outcome"].notna()]
    scores = [
        _score_slice(column, str(value), part, base_rate)
        for column in params.columns
        for value, part in known.groupby(slice_values(known[column]), sort=True)
        if len(part) >= params.min_rows
    ]
    return tuple(sorted(scores, key=lambda one: -one.excess)[: params.shown])


def _score_slice(column: str, value: str, part: pd.DataFrame, base_rate: float) -> SliceScore:
    outcome, probability = part["outcome"], part["probability"]
    return SliceScore(
        column=column,
        value=value,
        rows=len(part),
        log_loss=log_losses(outcome, probability).mean(),
        baseline_log_loss=constant_losses(outcome, base_rate).mean(),
        mean_probability=probability.mean(),
        realized_rate=outcome.mean(),
    )
