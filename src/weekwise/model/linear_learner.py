"""Fitting a linear model on the inputs of the trees, with nothing tuned.

It is the plain learner that a recipe has to beat, and what a small table's trees are blended with.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from weekwise.features.model_frame import ModelInputs
from weekwise.features.read_values import Floats
from weekwise.model.linear_model import CategoryTerm, LinearModel, NumberTerm, Scores
from weekwise.tasks import task_of

RARE, RAREST = 20, 2
"""Categories of fewer rows are one; of fewer than a hundredth of a small table, but two."""


def fit_linear(
    frame: pd.DataFrame,
    outcome: Floats,
    inputs: ModelInputs,
    *,
    loss: str | None = None,
    weights: Floats | None = None,
) -> LinearModel:
    """Fit a logistic, ridge or Poisson regression, whichever the task and its loss have.

    Categories become one column for each value; numbers are centred and scaled, and a missing one
    counts as the median, with a column that says so.

    Args:
        frame: What `model_frame` gives, shape (n, inputs).
        outcome: The outcome of each row, shape (n,); they vary.
        inputs: What the model takes of each row.
        loss: The loss of the trees whose scale the scores are to be on; none for the task's own.
        weights: The weight of each row, shape (n,).
    """
    from scipy.linalg import LinAlgWarning
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    task = task_of(inputs.contract)
    encoder = _encoder(inputs, rare=min(RARE, max(RAREST, len(frame) // 100)))
    table = encoder.fit_transform(frame)
    model = task.new_linear_model(loss, table.shape)
    # Steps are so short that threads only wait for each other; and each count rounds differently.
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        # A plain learner may stop where its steps end, or go on by another solver.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", LinAlgWarning)
        model.fit(table, outcome, sample_weight=weights)
    slopes, intercept = task.linear_scores(model)
    terms = _terms(frame, encoder, inputs, slopes)
    added = {name: term.of(frame[name].to_numpy()) for name, term in terms.items()}
    return LinearModel(
        intercept=_plain(intercept - _centre(encoder, inputs, slopes)),
        terms=terms,
        means={name: _plain(values.mean(axis=0)) for name, values in added.items()},
        spreads={name: float(values.std(axis=0).mean()) for name, values in added.items()},
    )


def _encoder(inputs: ModelInputs, rare: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    categories = inputs.categories
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=rare)
    scaler = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    return ColumnTransformer(
        [("categories", encoder, categories), ("numbers", scaler, _numbers(inputs))]
    )


def _numbers(inputs: ModelInputs) -> list[str]:
    return [name for name in inputs.names if name not in set(inputs.categories)]


def _terms(
    frame: pd.DataFrame, encoder: Any, inputs: ModelInputs, slopes: Floats
) -> dict[str, NumberTerm | CategoryTerm]:
    """What each input adds, from the slopes of the encoded columns, shape (scores, columns)."""
    terms: dict[str, NumberTerm | CategoryTerm] = {}
    at = 0
    if inputs.categories:
        one_hot = encoder.named_transformers_["categories"]
        for name, known, rare in zip(
            inputs.categories, one_hot.categories_, one_hot.infrequent_categories_, strict=True
        ):
            few = set() if rare is None else set(rare)
            often = [value for value in known if value not in few]
            # What is rare shares the last column.
            columns = slopes[:, at : at + len(often) + bool(few)]
            terms[name] = CategoryTerm(
                values={str(v): _plain(columns[:, place]) for place, v in enumerate(often)},
                other=_plain(columns[:, -1] if few else np.zeros(len(slopes))),
            )
            at += columns.shape[1]
    numbers = _numbers(inputs)
    if numbers:
        imputer, scaler = (step for _, step in encoder.named_transformers_["numbers"].steps)
        scaled = slopes[:, at:] / scaler.scale_
        gaps = dict(
            zip(imputer.indicator_.features_, range(len(numbers), scaled.shape[1]), strict=True)
        )
        for place, name in enumerate(numbers):
            values = frame[name].to_numpy(np.float64)
            known = values[~np.isnan(values)]
            typical = float(imputer.statistics_[place])
            gap = gaps.get(place)
            terms[name] = NumberTerm(
                low=float(known.min()) if known.size else typical,
                high=float(known.max()) if known.size else typical,
                typical=typical,
                slope=_plain(scaled[:, place]),
                missing=_plain(np.zeros(len(slopes)) if gap is None else scaled[:, gap]),
            )
    return {name: terms[name] for name in inputs.names}


def _centre(encoder: Any, inputs: ModelInputs, slopes: Floats) -> Floats:
    """What centring the numbers takes off each score."""
    if not _numbers(inputs):
        return np.zeros(len(slopes))
    scaler = encoder.named_transformers_["numbers"][-1]
    scaled: Floats = slopes[:, -len(scaler.mean_) :] @ (scaler.mean_ / scaler.scale_)
    return scaled


def _plain(values: Floats) -> Scores:
    return tuple(float(value) for value in values)
