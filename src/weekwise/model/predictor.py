"""The predictor: a model with the contract and the preprocessing it was fitted with.

It is what a weekly run registers and what batch prediction and the service load, so that the same
raw rows give the same numbers everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from weekwise.contract.column import Share
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, RegistryError
from weekwise.features.aggregate_lookup import AggregateLookup, AggregateTables
from weekwise.features.derived_columns import Row
from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.features.model_rows import ListMaker
from weekwise.features.read_values import Floats
from weekwise.model.linear_model import LinearModel
from weekwise.model.scorer import Scorer
from weekwise.model.training_record import TrainingRecord
from weekwise.tasks import task_of
from weekwise.tasks.base import Task
from weekwise.tasks.effects import effects
from weekwise.tasks.records import Settings
from weekwise.wording import one_line

if TYPE_CHECKING:
    from catboost import CatBoost, Pool

MODEL_FILE = "model.cbm"
CONTRACT_FILE = "contract.json"
PREDICTOR_FILE = "predictor.json"
AGGREGATES_FILE = "aggregates.json"
LINEAR_FILE = "linear.json"
BASE_VALUE, LEVEL = "base_value", "level_correction"
"""The columns of `Predictor.contributions` that hold what every row starts from, and what every
row's score is corrected by."""
_Part = TypeVar("_Part", bound=Frozen)


class PredictorFile(Frozen):
    """What `predictor.json` holds: a predictor without its trees, linear model and contract.

    Attributes:
        features: The contract's features that the model takes, in its order.
        calendar: The calendar features it takes.
        country: The country whose public holidays count, if any do.
        threshold: For yes or no: the probability from which the decision is yes.
        record: How the model was fitted.
        parts: The files of what not every model has; without one it would predict otherwise.
    """

    features: tuple[str, ...]
    calendar: tuple[str, ...]
    country: str | None
    threshold: Share
    record: TrainingRecord
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowExplanation:
    """What each input adds to the score of one row, on the scale that the task names.

    Attributes:
        values: What the model was given, in the order of its inputs' names.
        contributions: What each adds, in the same order.
        row: The row with the derived columns that the model takes.
        base: What every row starts from.
        level: The level correction; with it and all contributions the base is the row's score.
        effects: What each input adds to the prediction itself, in its own unit.
        start: What is predicted before any input counts; with all effects it is the prediction.
    """

    values: tuple[Any, ...]
    contributions: tuple[float, ...]
    base: float
    level: float
    effects: tuple[float, ...]
    start: float
    row: Row


