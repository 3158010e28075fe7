from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trains import CONTRACT, predictor, trains
from weekwise.errors import RegistryError
from weekwise.features.aggregate_lookup import AggregateTable, AggregateTables
from weekwise.model.linear_model import LinearModel
from weekwise.model.predictor import (
    AGGREGATES_FILE,
    BASE_VALUE,
    CONTRACT_FILE,
    LEVEL,
    LINEAR_FILE,
    MODEL_FILE,
    Predictor,
)

ROWS = trains(5, seed=3)


def test_probabilities_of_raw_rows() -> None:
    """Every row gets a probability, whatever other columns the rows have."""
    probabilities = predictor().predict(ROWS.assign(noise="x"))

    assert probabilities.shape == (len(ROWS),)
    assert ((probabilities > 0) & (probabilities < 1)).all()


@pytest.mark.parametrize(
    "rows",
    [
        ROWS.astype(object),
        ROWS.convert_dtypes(dtype_backend="pyarrow"),
        ROWS.astype({"line": "category", "express": object, "cars": "float64"}),
        ROWS.assign(departure=ROWS["departure"].astype(str)),
        ROWS[ROWS.columns[::-1]],
    ],
    ids=["object", "arrow", "mixed", "text time", "other order"],
)
def test_the_same_rows_in_other_dtypes(rows: pd.DataFrame) -> None:
    """Dtypes and the order of columns do not change a probability by one bit."""
    assert np.array_equal(predictor().predict(rows), predictor().predict(ROWS))


@settings(max_examples=20)
@given(st.lists(st.integers(0, len(ROWS) - 1), max_size=8))
def test_a_row_is_scored_alike_in_any_company(places: list[int]) -> None:
    """A row's probability does not depend on the rows it comes with."""
    together = predictor().predict(ROWS)

    assert np.array_equal(predictor().predict(ROWS.iloc[places]), together[places])


def test_large_batches_agree_with_small_ones() -> None:
    """More threads for many rows do not change a bit."""
    many = pd.concat([ROWS] * 10, ignore_index=True)

    found = predictor().predict(many)

    assert np.array_equal(found, np.tile(predictor().predict(ROWS), 10))


def test_awkward_values() -> None:
    """Unseen categories and missing values of every kind are scored."""
    rows = ROWS.head(3).astype(object)
    rows.loc[0, ["line", "rain", "express", "cars", "departure"]] = None
    rows.loc[1, "line"] = "purple"
    rows.loc[2, ["line", "rain"]] = np.nan

    assert np.isfinite(predictor().predict(rows)).all()


def test_no_rows() -> None:
    """No rows give no probabilities and no contributions."""
    assert predictor().predict(ROWS.head(0)).shape == (0,)
    assert predictor().contributions(ROWS.head(0)).shape[0] == 0


def test_decisions_start_at_the_threshold() -> None:
    """A probability equal to the threshold decides yes."""
    assert predictor().output_frame(np.array([0.49, 0.5, 0.51]))["decision"].tolist() == [
        False,
        True,
        True,
    ]


def test_contributions_add_up() -> None:
    """A row's contributions sum to the log-odds of its probability."""
    rows = ROWS.set_index("train", drop=False)

    found = predictor().contributions(rows)

    assert list(found.columns) == [*predictor().inputs.names, BASE_VALUE, LEVEL]
    assert found.index.equals(rows.index)
    probability = predictor().predict(rows)
    np.testing.assert_allclose(found.sum(axis=1), np.log(probability / (1 - probability)))


def test_importances() -> None:
    """Importances name every input, the most important first, and sum to a hundred."""
    found = predictor().importances()

    assert set(found.index) == set(predictor().inputs.names)
    assert found.is_monotonic_decreasing
    assert set(found.index[:2]) == {"line", "rain"}
    assert found.sum() == pytest.approx(100)


def test_saved_and_loaded(tmp_path: Path) -> None:
    """What is loaded equals what was saved: contract, record, threshold and every bit predicted."""
    predictor().save(tmp_path / "new" / "folder")

    loaded = Predictor.load(tmp_path / "new" / "folder")

    assert loaded.inputs == predictor().inputs
    assert loaded.contract.hash == CONTRACT.hash
    assert loaded.record == predictor().record
    assert loaded.threshold == predictor().threshold
    assert np.array_equal(loaded.predict(ROWS), predictor().predict(ROWS))


@pytest.mark.parametrize("lost", [LINEAR_FILE, AGGREGATES_FILE])
def test_a_part_that_not_every_model_has_is_lost(tmp_path: Path, lost: str) -> None:
    """A model that was saved with it does not predict without it."""
    whole = replace(
        predictor(),
        linear=LinearModel(intercept=(0.5,), terms={}, means={}, spreads={}),
        aggregates=AggregateTables(
            as_of=date(2024, 7, 1), tables={"cars_before": AggregateTable(values=(), otherwise=1.0)}
        ),
    )
    whole.save(tmp_path)
    loaded = Predictor.load(tmp_path)
    assert (loaded.linear, loaded.aggregates) == (whole.linear, whole.aggregates)

    (tmp_path / lost).unlink()

    with pytest.raises(RegistryError, match=rf"holds no predictor .*{lost}.* train again"):
        Predictor.load(tmp_path)


@pytest.mark.parametrize("broken", [CONTRACT_FILE, MODEL_FILE])
@pytest.mark.parametrize("content", [None, "{}", '{"a'], ids=["absent", "garbled", "cut off"])
def test_a_broken_folder(tmp_path: Path, broken: str, content: str | None) -> None:
    """A file that is absent or garbled is an error that says what to do."""
    predictor().save(tmp_path)
    (tmp_path / broken).unlink()
    if content is not None:
        (tmp_path / broken).write_text(content)

    with pytest.raises(RegistryError, match=r"holds no predictor .* train again") as caught:
        Predictor.load(tmp_path)

    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)
