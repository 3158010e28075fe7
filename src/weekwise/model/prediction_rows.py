"""A model's predictions of some rows, as they are stored: wherever the rows are computed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from weekwise.contract.derive import identity
from weekwise.contract.model import Contract
from weekwise.contract.reserved import PREDICTED_COLUMN
from weekwise.model.contenders import Champion
from weekwise.tasks import task_of
from weekwise.tasks.records import Settings


@dataclass(frozen=True)
class PredictionRows:
    """Makes predictions of rows; it may be sent to other processes, which need Weekwise alone.

    Attributes:
        as_of: The run's logical date.
        contract: What the rows are.
        model: What predicts them; without one there are no predictions.
    """

    as_of: date
    contract: Contract
    model: Champion | None

    @property
    def columns(self) -> list[str]:
        """Names of the columns of the rows that predictions are made of, each once."""
        taken = [] if self.model is None else self.model.predictor.inputs.raw
        return list(dict.fromkeys([*identity(self.contract), *taken]))

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Predictions of rows, each in the place of its row.

        Args:
            rows: Raw rows of the contract, shape (n, any).

        Returns:
            `as_of`, the key's columns and the time, the task's own columns, `model_version` and
            `predicted_column`. Without rows the columns have their types all the same.
        """
        task = task_of(self.contract)
        if self.model is None:
            rows, version, settings = rows.iloc[:0], "", Settings(threshold=0.5)
        else:
            version, settings = self.model.version, self.model.predictor.settings
        if self.model is None or rows.empty:
            predicted = np.empty((0, *task.row_shape))
        else:
            predictor = self.model.predictor
            predicted = task.aligned(predictor.predict(rows), predictor.task)
        predictions = pd.DataFrame(
            {
                "as_of": pd.Series(self.as_of, index=rows.index, dtype=object),
                **{name: rows[name] for name in identity(self.contract)},
                **task.output_frame(predicted, settings),
                **task.settings_frame(settings, len(rows)),
                "model_version": version,
                PREDICTED_COLUMN: str(self.contract.target),
            },
            index=rows.index,
        )
        return _typed(predictions, self.contract) if predictions.empty else predictions


def _typed(empty: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """A frame without rows, in types that can be told without values."""
    types = {name: contract.columns[name].type.facts.pandas for name in identity(contract)}
    texts = [
        str(name) for name, dtype in empty.dtypes.items() if pd.api.types.is_object_dtype(dtype)
    ]
    types = {**dict.fromkeys(texts, "str"), **types, "as_of": "date32[day][pyarrow]"}
    return empty.astype({**types, "model_version": "str", PREDICTED_COLUMN: "str"})
