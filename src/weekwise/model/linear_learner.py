"""The plain learner that a model has to beat: linear, on the same inputs, with nothing tuned."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import pandas as pd

from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.features.read_values import Floats
from weekwise.tasks import task_of
from weekwise.tasks.base import Task

RARE = 20
"""Categories of fewer rows are one."""


@dataclass(frozen=True)
class LinearLearner:
    """A fitted linear model of scikit-learn's.

    Attributes:
        inputs: What it takes of each row.
        task: What it predicts.
        pipeline: Its preprocessing and its model.
    """

    inputs: ModelInputs
    task: Task
    pipeline: Any

    def predict(self, rows: pd.DataFrame) -> Floats:
        """What it makes of some rows, shape (n, …), as the task has it.

        Args:
            rows: Raw rows of the contract, shape (n, any), n at least 1.
        """
        return self.task.predict_linear(self.pipeline, model_frame(rows, self.inputs))


def fit_linear(train: pd.DataFrame, inputs: ModelInputs) -> LinearLearner:
    """Fit a logistic or a ridge regression, whichever the task has.

    Categories become one column for each value; numbers are centred and scaled, and a missing one
    counts as the median, with a column that says so.

    Args:
        train: Raw rows of the contract, whose outcomes are known and vary.
        inputs: What it is to take of each row.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.pipeline import make_pipeline

    contract = inputs.contract
    task = task_of(contract)
    model = make_pipeline(_preprocessing(inputs), task.new_linear_model())
    with warnings.catch_warnings():
        # A plain learner may stop where its steps end.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(model_frame(train, inputs), task.outcomes(train[contract.target]))
    return LinearLearner(inputs, task, model)


def _preprocessing(inputs: ModelInputs) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    categories = inputs.categories
    numbers = [name for name in inputs.names if name not in set(categories)]
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE)
    scaler = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    return ColumnTransformer([("categories", encoder, categories), ("numbers", scaler, numbers)])
