"""A number: the mean to expect, and an interval that most outcomes lie in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import MLflowType, TaskName
from weekwise.errors import FeedError
from weekwise.features.read_values import Floats
from weekwise.tasks.base import Task
from weekwise.tasks.calibration import pair
from weekwise.tasks.group_means import explained_share, means
from weekwise.tasks.level_parts import LevelPart, mean_part
from weekwise.tasks.linear_solver import LINEAR_STEPS, linear_solver
from weekwise.tasks.number_losses import LOSSES, SQUARED, loss_for, loss_named
from weekwise.tasks.records import (
    Baseline,
    Codes,
    GroupMean,
    Histogram,
    MetricInfo,
    Metrics,
    OutputColumn,
    Settings,
    Words,
)
from weekwise.wording import number, whole

if TYPE_CHECKING:
    import ibis
    from catboost import CatBoost

LEVEL = 0.9
"""Share of outcomes that the interval is to hold."""
NORMAL_REACH = 1.6448536269514722
"""Deviations from a normal mean to either end of an interval of that level."""
HISTOGRAM_BINS = 20
LOG_SCALE = "the log of the target"
_DOUBLE = MLflowType("double", "float64")
_LOW, _HIGH = 1, 2


class RegressionAnswer(Frozen):
    """What is said about one row."""

    prediction: float = Field(description="The number to expect on average.")
    low: float | None = Field(description="Lower end of the 90 % prediction interval.")
    high: float | None = Field(description="Upper end of the 90 % prediction interval.")


class RegressionSettings(Frozen):
    """What is the same for all rows."""


class Regression(Task):
    """A number. What is predicted has three columns: prediction, low, high; shape (n, 3)."""

    name = TaskName.REGRESSION
    words = Words(
        loss="squared error",
        predictions="predictions",
        mean_prediction="Mean prediction",
        mean_outcome="Mean outcome",
        scale="the target's own unit",
        contribution="contribution to the prediction, in the target's unit",
        baseline="Mean",
        better="Lower is better, but for R² and coverage.",
        association="R²",
        association_method="A feature's R² is the share of the target's variance that its means by "
        "value or quantile bin explain, taken from other weeks than those they predict; a missing "
        "value counts as a value. 0 says nothing and 1 says all.",
        interval_method="Means have 95% intervals. Bars of means show them as thin lines.",
        model_card="It gives the number to expect on average, and an interval for 90% of outcomes.",
        too_high="retrain on a more recent window",
        limits="A prediction is an average over rows like this one, and says nothing of causes.",
    )
    metrics = (
        MetricInfo("mean_outcome", "Mean outcome"),
        MetricInfo("rmse", "RMSE", decisive=True),
        MetricInfo("mae", "MAE", decisive=True),
        MetricInfo("r2", "R²", decisive=True),
        MetricInfo("poisson_deviance", "Poisson deviance"),
        MetricInfo("coverage", "Coverage of the 90% interval", share=True),
    )
    floor: ClassVar[Mapping[str, float]] = {}
    outputs = (
        OutputColumn("prediction", _DOUBLE, "The number to expect on average."),
        OutputColumn("low", _DOUBLE, "Lower end of the 90 % prediction interval."),
        OutputColumn("high", _DOUBLE, "Upper end of the 90 % prediction interval."),
    )
    row_shape = (3,)
    catboost_loss = "RMSE"
    answer_model = RegressionAnswer
    settings_model = RegressionSettings
    histogram = Histogram(
        "weekwise_prediction_number",
        "Predicted numbers, by model version; the ends are powers of ten.",
        tuple(sorted(sign * 10.0**power for sign in (-1, 1) for power in range(-3, 7))),
    )
    no_association = 0.0
    leakage = 0.99
    telling_gaps = 0.2

    def new_model(self, **params: Any) -> CatBoost:
        """A regressor."""
        from catboost import CatBoostRegressor

        return CatBoostRegressor(**params)

    def losses_of_trees(self, outcome: Floats, asked: str | None) -> tuple[str, ...]:
        """The one that is asked for, or else what the outcomes ask for and the squared error.

        Raises:
            FeedError: If it is none for negative outcomes, and there are some.
        """
        loss = loss_for(outcome) if asked is None else LOSSES[asked]
        negative = int((outcome < 0).sum())
        if loss.on_log_scale and negative:
            raise FeedError(
                f"the loss {asked} is for outcomes that are never negative, and {negative} of "
                f"{outcome.size} are; set training.fit.loss to squared, or leave it out"
            )
        # Predictions are judged by the squared error, whatever the trees reduce.
        others = () if asked or loss is SQUARED else (SQUARED.catboost,)
        return (loss.catboost, *others)

    def never_negative(self, outcome: Floats) -> bool:
        """Whether they are counts or skewed amounts; other numbers may be positive by chance."""
        return loss_for(outcome).on_log_scale

    def start(self, outcome: Floats, loss: str) -> float:
        """On the log scale the log of the mean, from which CatBoost does not start by itself."""
        return math.log(outcome.mean()) if loss_named(loss).on_log_scale else 0.0

    def of_scores(self, scores: Floats, settings: Settings) -> Floats:
        """Predictions with the ends of their intervals, which are missing if they are unknown."""
        loss = loss_named(settings.loss)
        prediction = np.exp(scores) if loss.on_log_scale else scores
        if settings.never_negative:
            prediction = np.maximum(prediction, 0.0)
        below, above = settings.errors or (math.nan, math.nan)
        spread = loss.spread(prediction)
        low, high = prediction + below * spread, prediction + above * spread
        if loss.on_log_scale or settings.never_negative:
            low = np.maximum(low, 0.0)
        return np.column_stack([prediction, low, high])

    def told(self, predicted: Floats, chosen: int) -> Floats:  # noqa: ARG002
        """The prediction without its interval."""
        return predicted[:, 0]

    def slopes(self, predicted: Floats, chosen: int, settings: Settings) -> Floats:
        """Of the exponential on the log scale, and 1 otherwise."""
        told = self.told(predicted, chosen)
        on_log_scale = loss_named(settings.loss).on_log_scale
        return (told if on_log_scale else np.ones_like(told))[:, None]

    def new_linear_model(self, loss: str | None, shape: tuple[int, int]) -> Any:
        """A ridge regression, or on the log scale a Poisson regression, as little restrained."""
        from sklearn.linear_model import PoissonRegressor, Ridge

        if loss_named(loss).on_log_scale:
            rows, columns = shape
            return PoissonRegressor(
                alpha=1 / rows, solver=linear_solver(columns), max_iter=LINEAR_STEPS
            )
        return Ridge()

    def lightgbm_objective(self, loss: str | None) -> str:
        """The squared error, or Poisson's or Tweedie's."""
        return loss_named(loss).lightgbm

    def errors(
        self, outcome: Floats, predict: Callable[[], Floats], settings: Settings
    ) -> tuple[float, float] | None:
        """Quantiles of the errors, each in units of its spread: split conformal prediction.

        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, "Distribution-free predictive inference for
        regression", JASA 113, 2018, sections 2.2 and 5.2, with one quantile for each side.
        """
        prediction = predict()[:, 0]
        spread = loss_named(settings.loss).spread(prediction)
        errors = np.sort((outcome - prediction) / spread)
        tail = (1 - LEVEL) / 2
        rows = errors.size
        low = max(0, math.floor((rows + 1) * tail) - 1)
        high = min(rows - 1, math.ceil((rows + 1) * (1 - tail)) - 1)
        return float(errors[low]), float(errors[high])

    def scale(self, settings: Settings) -> str:
        """The target's unit, or the log of it."""
        return LOG_SCALE if loss_named(settings.loss).on_log_scale else self.words.scale

    def contribution(self, settings: Settings) -> str:
        """To the prediction, or to its log."""
        on_log_scale = loss_named(settings.loss).on_log_scale
        return (
            "contribution to the log of the prediction"
            if on_log_scale
            else (self.words.contribution)
        )

    def output_frame(
        self,
        predicted: Floats,
        settings: Settings,  # noqa: ARG002
    ) -> dict[str, npt.NDArray[Any]]:
        """Prediction, low and high."""
        return dict(zip(self.output_names, predicted.T, strict=True))

    def stored(self, frame: pd.DataFrame) -> Floats:
        """Prediction, low and high."""
        return frame[self.output_names].to_numpy(np.float64)

    def answer(self, predicted: Sequence[float], settings: Settings) -> dict[str, Any]:  # noqa: ARG002
        """Prediction, low and high."""
        return {
            name: value if math.isfinite(value) else None
            for name, value in zip(self.output_names, predicted, strict=True)
        }

    def valid(self, predicted: Sequence[float]) -> bool:
        """A finite number."""
        return math.isfinite(predicted[0])

    def losses(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
        """Squared errors."""
        truth, forecast = pair(outcome, np.asarray(predicted)[:, 0])
        squares: Floats = np.square(truth - forecast)
        return squares

    def score(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Metrics:
        """Errors, explained variance, and how many outcomes the intervals held."""
        table = np.asarray(predicted, np.float64).reshape(-1, *self.row_shape)
        truth, forecast = pair(outcome, table[:, 0])
        if not truth.size:
            return Metrics(rows=0)
        loss = float(np.square(truth - forecast).mean())
        variance = float(truth.var())
        values = {
            "mean_outcome": float(truth.mean()),
            "rmse": math.sqrt(loss),
            "mae": float(np.abs(truth - forecast).mean()),
        }
        if variance > 0:
            values["r2"] = 1 - loss / variance
        if truth.min() >= 0 and forecast.min() > 0:
            values["poisson_deviance"] = _poisson_deviance(truth, forecast)
        if np.isfinite(table).all():
            inside = (table[:, _LOW] <= truth) & (truth <= table[:, _HIGH])
            values["coverage"] = float(inside.mean())
        return Metrics(rows=truth.size, loss=loss, by_name=values)

    def baseline_predictions(self, baseline: Baseline, rows: int) -> Floats:
        """The mean for all, without an interval."""
        return np.tile([baseline[0], math.nan, math.nan], (rows, 1))

    def level_parts(self, outcome: Floats, predicted: Floats) -> tuple[LevelPart, ...]:
        """The shift that meets the mean."""
        return (mean_part(outcome, predicted[:, 0]),)

    def level_shift(self, outcome: Floats, predicted: Floats, settings: Settings) -> Floats:
        """On the log scale the log of the ratio of the means, one typical row more on each side."""
        prediction = predicted[:, 0]
        if not loss_named(settings.loss).on_log_scale:
            return super().level_shift(outcome, predicted, settings)
        typical = float(prediction.mean())
        ratio = (outcome.sum() + typical) / (prediction.sum() + typical)
        return np.array([math.log(ratio)])

    def show_shift(self, shift: float) -> str:
        """In the target's unit."""
        return number(abs(shift))

    def estimated_losses(self, predicted: Floats) -> Floats | None:
        """The square of the deviation that each interval's width stands for, were it a normal's."""
        width = predicted[:, _HIGH] - predicted[:, _LOW]
        if not np.isfinite(width).all():
            return None
        variance: Floats = np.square(width / (2 * NORMAL_REACH))
        return variance

    def level(self, predicted: Floats) -> Floats:
        """The prediction."""
        return predicted[:, 0]

    def row_level(self, predicted: Sequence[float]) -> float:
        """The prediction."""
        return predicted[0]

    def level_edges(self, levels: Floats) -> Floats:
        """Twenty bins over all predictions."""
        edges: Floats = np.histogram_bin_edges(levels, HISTOGRAM_BINS)
        return edges

    def edge(self, value: float | None) -> str:
        """To three digits."""
        return number(value)

    def show(self, value: float | None) -> str:
        """To three digits."""
        return number(value)

    def overall(self, past: GroupMean) -> str:
        """The mean."""
        return f"{number(past.mean)} on average over {whole(past.rows)} past rows"

    def summary(self, stored: pd.DataFrame) -> str:
        """Where the middle of the predictions lies."""
        low, middle, high = stored["prediction"].quantile([0.1, 0.5, 0.9])
        return (
            f"Half of the {whole(len(stored))} rows are predicted at most {number(middle)}, and "
            f"eight of ten from {number(low)} to {number(high)}."
        )

    def outcome(self, target: ibis.Column) -> ibis.Column:
        """The number itself."""
        return target.cast("float64")

    def sums(self, target: ibis.Column) -> dict[str, ibis.Scalar]:
        """The sum."""
        return {"total": self.outcome(target).sum()}

    def baseline_of_sums(self, rows: int, sums: Mapping[str, float]) -> Baseline:
        """The mean."""
        return (float(sums["total"]) / rows,)

    def group_means(
        self, groups: Codes, labels: Sequence[str], outcome: Floats
    ) -> tuple[GroupMean, ...]:
        """The mean, with its interval."""
        return means(groups, labels, outcome)

    def association(
        self, bins: Codes, outcome: Floats, folds: Codes, *, rare_rows: float
    ) -> float | None:
        """The share of variance that the bins' means explain in other folds."""
        return explained_share(bins, outcome, folds, rare_rows)


def _poisson_deviance(truth: Floats, forecast: Floats) -> float:
    """The mean deviance; scikit-learn's own overflows where a prediction is near 0."""
    from scipy.special import xlogy

    terms = xlogy(truth, truth) - xlogy(truth, forecast) - truth + forecast
    return 2 * float(terms.mean())
