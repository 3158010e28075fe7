from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pandas as pd
import pytest

import parcels
from weekwise.quality import gx
from weekwise.quality.checks import GROWTH, STRUCTURE
from weekwise.quality.frames import for_checks, typed
from weekwise.quality.suite import build_suite


def checks() -> list[Any]:
    """The checks of parcels' values, and one whose argument is a parameter."""
    gx.load()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    own = build_suite(parcels.contract()).expectation_configurations
    return [
        *(check for check in own if check.meta["kind"] not in STRUCTURE | GROWTH),
        ExpectationConfiguration(
            type="expect_table_row_count_to_equal",
            kwargs={"value": {"$PARAMETER": "rows"}},
            meta={gx.PLACE: len(own)},
        ),
    ]


def told(frame: Any) -> list[dict[str, Any]]:
    """What Great Expectations says of each check on a frame."""
    table = for_checks(typed(frame, parcels.contract()))
    results = gx.validated(table, checks(), {"rows": 10})
    return [result.to_json_dict() for result in results]


@pytest.mark.parametrize("broken", [False, True])
def test_configurations_made_once_change_no_result(
    monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """Results, details and arguments are those of Great Expectations as it is."""
    frame = parcels.frame()
    if broken:
        frame = frame.assign(weight=-1.0)
    fast = told(frame)
    monkeypatch.setattr(gx, "_configurations_made_once", nullcontext)

    assert fast == told(frame)
    assert all(result["success"] for result in fast) is not broken


@pytest.mark.parametrize("broken", [False, True])
def test_a_large_frame_is_checked_some_columns_at_a_time(
    monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """Results and details are those of all columns together, in the checks' own order."""
    frame = parcels.frame()
    if broken:
        frame = frame.assign(weight=-1.0, carrier="nobody", number=7)
    whole = told(frame)
    monkeypatch.setattr(gx, "_LARGE_ROWS", 1)
    widest = set[int]()
    batch_of = pd.DataFrame.__getitem__

    def taken(table: pd.DataFrame, names: Any) -> Any:
        if isinstance(names, list):
            widest.add(len(names))
        return batch_of(table, names)

    monkeypatch.setattr(pd.DataFrame, "__getitem__", taken)

    assert told(frame) == whole
    assert {result["success"] for result in whole} == ({True, False} if broken else {True})
    assert len(widest) > 1


def test_what_looks_at_other_columns_sees_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a check of the rows in which another column has some value."""
    gx.load()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    monkeypatch.setattr(gx, "_LARGE_ROWS", 1)
    light = ExpectationConfiguration(
        type="expect_column_values_to_be_between",
        kwargs={
            "column": "pieces",
            "max_value": 1,
            "row_condition": "weight < 2",
            "condition_parser": "pandas",
        },
        meta={gx.PLACE: 0, "columns": ["pieces"]},
    )
    frame = pd.DataFrame({"pieces": [1, 5, 1], "weight": [1.0, 9.0, 1.5]})

    (result,) = gx.validated(frame, [light])

    assert result.success


def test_frames_are_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations makes no fingerprint of what it checks: nothing reads it."""
    gx.load()
    from great_expectations.execution_engine import pandas_execution_engine

    def hashed(_frame: Any) -> str:
        raise AssertionError("a frame was hashed")

    monkeypatch.setattr(pandas_execution_engine, "hash_pandas_dataframe", hashed)

    assert all(result["success"] for result in told(parcels.frame()))


def test_expectations_are_left_as_they_were() -> None:
    """After a validation, whether it worked or not, each asks for its configuration as before."""
    gx.load()
    from great_expectations.exceptions.exceptions import BuildBatchRequestError
    from great_expectations.expectations.expectation import Expectation

    before = Expectation.configuration
    told(parcels.frame())
    assert Expectation.configuration is before
    with pytest.raises(BuildBatchRequestError):
        gx.validated("no frame", checks())  # type: ignore[arg-type]
    assert Expectation.configuration is before
