"""Several tables as one: rows with their targets, and rows to be predicted that come apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import ibis
import pandas as pd
from ibis.common.exceptions import IbisTypeError
from kedro.io import AbstractDataset, DatasetError


class StackedDataset(AbstractDataset[None, ibis.Table | pd.DataFrame]):
    """The rows of some datasets under each other, by name; a column that one lacks is empty.

    Example in `catalog.yml`:

    ```yaml
    feed:
      type: weekwise.datasets.stacked.StackedDataset
      datasets:
        past: {type: pandas.ParquetDataset, filepath: orders.parquet}
        upcoming: {type: pandas.ParquetDataset, filepath: new_orders.parquet}
    ```
    """

    def __init__(
        self,
        *,
        datasets: Mapping[str, Mapping[str, Any]],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the datasets.

        Args:
            datasets: Each one's entry, as in the catalog, by a name for people.
            metadata: Of Kedro's plugins.
        """
        self._datasets = [
            AbstractDataset.from_config(part, dict(entry)) for part, entry in datasets.items()
        ]
        self.metadata = metadata

    def load(self) -> ibis.Table | pd.DataFrame:
        """All rows: an Ibis table if all parts are of one engine, else a frame."""
        parts = [dataset.load() for dataset in self._datasets]
        if all(isinstance(part, ibis.Table) for part in parts):
            return _union(parts)
        frames = [part if isinstance(part, pd.DataFrame) else part.to_pandas() for part in parts]
        return pd.concat([frame.convert_dtypes() for frame in frames], ignore_index=True)

    def save(self, data: None) -> None:  # noqa: ARG002 - Kedro's own signature
        """Nothing is saved to parts that come from elsewhere."""
        raise DatasetError("a stacked table cannot be saved; save its parts")

    def _exists(self) -> bool:
        return all(dataset.exists() for dataset in self._datasets)

    def _describe(self) -> dict[str, Any]:
        return {"datasets": [str(dataset) for dataset in self._datasets]}


def _union(parts: Sequence[ibis.Table]) -> ibis.Table:
    """Parts with the same columns, in the first one's order and in types that hold both."""
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    types = {
        name: _common_type([part.schema()[name] for part in parts if name in part.columns])
        for name in names
    }
    whole = [
        part.select(
            **{
                name: (part[name].cast(kind) if name in part.columns else ibis.null(kind))
                for name, kind in types.items()
            }
        )
        for part in parts
    ]
    return reduce(lambda above, below: above.union(below), whole)


def _common_type(types: Sequence[ibis.DataType]) -> ibis.DataType:
    """The wider of two kinds of number; text where one part has text."""
    try:
        return ibis.expr.datatypes.highest_precedence(types)
    except IbisTypeError:
        return ibis.dtype("string")
