from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from weekwise.contract.column import Column
from weekwise.quality.text_values import read_text_values


def read(values: list[Any], kind: str, dtype: Any = None) -> pd.Series[Any]:
    """Values read as a column of some type."""
    column = Column.model_validate({"type": kind, "role": "context", "title": "C"})
    return read_text_values(pd.Series(values, dtype=dtype), column, "Europe/Berlin")


def test_times_are_read_as_iso_8601_has_them() -> None:
    """A date, or a local time; gaps stay gaps."""
    times = read(["2024-05-01", "2024-05-01T10:30", None], "datetime")

    assert list(times[:2]) == [pd.Timestamp("2024-05-01"), pd.Timestamp("2024-05-01 10:30")]
    assert pd.isna(times[2])


def test_times_with_an_offset_are_those_of_the_zone() -> None:
    """In one column with times of the zone's own clock; summer and winter differ."""
    times = read(["2024-07-01T10:00Z", "2024-01-01 10:00:00 -0200", "2024-05-01 09:00"], "datetime")

    assert times.astype(str).tolist() == [
        "2024-07-01 12:00:00",
        "2024-01-01 13:00:00",
        "2024-05-01 09:00:00",
    ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2024-05-01", "soon"], "date"),
        (["2024-05-01T10:00Zulu"], "datetime"),
        (["01.05.2024"], "date"),
        (["yes", "perhaps"], "boolean"),
        ([0.5, 1.0], "boolean"),
        (["1", "2"], "integer"),
        (["a"], "category"),
    ],
)
def test_what_cannot_all_be_read_stays(values: list[Any], kind: str) -> None:
    """Then the gate says which value it is."""
    assert list(read(values, kind)) == values
