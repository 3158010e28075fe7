"""Yes or no: the probability of a positive outcome, and a decision from a threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import MLflowType, TaskName
from weekwise.features.read_values import Floats
from weekwise.tasks import binary_metrics
from weekwise.tasks.base import Task
from weekwise.tasks.group_means import ranking_auc, shares
from weekwise.tasks.level_parts import LevelPart, log_odds_part
from weekwise.tasks.linear_solver import LINEAR_STEPS, linear_solver
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
from weekwise.wording import percent, percentage_points, whole

if TYPE_CHECKING:
    import ibis
    from catboost import CatBoost

HISTOGRAM_BINS = 20
LEAST_RATE = 1e-6
"""A history without a single case of the outcome does not make one impossible."""


class BinaryAnswer(Frozen):
    """What is said about one row."""

    probability: float = Field(ge=0, le=1, description="Probability of a positive outcome.")
    decision: bool = Field(description="Whether the probability reaches the threshold.")


class BinarySettings(Frozen):
    """What is the same for all rows."""

    threshold: float = Field(ge=0, le=1)


class Binary(Task):
    """Yes or no. What is predicted are probabilities of yes, shape (n,)."""

    name = TaskName.BINARY
    words = Words(
        loss="log loss",
        predictions="probabilities",
        mean_prediction="Mean probability",
        mean_outcome="Actual rate",
        scale="log-odds",
        contribution="contribution to the log-odds of a positive outcome",
        baseline="Positive rate",
        better="Lower is better, but for the two areas under curves.",
        association="AUC",
        association_method="A feature's AUC is that of its target rates by value or quantile bin, "
        "taken from other weeks than those it ranks; a missing value counts as a value. 0.5 says "
        "nothing and 1 says all.",
        interval_method="Rates have 95% Wilson intervals. Bars of rates show them as thin lines.",
        model_card="It gives the probability, and decides yes from {threshold} on.",
        too_high="retrain on a more recent window, or set the threshold anew; until then "
        "read the probabilities as an order, not as rates",
        limits="A probability is about rows like this one, and says nothing of causes.",
    )
    metrics = (
        MetricInfo("positive_rate", "Positive rate", share=True),
        MetricInfo("log_loss", "Log loss"),
        MetricInfo("roc_auc", "ROC AUC", decisive=True),
        MetricInfo("pr_auc", "PR AUC"),
        MetricInfo("brier", "Brier score"),
        MetricInfo("calibration_error", "Calibration error", decisive=True),
    )
    floor: ClassVar[Mapping[str, float]] = {"roc_auc": 0.55}
    outputs = (
        OutputColumn("probability", MLflowType("double", "float64"), "Of a positive outcome."),
        OutputColumn("decision", MLflowType("boolean", "bool"), "Whether it is yes."),
    )
    catboost_loss = "Logloss"
    answer_model = BinaryAnswer
    settings_model = BinarySettings
    histogram = Histogram(
        "weekwise_prediction_probability",
        "Predicted probabilities, by model version.",
        tuple(step / 10 for step in range(1, 11)),
    )
    no_association = 0.5
    leakage = 0.98
    telling_gaps = 0.65

    def new_model(self, **params: Any) -> CatBoost:
        """A classifier."""
        from catboost import CatBoostClassifier

        return CatBoostClassifier(**params)

    def of_scores(self, scores: Floats, settings: Settings) -> Floats:  # noqa: ARG002
        """Probabilities of yes."""
        from scipy.special import expit

        probabilities: Floats = expit(scores)
        return probabilities

    def slopes(self, predicted: Floats, chosen: int, settings: Settings) -> Floats:  # noqa: ARG002
        """Of the logistic function."""
        return np.asarray(predicted * (1 - predicted))[:, None]

    def new_linear_model(self, loss: str | None, shape: tuple[int, int]) -> Any:  # noqa: ARG002
        """A logistic regression."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(solver=linear_solver(shape[1]), max_iter=LINEAR_STEPS)

    def lightgbm_objective(self, loss: str | None) -> str:  # noqa: ARG002
        """Log loss."""
        return "binary"

    def output_frame(self, predicted: Floats, settings: Settings) -> dict[str, npt.NDArray[Any]]:
        """Probability and decision."""
        return {"probability": predicted, "decision": np.asarray(predicted) >= settings.threshold}

    def settings_frame(self, settings: Settings, rows: int) -> dict[str, npt.NDArray[Any]]:
        """The threshold."""
        return {"threshold": np.full(rows, float(settings.threshold))}

    def stored(self, frame: pd.DataFrame) -> Floats:
        """The probabilities."""
        return frame["probability"].to_numpy(np.float64)

    def answer(self, predicted: float, settings: Settings) -> dict[str, Any]:
        """Probability and decision."""
        return {"probability": predicted, "decision": predicted >= settings.threshold}

    def answer_settings(self, settings: Settings) -> dict[str, Any]:
        """The threshold."""
        return {"threshold": settings.threshold}

    def valid(self, predicted: float) -> bool:
        """From 0 to 1."""
        return math.isfinite(predicted) and 0 <= predicted <= 1

    def losses(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
        """Log losses in nats."""
        return binary_metrics.log_losses(outcome, predicted)

    def score(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Metrics:
        """Log loss, ranking and calibration."""
        return binary_metrics.score(outcome, predicted)

    def baseline_predictions(self, baseline: Baseline, rows: int) -> Floats:
        """The same rate for all, kept off 0 and 1."""
        return np.full(rows, np.clip(baseline[0], LEAST_RATE, 1 - LEAST_RATE))

    def level_parts(self, outcome: Floats, predicted: Floats) -> tuple[LevelPart, ...]:
        """The shift of log-odds that meets the rate of yes."""
        return (log_odds_part(outcome, predicted),)

    def show_shift(self, shift: float) -> str:
        """In log-odds."""
        return f"{abs(shift):.2f} log-odds"

    def estimated_losses(self, predicted: Floats) -> Floats:
        """The entropy of each probability in nats."""
        p = np.clip(predicted, LEAST_RATE, 1 - LEAST_RATE)
        entropy: Floats = -(p * np.log(p) + (1 - p) * np.log(1 - p))
        return entropy

    def decisions(self, predicted: Floats, settings: Settings) -> npt.NDArray[Any]:
        """Yes from the threshold on."""
        return np.asarray(predicted >= settings.threshold)

    def level(self, predicted: Floats) -> Floats:
        """The probability itself."""
        return predicted

    def row_level(self, predicted: float) -> float:
        """The probability itself."""
        return predicted

    def level_edges(self, levels: Floats) -> Floats:  # noqa: ARG002 - the same for all
        """Twenty bins from 0 to 1."""
        return np.arange(HISTOGRAM_BINS + 1) / HISTOGRAM_BINS

    def edge(self, value: float | None) -> str:
        """In whole percent."""
        return percent(value, 0)

    def show(self, value: float | None) -> str:
        """In percent."""
        return percent(value)

    def show_difference(self, difference: float) -> str:
        """In percentage points."""
        return percentage_points(difference)

    def overall(self, past: GroupMean) -> str:
        """The share of yes."""
        return f"{percent(past.mean)} of {whole(past.rows)} past rows"

    def summary(self, stored: pd.DataFrame) -> str:
        """How many rows are decided yes."""
        yes, rows = int(stored["decision"].sum()), len(stored)
        return (
            f"{whole(yes)} of {whole(rows)} rows ({percent(yes / rows)}) are at or over the "
            f"threshold of {float(stored['threshold'].iloc[0]):g}."
        )

    def outcome(self, target: ibis.Column) -> ibis.Column:
        """1 for yes, 0 for no."""
        return target.cast("int8")

    def sums(self, target: ibis.Column) -> dict[str, ibis.Scalar]:
        """The number of yes."""
        return {"positives": self.outcome(target).sum()}

    def baseline_of_sums(self, rows: int, sums: Mapping[str, float]) -> Baseline:
        """The positive rate."""
        return (float(sums["positives"]) / rows,)

    def group_means(
        self, groups: Codes, labels: Sequence[str], outcome: Floats
    ) -> tuple[GroupMean, ...]:
        """The share of yes, with its Wilson interval."""
        return shares(groups, labels, outcome)

    def association(
        self, bins: Codes, outcome: Floats, folds: Codes, *, rare_rows: float
    ) -> float | None:
        """Area under the ROC curve of the bins' rates."""
        return ranking_auc(bins, outcome, folds, rare_rows)
