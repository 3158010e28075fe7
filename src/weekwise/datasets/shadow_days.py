"""What the service has kept of its shadow, by day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset

from weekwise.errors import StoreError
from weekwise.model.shadow_scores import shadow_days


class ShadowDaysDataset(AbstractDataset[pd.DataFrame, pd.DataFrame]):
    """How the shadow's predictions differ from the champion's, one row a day and pair of versions.

    Example in `catalog.yml`:

    ```yaml
    shadow_days:
      type: weekwise.datasets.shadow_days.ShadowDaysDataset
      filepath: data/orders/shadow
    ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folder.

        Args:
            filepath: The folder that the service keeps them in; empty where it has no shadow.
            metadata: For plugins, such as kedro-viz's layer.
        """
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """What `weekwise.model.shadow_scores.shadow_days` gives.

        Raises:
            StoreError: If a file is damaged.
        """
        return shadow_days(self._filepath)

    def save(self, data: pd.DataFrame) -> None:  # noqa: ARG002 - Kedro's own signature
        """Refuse: the service writes it.

        Raises:
            StoreError: Always.
        """
        raise StoreError(f"{self._filepath} is written by the service; save to another dataset")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
