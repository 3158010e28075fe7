"""The champion predicts the upcoming rows. Every node is pure."""

from __future__ import annotations

import logging

import ibis
import numpy as np
import pandas as pd

from weekwise.contract.derive import identity
from weekwise.contract.model import Contract
from weekwise.contract.reserved import PREDICTED_COLUMN
from weekwise.features.window import Window
from weekwise.model.compatibility import why_not
from weekwise.model.contenders import CurrentChampion
from weekwise.model.verdict import Verdict
from weekwise.tasks import task_of
from weekwise.tasks.records import Settings

logger = logging.getLogger(__name__)


def predict_upcoming(
    features: ibis.Table,
    features_contract: Contract,
    champion: CurrentChampion,
    verdict: Verdict,
    window: Window,
) -> pd.DataFrame:
    """Predictions for every upcoming row.

    Args:
        features: Rows of the features contract.
        features_contract: Its contract.
        champion: The model that the verdict asks for, if there is one.
        verdict: What chose it; the champion is looked up once this is known.
        window: The run's place in time.

    Returns:
        One row an upcoming row, in the order of the key: `as_of`, the key's columns and the time,
        the task's own columns, such as `probability`, `decision` and `threshold`, `model_version`
        and `predicted_column`, the target's name. Without upcoming rows, or without a model that
        can predict them, there are no rows; the columns have their types all the same.
    """
    upcoming = window.upcoming(features, features_contract).order_by(*features_contract.key)
    rows = upcoming.to_pyarrow().to_pandas()
    model, task = champion.champion, task_of(features_contract)
    if model is None or why_not(model.predictor, features_contract) is not None:
        logger.warning("No model predicts: %s", " ".join([verdict.headline, *verdict.reasons]))
        rows, version, predicted = rows.iloc[:0], "", np.empty((0, *task.row_shape))
        settings = Settings(threshold=0.5)
    else:
        version, settings = model.version, model.predictor.settings
        predicted = task.aligned(model.predictor.predict(rows), model.predictor.task)
        logger.info(
            "Version %s predicts %s rows (%s).", version, f"{len(rows):,}", verdict.headline
        )
    predictions = pd.DataFrame(
        {
            "as_of": pd.Series(window.as_of, index=rows.index, dtype=object),
            **{name: rows[name] for name in identity(features_contract)},
            **task.output_frame(predicted, settings),
            **task.settings_frame(settings, len(rows)),
            "model_version": version,
            PREDICTED_COLUMN: str(features_contract.target),
        },
        index=rows.index,
    )
    return _typed(predictions, features_contract) if predictions.empty else predictions


def _typed(empty: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """A frame without rows, in types that can be told without values."""
    types = {name: contract.columns[name].type.facts.pandas for name in identity(contract)}
    texts = [
        str(name) for name, dtype in empty.dtypes.items() if pd.api.types.is_object_dtype(dtype)
    ]
    types = {**dict.fromkeys(texts, "str"), **types, "as_of": "date32[day][pyarrow]"}
    return empty.astype({**types, "model_version": "str", PREDICTED_COLUMN: "str"})


def store_predictions(week_predictions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The predictions for the store, where they replace the week's, and for its Parquet file.

    Args:
        week_predictions: Predictions of one week.
    """
    return week_predictions, week_predictions
