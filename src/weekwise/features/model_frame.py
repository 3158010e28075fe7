"""From raw rows of a contract to what CatBoost is given: the same for training and serving."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pandas as pd
from pydantic import model_validator

from weekwise.contract.derived import raw_names
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, DataGateError
from weekwise.features.derived_columns import DerivedColumns
from weekwise.features.read_values import (
    category_column,
    number_column,
    read,
    time_column,
)
from weekwise.features.time_features import calendar_feature, calendar_features


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
        """Names of the raw columns these follow from, in the table's order.

        They are the time column, if needed, the features, and what derived ones are computed from.
        """
        return raw_names([*self._times, *self.features], self.contract.columns)

    @cached_property
    def derived(self) -> DerivedColumns:
        """What computes the features that are derived from others."""
        return DerivedColumns(self.features, self.contract)

    @property
    def _times(self) -> list[str]:
        return [self.contract.time] if self.calendar and self.contract.time else []


def model_frame(
    rows: pd.DataFrame,
    inputs: ModelInputs,
    derived: Mapping[str, pd.Series[Any]] | None = None,
) -> pd.DataFrame:
    """What the model is given of some raw rows.

    Args:
        rows: Raw rows of the contract, shape (n, any): its features (text, numbers or booleans of
            any dtype, None or NaN where missing) and its time column. Other columns are ignored.
        inputs: What the model takes.
        derived: The rows' derived columns; computed here if left out.

    Returns:
        One column for each of `inputs.names`, on the index of `rows`: categories as text, all else
        as float64.

    Raises:
        DataGateError: If a column is missing, or has a value that is not of its type.
    """
    _refuse_missing_columns(rows, inputs)
    categories = set(inputs.categories)
    derived = inputs.derived.of_frame(rows) if derived is None else derived
    columns: dict[str, Any] = {
        name: read(
            derived[name] if name in derived else rows[name],
            category_column if name in categories else number_column,
        )
        for name in inputs.features
    }
    if inputs.calendar and inputs.contract.time is not None:
        zone = inputs.contract.timezone
        times = read(rows[inputs.contract.time], lambda column: time_column(column, zone))
        columns |= calendar_features(times, inputs.calendar, country=inputs.country)
    return pd.DataFrame(columns, index=rows.index, copy=False)


def _refuse_missing_columns(rows: pd.DataFrame, inputs: ModelInputs) -> None:
    absent = [name for name in inputs.raw if name not in rows.columns]
    if absent:
        extra = [str(name) for name in rows.columns if name not in inputs.contract.columns]
        raise DataGateError(
            f"the rows lack {len(absent)} of the {len(inputs.raw)} columns the model takes: "
            f"{', '.join(absent)}; add them"
            + (f" (columns it does not know: {', '.join(extra[:5])})" if extra else "")
        )