@dataclass(frozen=True)
class Predictor:
    """Predictions for raw rows of a contract.

    Attributes:
        inputs: What the model takes of each row: contract, features, calendar features.
        threshold: For yes or no: the probability from which the decision is yes.
        record: How the model was fitted.
        model: The trees.
        twin: The same recipe fitted without the holdout, which was judged; none if this predictor
            was judged itself.
        aggregates: What its run knew of the aggregates it takes, if it takes any.
        linear: The linear model that the trees are blended with, if they are with one; the record
            has its share.
    """

    inputs: ModelInputs
    threshold: float
    record: TrainingRecord
    model: CatBoost
    twin: Predictor | None = None
    aggregates: AggregateTables | None = None
    linear: LinearModel | None = None

    @property
    def judged(self) -> Predictor:
        """The predictor that was judged, and can be judged again: the twin, or this one."""
        return self.twin or self

    def with_errors(self, errors: tuple[float, float] | None) -> Predictor:
        """The same with other errors for its prediction interval."""
        return replace(self, record=self.record.model_copy(update={"errors": errors}))

    @property
    def contract(self) -> Contract:
        """What the raw rows are."""
        return self.inputs.contract

    @cached_property
    def task(self) -> Task:
        """What it predicts."""
        return task_of(self.contract)

    @cached_property
    def settings(self) -> Settings:
        """What its answers need beside the trees."""
        return Settings(
            threshold=self.threshold,
            errors=self.record.errors,
            loss=self.record.loss,
            never_negative=self.record.never_negative,
        )

    @cached_property
    def scorer(self) -> Scorer:
        """What scores rows."""
        return Scorer(
            task=self.task,
            inputs=self.inputs.names,
            trees=self.model,
            linear=self.linear,
            share=self.record.linear_share,
            level=self.record.level,
        )

    @cached_property
    def _maker(self) -> ListMaker:
        return ListMaker(self.inputs)

    @cached_property
    def lookup(self) -> AggregateLookup | None:
        """What gives raw rows the aggregates that they lack; none if there are none to give.

        `predict` and the like take rows as they are, since a run's own rows have newer ones. Rows
        from outside, which need not have them, go through it first.
        """
        if self.aggregates is None or not self.aggregates.tables:
            return None
        return AggregateLookup(contract=self.contract, known=self.aggregates)

    @property
    def features(self) -> tuple[str, ...]:
        """The contract's features that the model takes, in its order."""
        return self.inputs.features

    @property
    def calendar(self) -> tuple[str, ...]:
        """The calendar features it takes."""
        return self.inputs.calendar

    def predict(
        self, rows: pd.DataFrame, derived: Mapping[str, pd.Series[Any]] | None = None
    ) -> Floats:
        """What the model makes of some rows.

        Args:
            rows: Raw rows of the contract, shape (n, any), as for `model_frame`: None and NaN are
                missing values, categories never seen are scored as such, other columns ignored.
            derived: Their derived columns, where the caller has them already.

        Returns:
            Predictions as the task has them, shape (n, …), in the order of `rows`.

        Raises:
            DataGateError: If a column is missing, or has a value that is not of its type.
        """
        frame = model_frame(rows, self.inputs, derived)
        if frame.empty:
            return np.empty((0, *self.task.row_shape))
        return self.task.of_scores(self.scorer.of_frame(frame), self.settings)

    def complete(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows with the derived columns that the model takes; complete ones stay as they are.

        Args:
            rows: Raw rows; a column left out counts as missing.
        """
        return self._maker.complete(rows)

    def predict_rows(self, rows: Sequence[Row]) -> list[Any]:
        """What the model makes of a few rows, without a frame, in plain Python numbers.

        Equal to `predict`, and about ten times as fast for one row; from a hundred or so on
        a frame is faster.

        Args:
            rows: Raw rows; a column left out counts as missing.
        """
        if not rows:
            return []
        lists = self._maker.lists(self._maker.complete(rows))
        scores = self.scorer.of_lists(lists, self._pool(lists))
        predictions: list[Any] = self.task.of_scores(scores, self.settings).tolist()
        return predictions

    def output_frame(self, predicted: Floats, index: pd.Index | None = None) -> pd.DataFrame:
        """Predictions as they are stored: the columns that the task names.

        Args:
            predicted: What `predict` gave, shape (n, …).
            index: The frame's index, of length n.
        """
        return pd.DataFrame(self.task.output_frame(predicted, self.settings), index=index)

    def explain_row(self, row: Row) -> RowExplanation:
        """What each input of one row adds to its score, as `contributions` has it.

        Args:
            row: A raw row; a column left out counts as missing.
        """
        (row,) = self._maker.complete([row])
        lists = self._maker.lists([row])
        parts = self.scorer.parts(
            self._pool(lists),
            lambda: pd.DataFrame(lists, columns=list(self.inputs.names)),
            threads=1,
        )
        (added,) = self.task.contributions(parts).tolist()
        *contributions, base, level = added
        on_prediction = effects(self.task, parts[0], self.settings)
        return RowExplanation(
            values=tuple(lists[0]),
            contributions=tuple(contributions),
            base=base,
            level=level,
            effects=tuple(on_prediction.of_inputs.tolist()),
            start=on_prediction.start,
            row=row,
        )

    def _pool(self, lists: list[list[Any]]) -> Pool:
        from catboost import Pool

        # Without a pool CatBoost asks the model for the places of its categories every time; given
        # lists, it makes an array of them twice.
        values = np.array(lists, dtype=object)
        return Pool(values, cat_features=self._maker.categories, thread_count=1)

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What each input adds to each row's score: SHAP values.

        Exact for trees: Lundberg et al., "From local explanations to global understanding with
        explainable AI for trees", Nature Machine Intelligence 2, 2020, as CatBoost computes them.

        Args:
            rows: Raw rows of the contract, shape (n, any), as for `predict`.

        Returns:
            On the index of `rows`, one column per input, `base_value` and `level_correction`; a
            row's sum is its score on the scale that the task names.
        """
        from catboost import Pool

        columns = [*self.inputs.names, BASE_VALUE, LEVEL]
        if rows.empty:
            return pd.DataFrame(columns=columns, index=rows.index, dtype=np.float64)
        frame = model_frame(rows, self.inputs)
        pool = Pool(frame, cat_features=self.inputs.categories)
        values = self.scorer.contributions(pool, lambda: frame, threads=-1)
        return pd.DataFrame(values, columns=columns, index=rows.index)

    def importances(self) -> pd.Series[float]:
        """How much each input changes the predictions, in percent, the most important first."""
        return self.scorer.importances()

    def save(self, folder: Path) -> None:
        """Write the predictor into a folder, made if need be. Its twin is not written with it.

        Args:
            folder: Where `model.cbm`, `contract.json`, `predictor.json` and, for a model that has
                them, `aggregates.json` and `linear.json` go.
        """
        folder.mkdir(parents=True, exist_ok=True)
        parts: dict[str, Frozen] = {}
        if self.aggregates is not None and self.aggregates.tables:
            parts[AGGREGATES_FILE] = self.aggregates
        if self.linear is not None:
            parts[LINEAR_FILE] = self.linear
        settings = PredictorFile(
            features=self.inputs.features,
            calendar=self.inputs.calendar,
            country=self.inputs.country,
            threshold=self.threshold,
            record=self.record,
            parts=tuple(parts),
        )
        self.model.save_model(str(folder / MODEL_FILE))
        (folder / CONTRACT_FILE).write_text(self.contract.model_dump_json(indent=2), "utf-8")
        (folder / PREDICTOR_FILE).write_text(settings.model_dump_json(indent=2), "utf-8")
        for name, part in parts.items():
            (folder / name).write_text(part.model_dump_json(), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """Read a predictor that `save` wrote.

        Raises:
            RegistryError: If the folder holds none, or one this version cannot read.
        """
        from catboost import CatBoostError

        try:
            contract = Contract.model_validate_json((folder / CONTRACT_FILE).read_text("utf-8"))
            model = task_of(contract).new_model()
            settings = PredictorFile.model_validate_json(
                (folder / PREDICTOR_FILE).read_text("utf-8")
            )
            model.load_model(str(folder / MODEL_FILE))
            aggregates = _read(AggregateTables, folder / AGGREGATES_FILE, settings)
            linear = _read(LinearModel, folder / LINEAR_FILE, settings)
        except (OSError, ValueError, ContractError, CatBoostError) as error:
            raise RegistryError(
                f"{folder} holds no predictor this version of Weekwise can read: "
                f"{one_line(error)}; train again, or use the version of Weekwise that wrote it"
            ) from error
        inputs = ModelInputs(
            contract=contract,
            features=settings.features,
            calendar=settings.calendar,
            country=settings.country,
        )
        return cls(
            inputs=inputs,
            threshold=settings.threshold,
            record=settings.record,
            model=model,
            aggregates=aggregates,
            linear=linear,
        )


def _read(kind: type[_Part], file: Path, settings: PredictorFile) -> _Part | None:
    if file.name not in settings.parts and not file.exists():
        return None
    return kind.model_validate_json(file.read_text("utf-8"))
