from __future__ import annotations

import inspect
from pathlib import Path

from weekwise.datasets.atomic import AtomicDataset
from weekwise.datasets.chart import ChartDataset
from weekwise.reports.charts import Bar, ChartFigure, bars

FIGURE = ChartFigure("Drift", bars([Bar("a", 0.5)], title="PSI"), 120, "Below 0.1 is steady.")


def test_a_figure_is_read_back(tmp_path: Path) -> None:
    """A figure comes back as it was saved, and its file is a page of its own."""
    dataset = ChartDataset(filepath=(tmp_path / "drift.html").as_posix())

    assert not dataset.exists()
    dataset.save(FIGURE)

    assert dataset.exists()
    assert dataset.load() == FIGURE
    assert (tmp_path / "drift.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_preview_is_a_picture(tmp_path: Path) -> None:
    """Kedro-Viz finds the preview, by its annotation as HTML, on the wrapped dataset too."""
    dataset = AtomicDataset(
        filepath=(tmp_path / "drift.html").as_posix(),
        dataset="weekwise.datasets.chart.ChartDataset",
    )
    dataset.save(FIGURE)

    assert str(inspect.signature(dataset.preview).return_annotation) == "HTMLPreview"
    assert dataset.preview().startswith('<img alt="Drift"')
