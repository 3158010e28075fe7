from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from weekwise.reports.model_figures import (
    MOST_DOTS,
    SHOWN,
    calibration_figure,
    importance_figure,
    shap_figure,
)
from weekwise.tasks.binary import Binary
from weekwise.tasks.records import CalibrationBin

TASK = Binary()


def texts(chart: str, name: str) -> list[str]:
    """The words of every element of a name."""
    tree = ElementTree.fromstring(f"<div>{chart}</div>")  # noqa: S314 - our own output
    return ["".join(element.itertext()) for element in tree.iter(name)]


def test_only_the_most_important_inputs_are_shown() -> None:
    """Many inputs are cut to those at the head, under their titles where they have any."""
    importances = pd.Series({f"input_{place}": 40.0 - place for place in range(40)})
    chart = importance_figure(importances, {"input_0": "First"}).chart

    assert texts(chart, "th")[2:] == ["First", *(f"input_{place}" for place in range(1, SHOWN))]


def test_many_rows_make_a_small_figure() -> None:
    """However many rows are explained, the dots drawn stay few enough for a small file."""
    rng = np.random.default_rng(0)
    names = [f"input_{place}" for place in range(20)]
    contributions = pd.DataFrame(rng.normal(size=(5000, 20)), columns=names)
    figure = shap_figure(contributions, contributions, {}, "log-odds")

    dots = len(re.findall(r"h\.01", figure.chart))
    assert MOST_DOTS - SHOWN < dots <= MOST_DOTS
    assert len(figure.to_html()) < 100_000


def test_no_rows_and_no_bins() -> None:
    """Without anything to draw, each figure says so."""
    empty = pd.DataFrame({"a": pd.Series(dtype="float64")})

    assert "nothing to show" in importance_figure(pd.Series(dtype="float64"), {}).chart
    assert "nothing to show" in shap_figure(empty, empty, {}, "log-odds").chart
    assert "nothing to show" in calibration_figure({}, TASK).chart


def test_each_model_has_a_curve() -> None:
    """A curve for each model, beside the ideal one."""
    points = [
        CalibrationBin(rows=10, predicted=p, realized=r, lowest=p, highest=p)
        for p, r in ((0.1, 0.2), (0.4, 0.3))
    ]
    chart = calibration_figure({"challenger": points, "champion": points}, TASK).chart

    assert texts(chart, "li") == ["challenger", "champion", "ideal"]
