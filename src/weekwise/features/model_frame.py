"""From raw rows of a contract to what CatBoost is given: the same for training and serving.

Each kind of column is read by a function of one value (`text_of`, `number_of`), which the functions
of whole columns apply to every distinct value or agree with, so that one row and a million are read
alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import model_validator

from weekwise.contract.column import Role
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, DataGateError
from weekwise.features.local_time import local_times
from weekwise.features.time_features import calendar_feature, calendar_features

if TYPE_CHECKING:
    from catboost import Pool

MISSING = "missing"
"""The category that stands for no value: CatBoost takes no missing category."""

Floats = npt.NDArray[np.float64]


class ModelInputs(Frozen):
    """What a model is given of each row.

    Attributes:
        contract: What the raw rows are.
        features: The contract's features that the model takes, in the model's order.
        calendar: The calendar features it takes, which follow from the contract's time column.
        country: The country whose public holidays count, as an ISO 3166 code; none if none do.
    """

    contract: Contract
    features: tuple[str, ...]
    calendar: tuple[str, ...] = ()
    country: str | None = None

    @model_validator(mode="after")
    def _names_exist(self) -> ModelInputs:
        unknown = [name for name in self.features if name not in self.contract.features]
        if unknown:
            raise ContractError(
                f"contract {self.contract.table} has no feature {', '.join(unknown)}; "
                f"its features are {', '.join(self.contract.features)}"
            )
        for name in self.calendar:
            calendar_feature(name)
        if self.calendar and self.contract.time is None:
            raise ContractError(
                f"contract {self.contract.table} has no time column for calendar features; "
                "give one column role: time"
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what the model is given, in its order."""
        return self.features + self.calendar

    @property
    def titles(self) -> list[str]:
        """Short names for people of what the model is given, in its order."""
        columns = self.contract.columns
        named = [columns[name].title for name in self.features]
        return [*named, *(calendar_feature(name).title for name in self.calendar)]

    def label_of(self, name: str, value: Any) -> str | None:
        """What a person calls a value of an input, where that is not the value itself.

        Args:
            name: One of `names`.
            value: Its value; none has no label.
        """
        if value is None:
            return None
        if name in self.features:
            known = self.contract.columns[name].values  # noqa: PD011 - a contract's own
            return None if known is None else known.get(value)
        label = calendar_feature(name).label
        return None if label is None else label(int(value))

    @property
    def categories(self) -> list[str]:
        """Names of the features that are categories."""
        columns = self.contract.columns
        return [name for name in self.features if columns[name].type.facts.textual]

    @property
    def raw(self) -> list[str]:
        """Names of the raw columns these follow from: the time column, if needed, and features."""
        times = self.contract.names(Role.TIME) if self.calendar else []
        return [*times, *self.features]


def model_frame(rows: pd.DataFrame, inputs: ModelInputs) -> pd.DataFrame:
    """What the model is given of some raw rows.

    Args:
        rows: Raw rows of the contract, shape (n, any): its features (text, numbers or booleans of
            any dtype, None or NaN where missing) and its time column. Other columns are ignored.
        inputs: What the model takes.

    Returns:
        One column for each of `inputs.names`, on the index of `rows`: categories as text, all else
        as float64.

    Raises:
        DataGateError: If a column is missing, or has a value that is not of its type.
    """
    _refuse_missing_columns(rows, inputs)
    categories = set(inputs.categories)
    columns: dict[str, Any] = {
        name: _read(rows[name], category_column if name in categories else number_column)
        for name in inputs.features
    }
    if inputs.calendar and inputs.contract.time is not None:
        zone = inputs.contract.timezone
        times = _read(rows[inputs.contract.time], lambda column: time_column(column, zone))
        columns |= calendar_features(times, inputs.calendar, country=inputs.country)
    return pd.DataFrame(columns, index=rows.index, copy=False)


def model_pool(
    rows: pd.DataFrame,
    inputs: ModelInputs,
    *,
    label: Floats | None = None,
    weight: Floats | None = None,
) -> Pool:
    """The same as a CatBoost pool.

    Args:
        rows: Raw rows, as for `model_frame`.
        inputs: What the model takes.
        label: The outcome of each row, shape (n,).
        weight: The weight of each row, shape (n,).
    """
    from catboost import Pool

    frame = model_frame(rows, inputs)
    return Pool(frame, label, weight=weight, cat_features=inputs.categories, thread_count=1)


def text_of(value: Any) -> str:
    """A category as text: `missing` for none, and whole numbers alike whether 1, 1.0 or "1"."""
    if value is None or value is pd.NA:
        return MISSING
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return MISSING
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value)


def number_of(value: Any) -> float:
    """A number or a boolean as a float: NaN for none."""
    return math.nan if value is None or value is pd.NA else float(value)


def category_column(column: pd.Series[Any]) -> pd.Categorical:
    """`text_of` each value, shape (n,)."""
    codes, distinct = pd.factorize(column)
    texts = [*(text_of(value) for value in distinct), MISSING]  # code -1, the last, is no value
    categories, places = np.unique(np.array(texts, dtype=object), return_inverse=True)
    return pd.Categorical.from_codes(places[codes], categories=pd.Index(categories, dtype=object))


def number_column(column: pd.Series[Any]) -> Floats:
    """`number_of` each value, shape (n,)."""
    if column.dtype == object:
        return np.array([number_of(value) for value in column], dtype=np.float64)
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy(dtype=np.float64)
    return column.to_numpy(dtype=np.float64, na_value=math.nan)


def time_column(column: pd.Series[Any], zone: str) -> npt.NDArray[np.datetime64]:
    """Timestamps as a zone's clock shows them, shape (n,), NaT for none."""
    # Twice, since text with an offset is a time only after the first.
    times = local_times(pd.to_datetime(local_times(column, zone)), zone)
    return times.to_numpy(dtype="datetime64[us]")


def _read(column: pd.Series[Any], reader: Callable[[pd.Series[Any]], Any]) -> Any:
    try:
        return reader(column)
    except (TypeError, ValueError) as error:
        raise DataGateError(
            f"column {column.name} cannot be read as its contract's type: {error}; "
            f"it arrived as {column.dtype}"
        ) from None


def _refuse_missing_columns(rows: pd.DataFrame, inputs: ModelInputs) -> None:
    absent = [name for name in inputs.raw if name not in rows.columns]
    if absent:
        extra = [str(name) for name in rows.columns if name not in inputs.contract.columns]
        raise DataGateError(
            f"the rows lack {len(absent)} of the {len(inputs.raw)} columns the model takes: "
            f"{', '.join(absent)}; add them"
            + (f" (columns it does not know: {', '.join(extra[:5])})" if extra else "")
        )
