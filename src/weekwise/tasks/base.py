"""What every kind of prediction must know of itself.

The rest of Weekwise fits, judges, tells and serves through a `Task`, and never asks which one it
has. So a new kind of prediction is one new subclass, and one entry in `weekwise.tasks.TASKS`.

In what follows *predicted* is what a model makes of n rows: an array whose first axis has length n,
and whose further axes, if any, are the task's own business.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.column import Column
from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import TaskName
from weekwise.features.read_values import Floats, number_column
from weekwise.tasks.calibration import reliability_table
from weekwise.tasks.level_parts import LevelPart
from weekwise.tasks.records import (
    Baseline,
    CalibrationBin,
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

if TYPE_CHECKING:
    import ibis
    from catboost import CatBoost


class Task(ABC):
    """One kind of prediction: all that depends on what is predicted."""

    name: TaskName
    words: Words
    metrics: tuple[MetricInfo, ...]
    floor: ClassVar[Mapping[str, float]]
    """The least that a model must reach in some metrics, unless the settings say otherwise."""
    outputs: tuple[OutputColumn, ...]
    """Columns of stored predictions, in order."""
    row_shape: tuple[int, ...] = ()
    """The shape of what is predicted for one row."""
    scores: int = 1
    """How many numbers trees give for one row, which is what growing them costs."""
    catboost_loss: str
    """CatBoost's name of the loss that trees reduce and early stopping watches."""
    answer_model: type[Frozen]
    """What the service answers about one row."""
    settings_model: type[Frozen]
    """What it answers once for all rows."""
    histogram: Histogram
    """How the service counts what it predicts."""
    no_association: float
    """The association measure of a feature that says nothing."""
    leakage: float
    """From this association on, a feature is suspected to give the target away."""
    telling_gaps: float
    """From this association on, the gaps of a feature are worth a remark."""

    @property
    def output_names(self) -> list[str]:
        """The names of `outputs`."""
        return [column.name for column in self.outputs]

    def of_target(self, target: Column) -> Task:  # noqa: ARG002
        """This task for one target, where it depends on the target's values."""
        return self

    def fault_of_target(self, target: Column) -> str | None:  # noqa: ARG002
        """Why a target cannot be predicted as the contract has it, if it cannot, with a remedy."""
        return None

    # ── Fitting ───────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    def new_model(self, **params: Any) -> CatBoost:
        """A CatBoost model of the right class, not yet fitted."""

    def fault(self, outcome: Floats) -> str | None:
        """Why rows with these outcomes, shape (n,), cannot be learned from, if they cannot."""
        return None if np.unique(outcome).size > 1 else "all have the same outcome"

    def losses_of_trees(self, outcome: Floats, asked: str | None) -> tuple[str, ...]:  # noqa: ARG002
        """The losses that trees may reduce, by CatBoost's names: the expected one first.

        Args:
            outcome: The outcomes to learn from, shape (n,), which vary.
            asked: The settings' choice for numbers; none where the outcomes decide.
        """
        return (self.catboost_loss,)

    def never_negative(self, outcome: Floats) -> bool:  # noqa: ARG002
        """Whether the outcomes, shape (n,), are of a kind that is never negative."""
        return False

    def start(self, outcome: Floats, loss: str) -> float:  # noqa: ARG002
        """What every row's score starts from before the first tree; 0 leaves it to CatBoost."""
        return 0.0

    def outcomes(self, target: pd.Series[Any]) -> Floats:
        """The target as numbers, shape (n,), not-a-number where there is none."""
        return number_column(target)

    def outcome_texts(self, outcome: Floats) -> npt.NDArray[Any]:
        """Outcomes, shape (n,), as texts that mean the same whatever the contract becomes."""
        texts = [None if math.isnan(value) else repr(value) for value in outcome.tolist()]
        return np.array(texts, dtype=object)

    def baseline(self, outcome: Floats) -> Baseline:
        """What is remembered of past outcomes, shape (n,), n at least 1: by default their mean."""
        return (float(outcome.mean()),)

    # ── Predicting ────────────────────────────────────────────────────────────────────────────

    def raw_scores(self, model: CatBoost, pool: Any, *, threads: int, trees: int = 0) -> Floats:
        """What trees add up to for each row of a pool or frame of n rows, n at least 1.

        Args:
            model: The trees.
            pool: The rows.
            threads: How many threads to use; -1 for all.
            trees: Only the first so many; 0 for all.

        Returns:
            Shape (n,), or with classes (n, classes), on the scale that contributions are on.
        """
        made = model.predict(
            pool, prediction_type="RawFormulaVal", ntree_end=trees, thread_count=threads
        )
        return np.asarray(made, np.float64)

    @abstractmethod
    def of_scores(self, scores: Floats, settings: Settings) -> Floats:
        """What such scores of n rows predict."""

    def told(self, predicted: Floats, chosen: int) -> Floats:  # noqa: ARG002
        """The one number that is told of each row, shape (n,).

        Args:
            predicted: What n rows predict.
            chosen: The score that is told, where there are several.
        """
        return predicted

    @abstractmethod
    def slopes(self, predicted: Floats, chosen: int, settings: Settings) -> Floats:
        """How fast what is told grows with each score, shape (n, scores); arguments as above."""

    def aligned(self, predicted: Floats, made_by: Task) -> Floats:  # noqa: ARG002
        """What a model of an older contract predicted, as one of this would have it.

        Args:
            predicted: What its `predict` gave.
            made_by: Its task, of the same kind.
        """
        return predicted

    def contributions(self, shap: Floats) -> Floats:
        """The SHAP values that are told of each row, shape (n, inputs + 1).

        Args:
            shap: As CatBoost gives them: the last axis has the inputs, then what every row starts
                from.
        """
        return shap

    def errors(
        self,
        outcome: Floats,  # noqa: ARG002
        predict: Callable[[], Floats],  # noqa: ARG002
        settings: Settings,  # noqa: ARG002
    ) -> tuple[float, float] | None:
        """The `errors` of a model's settings.

        Args:
            outcome: Of rows that the trees were not grown on, shape (n,), n at least 1.
            predict: Gives what the model makes of them.
            settings: The model's, without errors.
        """
        return None

    @abstractmethod
    def new_linear_model(self, loss: str | None, shape: tuple[int, int]) -> Any:
        """The plainest model of scikit-learn's for this task, linear, not yet fitted.

        Args:
            loss: The loss of the trees, whose scores it is to be on the scale of.
            shape: How many rows and columns it will be fitted on.
        """

    def linear_scores(self, model: Any) -> tuple[Floats, Floats]:
        """What such a model, fitted on `outcomes`, adds up to each score of a row.

        Returns:
            The slope of each of its columns, shape (scores, columns), and what every row starts
            from, shape (scores,).
        """
        return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)

    @abstractmethod
    def lightgbm_objective(self, loss: str | None) -> str:
        """LightGBM's name of the loss of the trees, or of the task's own."""

    @abstractmethod
    def output_frame(self, predicted: Floats, settings: Settings) -> dict[str, npt.NDArray[Any]]:
        """What is stored of predictions: one array of shape (n,) for each of `outputs`."""

    def settings_frame(self, settings: Settings, rows: int) -> dict[str, npt.NDArray[Any]]:  # noqa: ARG002
        """What is stored with them beside that, and is the same for all rows."""
        return {}

    @abstractmethod
    def stored(self, frame: pd.DataFrame) -> Floats:
        """Predictions as they were before `output_frame`, from a frame with those columns."""

    @abstractmethod
    def answer(self, predicted: Any, settings: Settings) -> dict[str, Any]:
        """What the service answers about one row: the fields of `answer_model`.

        Args:
            predicted: One item of what `predict` gave, as plain Python numbers.
            settings: The model's.
        """

    def answer_settings(self, settings: Settings) -> dict[str, Any]:  # noqa: ARG002
        """What the service answers once for all rows: the fields of `settings_model`."""
        return {}

    @abstractmethod
    def valid(self, predicted: Any) -> bool:
        """Whether a working model can have predicted this for one row, in plain Python numbers."""

    def scale(self, settings: Settings) -> str:  # noqa: ARG002
        """What the contributions of inputs add up to."""
        return self.words.scale

    def contribution(self, settings: Settings) -> str:  # noqa: ARG002
        """What a contribution is about, for the axis of a chart."""
        return self.words.contribution

    # ── Judging ───────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    def losses(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
        """The loss of each row, shape (n,), finite."""

    @abstractmethod
    def score(self, outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> Metrics:
        """Every metric of some predictions."""

    @abstractmethod
    def baseline_predictions(self, baseline: Baseline, rows: int) -> Floats:
        """What the baseline predicts for so many rows; its losses are finite."""

    def calibration(
        self, outcome: npt.ArrayLike, predicted: npt.ArrayLike
    ) -> tuple[CalibrationBin, ...]:
        """What was predicted and what happened, in bins of rows of like prediction."""
        happened, forecast = (np.asarray(part, np.float64) for part in (outcome, predicted))
        table = reliability_table(self.realized(happened, forecast), self.level(forecast))
        return tuple(CalibrationBin.model_validate(row) for row in table.to_dict("records"))

    def by_class(self, outcome: Floats, predicted: Floats) -> tuple[ClassScore, ...]:  # noqa: ARG002
        """Each class by itself, where what is predicted is a class."""
        return ()

    def realized(self, outcome: Floats, predicted: Floats) -> Floats:  # noqa: ARG002
        """What happened, on the scale of `level`, shape (n,)."""
        return outcome

    @abstractmethod
    def level_parts(self, outcome: Floats, predicted: Floats) -> tuple[LevelPart, ...]:
        """By how much predictions, at least one, miss the level of what happened."""

    def level_shift(self, outcome: Floats, predicted: Floats, settings: Settings) -> Floats:  # noqa: ARG002
        """What added to the scores of rows, at least one, would have met their level.

        Returns:
            One number for each score.
        """
        return np.array([part.shift for part in self.level_parts(outcome, predicted)])

    def balanced(self, shift: Floats) -> Floats:
        """A shift of all scores that leaves them on the scale they are on, shape (scores,)."""
        return shift

    @abstractmethod
    def show_shift(self, shift: float) -> str:
        """The size of such a shift, for people."""

    @abstractmethod
    def estimated_losses(self, predicted: Floats) -> Floats | None:
        """The loss of each row that predictions speak of, shape (n,); none if they do not."""

    # ── Telling ───────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    def level(self, predicted: Floats) -> Floats:
        """One number a row, shape (n,), that histograms, means and drift are made from."""

    @abstractmethod
    def row_level(self, predicted: Any) -> float:
        """The same of one row, in plain Python numbers."""

    @abstractmethod
    def level_edges(self, levels: Floats) -> Floats:
        """The edges of a histogram of all levels."""

    def categories(self, predicted: Floats) -> list[str] | None:  # noqa: ARG002
        """The class predicted for each row, for people, where a class is."""
        return None

    def decisions(self, predicted: Floats, settings: Settings) -> npt.NDArray[Any] | None:  # noqa: ARG002
        """What is decided of each row, shape (n,), where predictions decide anything.

        Args:
            predicted: What a model predicted.
            settings: The model's.
        """
        categories = self.categories(predicted)
        return None if categories is None else np.array(categories, dtype=object)

    def differences(self, predicted: Floats, other: Floats) -> Floats:
        """How far the predictions of two models for the same rows are apart, shape (n,)."""
        return np.abs(self.level(predicted) - self.level(other))

    def class_means(self, predicted: Floats) -> dict[str, float]:  # noqa: ARG002
        """The mean probability of each class by its label, where classes are predicted."""
        return {}

    @abstractmethod
    def edge(self, value: float | None) -> str:
        """An edge of that histogram, for people."""

    @abstractmethod
    def show(self, value: float | None) -> str:
        """A prediction, or a mean of outcomes, for people."""

    def show_difference(self, difference: float) -> str:
        """How far predictions are apart, for people."""
        return self.show(difference)

    @abstractmethod
    def overall(self, past: GroupMean) -> str:
        """The mean outcome of past rows, at least one, as the end of a sentence on the target."""

    def show_baseline(self, baseline: Baseline) -> str:
        """What the past alone predicts, for people."""
        return self.show(baseline[0])

    @abstractmethod
    def summary(self, stored: pd.DataFrame) -> str:
        """One sentence about a week's stored predictions, at least one."""

    # ── Studying the target ───────────────────────────────────────────────────────────────────

    @abstractmethod
    def outcome(self, target: ibis.Column) -> ibis.Column:
        """The target as a number, missing where `outcomes` has none."""

    @abstractmethod
    def sums(self, target: ibis.Column) -> dict[str, ibis.Scalar]:
        """Sums over the target of some rows from which `baseline_of_sums` makes a baseline."""

    @abstractmethod
    def baseline_of_sums(self, rows: int, sums: Mapping[str, float]) -> Baseline:
        """The baseline of so many rows, at least one, from their sums."""

    @abstractmethod
    def group_means(
        self, groups: Codes, labels: Sequence[str], outcome: Floats
    ) -> tuple[GroupMean, ...]:
        """The target in each group of rows.

        Args:
            groups: The group of each row, as a place in `labels`, shape (n,).
            labels: The groups' names.
            outcome: What happened, shape (n,).
        """

    @abstractmethod
    def association(
        self, bins: Codes, outcome: Floats, folds: Codes, *, rare_rows: float
    ) -> float | None:
        """How well the bins of one feature alone predict rows of other folds.

        Args:
            bins: The bin of each row, shape (n,); -1 is the bin of missing values.
            outcome: What happened, shape (n,).
            folds: The fold of each row, shape (n,).
            rare_rows: How many average rows are added to each bin.

        Returns:
            From `no_association` to 1, or None where it cannot be measured.
        """
