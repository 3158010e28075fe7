"""A loaded version of the model, with all that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import orjson

from api import schemas
from api.rows.columns import Array, Bools
from api.rows.json_schema import JsonSchema, row_schema
from api.rows.row_reader import RowReader
from weekwise.model.predictor import Predictor
from weekwise.model.release import Release

if TYPE_CHECKING:
    import pandas as pd

Source = Literal["registry", "local copy"]


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
        return row_schema(
            self.predictor.contract, self.version, self.examples, self.predictor.inputs.raw
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

    def predict_columns(
        self, columns: Mapping[str, Array]
    ) -> tuple[list[Any], Mapping[str, Bools]]:
        """Predict many rows through a frame, as the prediction pipeline does.

        Args:
            columns: Each raw input's values, shape (n,), n at least 1.

        Returns:
            One prediction a row, and where each derived input has no value, shape (n,).
        """
        frame = self._frame(columns)
        predictions: list[Any] = self.predictor.predict(frame).tolist()
        derived = self.predictor.inputs.derived.of_frame(frame)
        return predictions, {name: values.isna().to_numpy() for name, values in derived.items()}

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
