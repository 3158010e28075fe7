"""One of some classes: the probability of each, and the most likely one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from weekwise.contract.column import Column
from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import MLflowType, TaskName
from weekwise.features.read_values import Floats
from weekwise.tasks import multiclass_metrics
from weekwise.tasks.base import Task
from weekwise.tasks.class_probabilities import (
    LEAST_PROBABILITY,
    as_json,
    from_json,
    off_zero,
    reordered,
)
from weekwise.tasks.group_means import class_shares, one_against_rest_auc
from weekwise.tasks.level_parts import LevelPart, log_odds_part
from weekwise.tasks.linear_solver import LINEAR_STEPS, linear_solver
from weekwise.tasks.records import (
    Baseline,
    ClassScore,
    Codes,
    GroupMean,
    Histogram,
    MetricInfo,
    Metrics,
    OutputColumn,
    Settings,
    Words,
)
from weekwise.wording import listed, percent, percentage_points, whole

if TYPE_CHECKING:
    import ibis
    from catboost import CatBoost

HISTOGRAM_BINS = 20
SUM_TOLERANCE = 1e-6
NAMED = 5

_TEXT = MLflowType("string", "object")
_DOUBLE = MLflowType("double", "float64")


class MulticlassAnswer(Frozen):
    """What is said about one row."""

    predicted: str | int = Field(description="The most likely class.")
    probability: float = Field(ge=0, le=1, description="Its probability.")
    probabilities: dict[str, float] = Field(
        description="The probability of each class, in the contract's order; they add up to 1."
    )


class MulticlassSettings(Frozen):
    """What is the same for all rows."""


class Multiclass(Task):
    """One of k classes. What is predicted are probabilities, in the contract's order: (n, k).

    Attributes:
        classes: The classes as the table has them, in the contract's order. Empty until the task is
            that of a target: then nothing can be predicted, but told of.
        labels: What people call them.
    """

    name = TaskName.MULTICLASS
    words = Words(
        loss="log loss",
        predictions="probabilities of the predicted class",
        mean_prediction="Mean confidence",
        mean_outcome="Accuracy",
        scale="log-odds over the average class",
        contribution="contribution to the log-odds of the predicted class over the average class",
        baseline="Class shares",
        better="Lower is better, but for accuracy and macro F1.",
        association="AUC",
        association_method="A feature's AUC is that of its class rates by value or quantile bin, "
        "taken from other weeks than those they rank: each class against all others, averaged by "
        "the classes' shares; a missing value counts as a value. 0.5 says nothing and 1 says all.",
        interval_method="The shares of all classes are shown; a line is that of the most frequent "
        "class, with its 95% Wilson interval.",
        model_card="It gives the probability of each class, and the most likely class.",
        too_high="retrain on a more recent window; until then read the probabilities as an order "
        "of the classes, not as rates",
        limits="A probability is about rows like this one, and says nothing of causes. A class "
        "that was rare or absent in training is hardly ever predicted.",
    )
    metrics = (
        MetricInfo("log_loss", "Log loss"),
        MetricInfo("accuracy", "Accuracy", share=True, decisive=True),
        MetricInfo("macro_f1", "Macro F1", decisive=True),
        MetricInfo("calibration_error", "Calibration error", decisive=True),
    )
    floor: ClassVar[Mapping[str, float]] = {}
    catboost_loss = "MultiClass"
    answer_model = MulticlassAnswer
    settings_model = MulticlassSettings
    histogram = Histogram(
        "weekwise_prediction_confidence",
        "Probabilities of the predicted class, by model version.",
        tuple(step / 10 for step in range(1, 11)),
    )
    no_association = 0.5
    leakage = 0.98
    telling_gaps = 0.65

    def __init__(self, target: Column | None = None) -> None:
        """The task of a target, or without one what holds for any.

        Args:
            target: The target's column; its `values` are the classes.
        """
        values = {} if target is None else target.values or {}  # noqa: PD011 - a contract's own
        self.classes: tuple[Any, ...] = tuple(values)
        self.labels: tuple[str, ...] = tuple(values.values())
        self.row_shape = (len(self.classes),)
        self.scores = len(self.classes)
        self.outputs = (
            OutputColumn(
                "predicted",
                _TEXT if target is None else target.type.facts.mlflow,
                "The most likely class.",
            ),
            OutputColumn("probability", _DOUBLE, "Its probability."),
            OutputColumn("probabilities", _TEXT, "The probability of each class, as JSON."),
        )

    def of_target(self, target: Column) -> Multiclass:
        """The same for the classes of a target."""
        return Multiclass(target)

    def fault_of_target(self, target: Column) -> str | None:
        """Fewer than two classes."""
        values = target.values  # noqa: PD011 - a contract's own
        if values is None:
            return (
                "lists no values; list its classes under values, in their order, or let "
                "kedro contract infer do it"
            )
        if len(values) < 2:  # noqa: PLR2004 - a choice needs two
            return "lists one value; list at least two classes under values"
        return None

    def new_model(self, **params: Any) -> CatBoost:
        """A classifier that knows of every class, whether or not training rows have it."""
        from catboost import CatBoostClassifier

        return CatBoostClassifier(classes_count=len(self.classes), **params)

    def outcomes(self, target: pd.Series[Any]) -> Floats:
        """Places of classes; missing for a value that is no class."""
        places = {value: float(place) for place, value in enumerate(self.classes)}
        codes, distinct = pd.factorize(target)
        found = [places.get(value, math.nan) for value in distinct]
        return np.array([*found, math.nan])[codes]

    def outcome_texts(self, outcome: Floats) -> npt.NDArray[Any]:
        """The classes."""
        texts = [None if math.isnan(value) else str(self.classes[int(value)]) for value in outcome]
        return np.array(texts, dtype=object)

    def baseline(self, outcome: Floats) -> Baseline:
        """The share of each class."""
        counts = np.bincount(outcome.astype(np.int64), minlength=len(self.classes))
        return tuple((counts / outcome.size).tolist())

    def of_scores(self, scores: Floats, settings: Settings) -> Floats:  # noqa: ARG002
        """The probability of each class, none quite 0."""
        from scipy.special import softmax

        return off_zero(softmax(scores, axis=1))

    def told(self, predicted: Floats, chosen: int) -> Floats:
        """The probability of one class."""
        return predicted[:, chosen]

    def slopes(self, predicted: Floats, chosen: int, settings: Settings) -> Floats:  # noqa: ARG002
        """Of one class's share in the softmax."""
        own = np.arange(predicted.shape[1]) == chosen
        slopes: Floats = predicted[:, [chosen]] * (own - predicted)
        return slopes

    def new_linear_model(self, loss: str | None, shape: tuple[int, int]) -> Any:  # noqa: ARG002
        """A multinomial logistic regression."""
        from sklearn.linear_model import LogisticRegression

        coefficients = shape[1] * len(self.classes)
        return LogisticRegression(solver=linear_solver(coefficients), max_iter=LINEAR_STEPS)

    def linear_scores(self, model: Any) -> tuple[Floats, Floats]:
        """Of all classes; one that no training row had is hardly likely."""
        known = model.classes_.astype(np.int64)
        slopes = np.zeros((len(self.classes), model.coef_.shape[1]))
        starts = np.full(len(self.classes), math.log(LEAST_PROBABILITY))
        starts[known] = 0.0
        # Of two classes scikit-learn scores the second alone.
        scored = known[-len(model.coef_) :]
        slopes[scored], starts[scored] = model.coef_, model.intercept_
        # Like the trees' own, the scores of the classes that there were add up to 0.
        slopes[known] -= slopes[known].mean(axis=0)
        starts[known] -= starts[known].mean()
        return slopes, starts

    def lightgbm_objective(self, loss: str | None) -> str:  # noqa: ARG002
        """Log loss."""
        return "multiclass"

    def aligned(self, predicted: Floats, made_by: Task) -> Floats:
        """Probabilities in the order of these classes; a class the other lacks is hardly likely."""
        return reordered(predicted, getattr(made_by, "classes", self.classes), self.classes)

    def contributions(self, shap: Floats) -> Floats:
        """To the score of the predicted class.

        CatBoost's scores of a row add up to 0 over the classes, so that a score is the log of a
        class's probability less the mean of all classes' logs.
        """
        chosen = shap.sum(axis=2).argmax(axis=1)
        told: Floats = shap[np.arange(len(shap)), chosen]
        return told

    def output_frame(
        self,
        predicted: Floats,
        settings: Settings,  # noqa: ARG002
    ) -> dict[str, npt.NDArray[Any]]:
        """The most likely class, its probability, and those of all classes as JSON."""
        classes = np.array(self.classes, dtype=self.outputs[0].type.dtype)
        return {
            "predicted": classes[predicted.argmax(axis=1)],
            "probability": predicted.max(axis=1),
            "probabilities": as_json(predicted, self.classes),
        }

    def stored(self, frame: pd.DataFrame) -> Floats:
        """The probabilities, for these classes whatever they were when stored."""
        return from_json(frame["probabilities"], self.classes)

    def answer(self, predicted: Sequence[float], settings: Settings) -> dict[str, Any]:  # noqa: ARG002
        """The most likely class, its probability, and those of all classes."""
        highest = max(predicted)
        return {
            "predicted": self.classes[predicted.index(highest)],
            "probability": highest,
            "probabilities": {
                str(value): p for value, p in zip(self.classes, predicted, strict=True)
            },
        }

    def valid(self, predicted: Sequence[float]) -> bool:
        """From 0 to 1 each, and 1 together."""
        return all(0 <= p <= 1 for p in predicted) and abs(sum(predicted) - 1) < SUM_TOLERANCE

    def losses(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
        """Log losses in nats."""
        return multiclass_metrics.log_losses(outcome, predicted)

    def score(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Metrics:
        """Log loss, hits and calibration."""
        return multiclass_metrics.score(outcome, predicted)

    def by_class(self, outcome: Floats, predicted: Floats) -> tuple[ClassScore, ...]:
        """Each class by itself, in the contract's order."""
        return multiclass_metrics.by_class(outcome, predicted, self.labels)

    def baseline_predictions(self, baseline: Baseline, rows: int) -> Floats:
        """The same shares for all, none quite 0."""
        return np.tile(off_zero(np.array([baseline])), (rows, 1))

    def show_baseline(self, baseline: Baseline) -> str:
        """The share of each class."""
        return _shares_in_words(dict(zip(self.labels, baseline, strict=True)))

    def realized(self, outcome: Floats, predicted: Floats) -> Floats:
        """1 where the predicted class happened, else 0."""
        hits: Floats = (predicted.argmax(axis=1) == outcome).astype(np.float64)
        return hits

    def level_parts(self, outcome: Floats, predicted: Floats) -> tuple[LevelPart, ...]:
        """The shift of each class's log-odds that meets its share."""
        return tuple(
            log_odds_part((outcome == place).astype(np.float64), predicted[:, place], label)
            for place, label in enumerate(self.labels)
        )

    def level_shift(
        self,
        outcome: Floats,
        predicted: Floats,
        settings: Settings,
    ) -> Floats:
        """Of each class's log-odds; none of a class that no training row had."""
        shifts = super().level_shift(outcome, predicted, settings)
        there = predicted.max(axis=0) > 2 * LEAST_PROBABILITY
        return np.where(there, shifts, 0.0)

    def balanced(self, shift: Floats) -> Floats:
        """Adding up to 0 over the classes that are shifted, as their scores do."""
        moved = shift != 0
        return np.where(moved, shift - shift[moved].mean(), 0.0) if moved.any() else shift

    def show_shift(self, shift: float) -> str:
        """In log-odds."""
        return f"{abs(shift):.2f} log-odds"

    def estimated_losses(self, predicted: Floats) -> Floats:
        """The entropy of each row's probabilities in nats."""
        p = off_zero(predicted)
        entropy: Floats = -(p * np.log(p)).sum(axis=1)
        return entropy

    def level(self, predicted: Floats) -> Floats:
        """The probability of the predicted class."""
        highest: Floats = predicted.max(axis=1)
        return highest

    def row_level(self, predicted: Sequence[float]) -> float:
        """The probability of the predicted class."""
        return max(predicted)

    def level_edges(self, levels: Floats) -> Floats:  # noqa: ARG002 - the same for all
        """Twenty bins from 0 to 1."""
        return np.arange(HISTOGRAM_BINS + 1) / HISTOGRAM_BINS

    def categories(self, predicted: Floats) -> list[str]:
        """The label of each row's predicted class."""
        return [self.labels[place] for place in predicted.argmax(axis=1)]

    def differences(self, predicted: Floats, other: Floats) -> Floats:
        """The furthest that the probabilities of a class are apart."""
        furthest: Floats = np.abs(predicted - other).max(axis=1)
        return furthest

    def class_means(self, predicted: Floats) -> dict[str, float]:
        """The mean probability of each class."""
        return dict(zip(self.labels, predicted.mean(axis=0).tolist(), strict=True))

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
        """The share of each class."""
        return f"{_shares_in_words(past.shares)} of {whole(past.rows)} past rows"

    def summary(self, stored: pd.DataFrame) -> str:
        """How many rows are predicted of which class."""
        labels = dict(zip(self.classes, self.labels, strict=True))
        counts = stored["predicted"].value_counts(sort=False)
        parts = [
            f"{labels.get(value, value)} {whole(rows)} ({percent(rows / len(stored))})"
            for value, rows in counts.sort_values(ascending=False, kind="stable").items()
        ]
        return f"Predicted classes: {listed(parts, NAMED)}."

    def outcome(self, target: ibis.Column) -> ibis.Column:
        """The place of the class, missing for a value that is no class."""
        places = [(value, place) for place, value in enumerate(self.classes)]
        return target.cases(*places).cast("int32")

    def sums(self, target: ibis.Column) -> dict[str, ibis.Scalar]:
        """Rows of each class."""
        return {
            f"class_{place}": (target == value).fill_null(False).cast("int64").sum()
            for place, value in enumerate(self.classes)
        }

    def baseline_of_sums(self, rows: int, sums: Mapping[str, float]) -> Baseline:
        """The share of each class."""
        return tuple(float(sums[f"class_{place}"]) / rows for place in range(len(self.classes)))

    def group_means(
        self, groups: Codes, labels: Sequence[str], outcome: Floats
    ) -> tuple[GroupMean, ...]:
        """The share of each class; the mean is that of the most frequent one of all rows."""
        return class_shares(groups, labels, outcome.astype(np.int32), self.labels)

    def association(
        self, bins: Codes, outcome: Floats, folds: Codes, *, rare_rows: float
    ) -> float | None:
        """Area under the ROC curve, each class against all others."""
        return one_against_rest_auc(bins, outcome.astype(np.int32), folds, rare_rows)


def _shares_in_words(shares: Mapping[str, float]) -> str:
    ordered = sorted(shares.items(), key=lambda part: -part[1])
    return listed([f"{label} {percent(part)}" for label, part in ordered], NAMED)
