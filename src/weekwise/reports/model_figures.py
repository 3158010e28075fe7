"""The figures of a trained model, for Kedro-Viz and MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from weekwise.reports.charts import (
    Bar,
    ChartFigure,
    Swarm,
    bars,
    bars_height,
    beeswarm,
    beeswarm_height,
    reliability_diagram,
    reliability_height,
)
from weekwise.reports.html.markup import Tone
from weekwise.tasks.base import Task
from weekwise.tasks.records import CalibrationBin
from weekwise.wording import fixed

SHOWN = 15
MOST_DOTS = 3000
TONES: Mapping[str, Tone] = {"champion": "accent", "challenger": "second"}


def importance_figure(importances: pd.Series[float], titles: Mapping[str, str]) -> ChartFigure:
    """The inputs that move the predictions most, as bars.

    Args:
        importances: Percent by input, the most important first.
        titles: What people call the inputs.
    """
    top = importances.head(SHOWN)
    rows = [
        Bar(titles.get(str(name), str(name)), float(value))
        for name, value in zip(top.index, top, strict=True)
    ]
    chart = bars(
        rows,
        title="Share of the prediction's movement, in percent",
        show=lambda value: fixed(value, 1),
        names=("Input", "%"),
    )
    return ChartFigure("Feature importance", chart, bars_height(len(rows)))


def shap_figure(
    contributions: pd.DataFrame, values: pd.DataFrame, titles: Mapping[str, str], axis: str
) -> ChartFigure:
    """The SHAP summary: one dot a row and input, placed by what the input adds to the score.

    Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017.

    Args:
        contributions: SHAP values, a column an input; the first rows are drawn, as
            many as `MOST_DOTS` allows.
        values: The inputs' own values, for the color; categories have none.
        titles: What people call the inputs.
        axis: What a contribution is about.
    """
    order = contributions.abs().mean().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in order.head(SHOWN).index]
    rows = MOST_DOTS // max(1, len(names))
    swarms = [
        Swarm(
            titles.get(name, name),
            contributions[name].head(rows).tolist(),
            _ranks(values[name].head(rows)),
        )
        for name in names
    ]
    chart = beeswarm(
        swarms,
        title="SHAP summary",
        axis=axis,
    )
    caption = "Each dot is a row of the holdout. Right of zero, the input raises the prediction."
    return ChartFigure("What each input adds", chart, beeswarm_height(len(swarms)), caption)


def _ranks(values: pd.Series[float]) -> list[float] | None:
    """Places from 0 to 1 among the values; None for a category."""
    if not pd.api.types.is_numeric_dtype(values):
        return None
    return values.rank(pct=True).tolist()


def calibration_figure(models: Mapping[str, Sequence[CalibrationBin]], task: Task) -> ChartFigure:
    """What was predicted against what happened, a curve for each model, on the holdout.

    Args:
        models: Bins of rows of like prediction, by model.
        task: What is predicted.
    """
    curves = [(name, TONES.get(name, "plain"), points) for name, points in models.items()]
    chart = reliability_diagram(
        curves,
        title="Calibration on the holdout",
        axes=(task.words.predictions, task.words.mean_outcome),
        show=task.edge,
    )
    caption = "On the dashed line, what was predicted is what happened."
    return ChartFigure("Calibration on the holdout", chart, reliability_height(), caption)
