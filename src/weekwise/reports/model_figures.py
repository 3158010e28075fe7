"""Plotly figures of a trained model, for kedro-viz and MLflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from weekwise.features.model_frame import Floats
from weekwise.tasks.base import CalibrationBin

SHOWN = 15
BEESWARM_COLUMNS = 60
_LAYOUT = {"template": "plotly_white", "margin": {"l": 10, "r": 10, "t": 60, "b": 10}}


def importance_figure(importances: pd.Series[float], titles: dict[str, str]) -> go.Figure:
    """The inputs that move the predictions most, as bars.

    Args:
        importances: Percent by input, the most important first.
        titles: What people call the inputs.
    """
    top = importances.head(SHOWN)[::-1]
    bars = go.Bar(x=top.to_numpy(), y=[titles.get(n, n) for n in top.index], orientation="h")
    figure = go.Figure(bars)
    return figure.update_layout(
        title="What moves the predictions", xaxis_title="importance (%)", **_LAYOUT
    )


def shap_figure(
    contributions: pd.DataFrame, values: pd.DataFrame, titles: dict[str, str]
) -> go.Figure:
    """The SHAP summary: one dot a row and input, placed by what the input adds to the log-odds.

    Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017.

    Args:
        contributions: SHAP values in log-odds, a column an input.
        values: The inputs' own values, for the color; categories stay grey.
        titles: What people call the inputs.
    """
    order = contributions.abs().mean().sort_values(ascending=False, kind="stable")
    shown = list(order.head(SHOWN).index[::-1])
    figure = go.Figure()
    for place, name in enumerate(shown):
        figure.add_scattergl(
            x=contributions[name].to_numpy(),
            y=place + _spread(contributions[name].to_numpy()),
            mode="markers",
            marker={
                "size": 4,
                "color": _ranks(values[name]),
                "colorscale": "RdBu_r",
                "cmin": 0,
                "cmax": 1,
                "opacity": 0.7,
            },
            hovertext=[f"{titles.get(name, name)}: {value}" for value in values[name]],
            hoverinfo="text+x",
            showlegend=False,
        )
    return figure.update_layout(
        title="What each input adds (red: high value, blue: low, grey: category)",
        xaxis_title="contribution to the log-odds of a positive outcome",
        yaxis={
            "tickmode": "array",
            "tickvals": list(range(len(shown))),
            "ticktext": [titles.get(name, name) for name in shown],
        },
        **_LAYOUT,
    )


def calibration_figure(models: dict[str, tuple[CalibrationBin, ...]]) -> go.Figure:
    """What was forecast against what came, a line a model, on the holdout.

    Args:
        models: Calibration by model.
    """
    figure = go.Figure()
    for name, bins in models.items():
        figure.add_scatter(
            x=[part.predicted for part in bins],
            y=[part.realized for part in bins],
            text=[f"{part.rows:,} rows" for part in bins],
            mode="lines+markers",
            name=name,
        )
    highest = max(
        (max(b.predicted, b.realized) for bins in models.values() for b in bins), default=1
    )
    figure.add_scatter(
        x=[0, highest], y=[0, highest], mode="lines", name="ideal", line={"dash": "dot"}
    )
    return figure.update_layout(
        title="Calibration on the holdout",
        xaxis_title="mean predicted probability",
        yaxis_title="observed rate",
        **_LAYOUT,
    )


def _spread(values: Floats) -> Floats:
    """Vertical offsets that keep dots of like value apart: a beeswarm on a grid of columns."""
    columns = pd.Series(pd.cut(values, BEESWARM_COLUMNS, labels=False))
    height = columns.groupby(columns).cumcount()
    size = columns.groupby(columns).transform("size")
    offsets: Floats = ((height - (size - 1) / 2) / size.max() * 0.8).to_numpy(np.float64)
    return offsets


def _ranks(values: pd.Series[Any]) -> Floats | str:
    """Places from 0 to 1 among the values, or one color for a category."""
    if not pd.api.types.is_numeric_dtype(values):
        return "#9aa0a6"
    return np.asarray(values.rank(pct=True).fillna(0.5), dtype=np.float64)
