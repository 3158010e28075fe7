"""A loaded version of the model, with all that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import orjson

from api import schemas
from api.rows.batch_reader import CheckedBatch
from api.rows.cancel_flag import CancelFlag
from api.rows.columns import Array, Bools
from api.rows.json_schema import JsonSchema, row_schema
from api.rows.row_reader import RowReader
from api.rows.row_warnings import Row
from weekwise.model.predictor import Predictor
from weekwise.model.release import Release

if TYPE_CHECKING:
    import pandas as pd

Source = Literal["registry", "local copy"]
PART_ROWS = 10_000
"""How many rows are predicted between two looks at the flag."""


@dataclass(frozen=True)
class LoadedModel:
    """One version of the model, ready to answer. It never changes: a new one replaces it.

    Attributes:
        release: What the registry says about it.
        predictor: The model itself.
        reader: What reads and checks its rows.
        examples: Rows that it predicts.
        source: Where it was loaded from.
        loaded_at: When, in UTC.
    """

    release: Release
    predictor: Predictor
    reader: RowReader
    examples: Sequence[Mapping[str, Any]]
    source: Source
    loaded_at: datetime

    @property
    def version(self) -> str:
        """The version."""
        return self.release.version

    @cached_property
    def schema(self) -> JsonSchema:
        """The JSON Schema of a row."""
        lookup = self.predictor.lookup
        return row_schema(
            self.predictor.contract,
            self.version,
            self.examples,
            self.predictor.inputs.raw,
            aggregates_as_of=None if lookup is None else lookup.known.as_of,
            computed=[
                name
                for name in self.predictor.inputs.derived.names
                if name in self.predictor.features
            ],
        )

    @cached_property
    def schema_json(self) -> bytes:
        """The same as JSON."""
        return orjson.dumps(self.schema)

    @cached_property
    def importances(self) -> list[schemas.Importance]:
        """How much each feature changes the predictions, the most important first."""
        titles = dict(zip(self.predictor.inputs.names, self.predictor.inputs.titles, strict=True))
        return [
            schemas.Importance(feature=str(name), title=titles[str(name)], importance=value)
            for name, value in self.predictor.importances().items()
        ]

    def looked_up(self, row: Row) -> dict[str, date]:
        """The aggregates that a row does not bring, and the run that those looked up are of."""
        lookup = self.predictor.lookup
        return {} if lookup is None else dict.fromkeys(lookup.lacking(row), lookup.known.as_of)

    def completed(self, row: Row) -> Row:
        """A row with the aggregates that it does not bring.

        Args:
            row: As the model's reader gives it.
        """
        lookup = self.predictor.lookup
        return row if lookup is None else lookup.in_rows([row])[0]

    def completed_batch(self, batch: CheckedBatch) -> CheckedBatch:
        """The same for the valid rows of a batch."""
        lookup = self.predictor.lookup
        if lookup is None or not any(batch.missing[name].any() for name in lookup.known.tables):
            return batch
        complete = lookup.in_frame(self._frame(batch.columns))
        columns = {name: complete[name].to_numpy() for name in lookup.known.tables}
        missing = {name: np.isnan(values) for name, values in columns.items()}
        return replace(
            batch,
            columns={**batch.columns, **columns},
            missing={**batch.missing, **missing},
        )

    def predict_columns(
        self, columns: Mapping[str, Array], flag: CancelFlag | None = None
    ) -> tuple[list[Any], Mapping[str, Bools]]:
        """Predict many rows through a frame, as the prediction pipeline does.

        Args:
            columns: Each raw input's values, shape (n,), n at least 1.
            flag: Ends the work between two parts of the rows.

        Returns:
            One prediction a row, and where each derived input has no value, shape (n,).
        """
        frame = self._frame(columns)
        derived = self.predictor.inputs.derived.of_frame(frame)
        predictions: list[Any] = []
        for start in range(0, len(frame), PART_ROWS):
            if flag is not None:
                flag.check()
            part = slice(start, start + PART_ROWS)
            columns_of_part = {name: values.iloc[part] for name, values in derived.items()}
            predictions += self.predictor.predict(frame.iloc[part], columns_of_part).tolist()
        return predictions, {name: values.isna().to_numpy() for name, values in derived.items()}

    def output_columns(self, predictions: Sequence[Any]) -> dict[str, Array]:
        """What the registered model would give for predictions: each output, shape (n,)."""
        task, settings = self.predictor.task, self.predictor.settings
        return task.output_frame(np.array(predictions), settings)

    def _frame(self, columns: Mapping[str, Array]) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(
            {
                # pandas would search a bare array of objects for its type.
                name: pd.Series(columns[name], dtype=columns[name].dtype, copy=False)
                for name in self.predictor.inputs.raw
            },
            copy=False,
        )
