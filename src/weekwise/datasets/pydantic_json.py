"""A Pydantic model as a JSON file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from pydantic import BaseModel, ValidationError

from weekwise.errors import StoreError


class PydanticJSONDataset(AbstractDataset[BaseModel, BaseModel]):
    """One model instance in one JSON file, checked when it is read.

    Wrap it in `AtomicDataset`, so that the file is complete or absent.

    Example in `catalog.yml`:

    ```yaml
    weekly_report:
      type: weekwise.datasets.atomic.AtomicDataset
      filepath: data/08_reporting/weekly_report.json
      dataset:
        type: weekwise.datasets.pydantic_json.PydanticJSONDataset
        model: weekwise.reports.weekly.weekly_report.WeeklyReport
    ```
    """

    def __init__(
        self,
        *,
        filepath: str,
        model: str,
        renewable: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name a file and what is in it.

        Args:
            filepath: The file on a local disk.
            model: The model's import path; it is imported when the file is read.
            renewable: Whether an empty model stands for a file that is not there or holds something
                else, since a run finds out again what it held.
            metadata: For plugins, such as kedro-viz's layer.
        """
        self._filepath = Path(filepath)
        self._model = model
        self._renewable = renewable
        self.metadata = metadata

    def load(self) -> BaseModel:
        """The model instance.

        Raises:
            StoreError: If the file holds something else.
        """
        module, _, name = self._model.rpartition(".")
        model: type[BaseModel] = getattr(import_module(module), name)
        if self._renewable and not self._filepath.exists():
            return model()
        try:
            return model.model_validate_json(self._filepath.read_bytes())
        except ValidationError as error:
            if self._renewable:
                return model()
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise StoreError(
                f"{self._filepath} holds no {name}: {place + ': ' if place else ''}{first['msg']}; "
                "run its week again, or restore the file"
            ) from None

    def save(self, data: BaseModel) -> None:
        """Write the model instance."""
        self._filepath.write_text(data.model_dump_json(indent=2), "utf-8")

    def _exists(self) -> bool:
        return self._renewable or self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "model": self._model}
