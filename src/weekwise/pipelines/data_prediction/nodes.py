"""The champion predicts the upcoming rows. Every node is pure."""

from __future__ import annotations

import logging

import ibis
import pandas as pd

from weekwise.contract.derive import identity
from weekwise.contract.model import Contract
from weekwise.features.window import Window
from weekwise.model.contenders import Champion
from weekwise.model.verdict import Verdict

logger = logging.getLogger(__name__)


def predict_upcoming(
    features: ibis.Table,
    features_contract: Contract,
    champion: Champion,
    verdict: Verdict,
    window: Window,
) -> pd.DataFrame:
    """Predictions for every upcoming row.

    Args:
        features: Rows of the features contract.
        features_contract: Its contract.
        champion: The model in service, from the registry.
        verdict: What put it there; the champion is looked up once this is known.
        window: The run's place in time.

    Returns:
        One row an upcoming row, in the order of the key: `as_of`, the key's columns and the time,
        the task's own columns, such as `probability`, `decision` and `threshold`, and
        `model_version`.
    """
    upcoming = window.upcoming(features, features_contract).order_by(*features_contract.key)
    rows = upcoming.to_pyarrow().to_pandas()
    predictor = champion.predictor
    outputs = predictor.output_frame(predictor.predict(rows), rows.index)
    logger.info(
        "Version %s predicts %s rows (%s).", champion.version, f"{len(rows):,}", verdict.headline
    )
    return pd.DataFrame(
        {
            "as_of": pd.Series(window.as_of, index=rows.index, dtype=object),
            **{name: rows[name] for name in identity(features_contract)},
            **{name: outputs[name] for name in outputs.columns},
            **predictor.task.settings_frame(predictor.settings, len(rows)),
            "model_version": champion.version,
        },
        index=rows.index,
    )


def store_predictions(week_predictions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The predictions for the store, where they replace the week's, and for its Parquet file.

    Args:
        week_predictions: Predictions of one week.
    """
    return week_predictions, week_predictions
