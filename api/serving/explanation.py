"""A prediction with what each input adds to it."""

from __future__ import annotations

import math
from typing import Any

from api.rows.reader import Row
from api.serving.loaded_model import Served

Answer = dict[str, Any]


def explanation(served: Served, row: Row) -> Answer:
    """The answer to `POST /explain` but for its warnings.

    Args:
        served: The model.
        row: A row that its reader has read.
    """
    predictor = served.predictor
    (probability,) = predictor.predict_rows([row])
    found = predictor.explain_row(row)
    inputs = zip(
        predictor.inputs.names,
        predictor.inputs.titles,
        found.values,
        found.contributions,
        strict=True,
    )
    contributions = [
        _contribution(served, row, name, title, value, share)
        for name, title, value, share in inputs
    ]
    contributions.sort(key=lambda one: -abs(one["contribution"]))
    return {
        "probability": probability,
        "decision": probability >= predictor.threshold,
        "threshold": predictor.threshold,
        "model_version": served.version,
        "log_odds": found.base + math.fsum(found.contributions),
        "base_value": found.base,
        "contributions": contributions,
    }


def _contribution(
    served: Served, row: Row, name: str, title: str, given: str | float, share: float
) -> Answer:
    """One input's part. Of a column it shows the row's own value, of a derived input the number."""
    column = served.predictor.contract.columns.get(name)
    is_column = column is not None and name in served.predictor.features
    value: Any = row[name] if is_column else _plain(given)
    return {
        "feature": name,
        "title": title,
        "value": value,
        "label": served.predictor.inputs.label_of(name, value),
        "unit": column.unit if column is not None and is_column else None,
        "contribution": share,
    }


def _plain(given: str | float) -> str | float | None:
    if isinstance(given, float) and math.isnan(given):
        return None
    return int(given) if isinstance(given, float) and given.is_integer() else given
