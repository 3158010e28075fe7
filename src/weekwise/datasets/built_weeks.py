"""From what the weeks of the stored features were built."""

from __future__ import annotations

from typing import Any

from kedro.io import AbstractDataset

from weekwise.datasets.store_table import SPARK, StoreTable
from weekwise.datasets.week_rows import built_weeks
from weekwise.errors import StoreError
from weekwise.features.build_plan import BuiltWeeks


class BuiltWeeksDataset(AbstractDataset[None, BuiltWeeks | None]):
    """What the last run built a table's weeks from, which is saved with the table itself.

    Example in `catalog.yml`:

    ```yaml
    built_weeks:
      type: weekwise.datasets.built_weeks.BuiltWeeksDataset
      table_name: features
      connection: ${_connection}
      week_of: ${time_column:features}
    ```
    """

    def __init__(
        self,
        *,
        table_name: str,
        connection: dict[str, Any],
        week_of: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the table.

        Args:
            table_name: Its name in the store.
            connection: Ibis's `backend` and the arguments of its `connect()`.
            week_of: Its time column; without one it has no weeks.
            metadata: For plugins, such as kedro-viz's layer.
        """
        self._week_of, self._table_name = week_of, table_name
        self.store = (
            None
            if connection["backend"] == SPARK
            else StoreTable(table_name=table_name, connection=connection)
        )
        self.metadata = metadata

    def load(self) -> BuiltWeeks | None:
        """From what they were built; None where that is not kept, as on Spark."""
        if self.store is None or self._week_of is None:
            return None
        return built_weeks(self.store.connection, self._table_name, self._week_of)

    def save(self, data: None) -> None:  # noqa: ARG002 - Kedro's own signature
        """Refuse: it is saved with the table.

        Raises:
            StoreError: Always.
        """
        raise StoreError(f"what {self._table_name} was built from is saved with it")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"table_name": self._table_name, "week_of": self._week_of}
