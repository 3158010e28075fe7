"""A chart as an HTML file that opens alone, with a preview for Kedro-Viz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import HTMLPreview

from weekwise.reports.charts import ChartFigure


class ChartDataset(AbstractDataset[ChartFigure, ChartFigure]):
    """One chart in one HTML file with no script, which any browser and MLflow show.

    Wrap it in `AtomicDataset`, so that the file is complete or absent.

    Example in `catalog.yml`:

    ```yaml
    drift_figure:
      type: weekwise.datasets.atomic.AtomicDataset
      filepath: data/08_reporting/figures/drift.html
      dataset: weekwise.datasets.chart.ChartDataset
    ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name a file.

        Args:
            filepath: The file on a local disk.
            metadata: For plugins, such as Kedro-Viz's layer.
        """
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> ChartFigure:
        """The chart.

        Raises:
            StoreError: If the file holds something else.
        """
        return ChartFigure.from_html(self._filepath.read_text("utf-8"))

    def save(self, data: ChartFigure) -> None:
        """Write the chart."""
        self._filepath.write_text(data.to_html(), "utf-8")

    def preview(self) -> HTMLPreview:
        """The chart as a picture.

        Kedro-Viz reads previews as Markdown too, in which an underscore in a name becomes italics
        and breaks a tag; a picture is left as it is, and its style stays its own.
        """
        return HTMLPreview(str(self.load().to_image()))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
