"""The champion predicts the upcoming rows. Every node is pure."""

from __future__ import annotations

import logging

import ibis
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.features.engines import frame_of, mapped
from weekwise.features.window import Window
from weekwise.model.compatibility import why_not
from weekwise.model.contenders import CurrentChampion
from weekwise.model.prediction_rows import PredictionRows
from weekwise.model.verdict import Verdict

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
    upcoming = window.upcoming(features, features_contract)
    model = champion.champion
    if model is None or why_not(model.predictor, features_contract) is not None:
        logger.warning("No model predicts: %s", " ".join([verdict.headline, *verdict.reasons]))
        return PredictionRows(window.as_of, features_contract, None)(frame_of(upcoming.limit(0)))
    predict = PredictionRows(window.as_of, features_contract, model)
    predictions = mapped(upcoming.select(*predict.columns), predict)
    # Predictions are put in order, not rows: these are wider by far.
    predictions = predictions.sort_values(
        list(features_contract.key), kind="stable", ignore_index=True
    )
    logger.info(
        "Version %s predicts %s rows (%s).",
        model.version,
        f"{len(predictions):,}",
        verdict.headline,
    )
    return predictions


def store_predictions(week_predictions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The predictions for the store, where they replace the week's, and for its Parquet file.

    Args:
        week_predictions: Predictions of one week.
    """
    return week_predictions, week_predictions
