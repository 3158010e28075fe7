"""Tables of any size predicted in batches: all rows come out once, right or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import aggregated_trains
import loaded_models
import trains
from weekwise.errors import DataGateError, FeedError
from weekwise.model.predictor import Predictor
from weekwise.scoring import score_rows as scoring
from weekwise.scoring.score_rows import ScoringResult, score_rows


def scored(
    folder: Path, frame: pd.DataFrame, predictor: Predictor, ending: str = "parquet", **more: Any
) -> tuple[ScoringResult, pd.DataFrame, pd.DataFrame]:
    """What became of a frame's rows, the predicted ones and the others."""
    rows = duckdb.connect().from_arrow(pa.Table.from_pandas(frame, preserve_index=False))
    right, wrong = folder / f"right.{ending}", folder / f"wrong.{ending}"
    done = score_rows(rows, predictor, "7", right, wrong, **more)
    read = pd.read_parquet if ending == "parquet" else pd.read_csv
    return done, read(right), read(wrong)


def test_predictions_are_the_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over many batches, to the last bit and in the order of the rows, with their own columns."""
    monkeypatch.setattr(scoring, "BATCH_ROWS", 64)
    rows = trains.trains(20, seed=3).drop(columns="late")
    told: list[int] = []

    done, right, wrong = scored(tmp_path, rows, trains.predictor(), on_rows=told.append)

    assert (done.rows, done.refused, len(wrong)) == (len(rows), 0, 0)
    assert told[-1] == len(rows)
    assert len(told) > 3
    np.testing.assert_array_equal(right["probability"], trains.predictor().predict(rows))
    assert list(right.columns) == [*rows.columns, "probability", "decision", "model_version"]
    assert set(right["model_version"]) == {"7"}
    pd.testing.assert_series_equal(right["train"], rows["train"])


def test_refused_rows_go_beside(tmp_path: Path) -> None:
    """Each with its reason; none is lost, and none is in both files."""
    rows = trains.trains(4).drop(columns="late")
    rows.loc[3, "rain"] = -1.0
    rows.loc[[5, 8], "line"] = "violet"
    rows.loc[8, "stops"] = None

    done, right, wrong = scored(tmp_path, rows, trains.predictor())

    assert done.refused == 3
    assert dict(done.faults) == {"rain": 1, "line": 1, "line, stops": 1}
    assert wrong["train"].tolist() == [3, 5, 8]
    assert wrong["refused_because"][0] == "rain: -1.0 is under the smallest allowed, 0"
    assert sorted([*right["train"], *wrong["train"]]) == rows["train"].tolist()


def test_a_table_of_refused_rows_alone(tmp_path: Path) -> None:
    """The file of predictions has its columns, and no rows."""
    rows = trains.trains(1).drop(columns="late").assign(line="violet")

    done, right, _ = scored(tmp_path, rows, trains.predictor())

    assert done.refused == done.rows == len(rows)
    assert right.empty
    assert right["probability"].dtype == np.float64


@pytest.mark.parametrize(
    ("predictor", "columns"),
    [
        (loaded_models.loaded_faults, ["predicted"]),
        (loaded_models.loaded_delays, ["prediction", "low", "high"]),
    ],
    ids=["classes", "numbers"],
)
def test_every_task(tmp_path: Path, predictor: Any, columns: list[str]) -> None:
    """Classes and numbers have columns of their own."""
    model = predictor().predictor
    rows = trains.trains(3)[list(model.inputs.raw)]

    _, right, _ = scored(tmp_path, rows, model)

    assert set(columns) <= set(right.columns)
    wanted = model.output_frame(model.predict(rows))
    for name in wanted:
        assert right[name].tolist() == wanted[name].tolist()


def test_aggregates_are_looked_up(tmp_path: Path) -> None:
    """Rows from outside lack what the model's own run knew."""
    model = aggregated_trains.predictor()
    rows = trains.trains(3).drop(columns="late")
    assert model.lookup is not None

    _, right, _ = scored(tmp_path, rows, model)

    filled = model.lookup.in_frame(rows.reindex(columns=model.inputs.raw))
    np.testing.assert_array_equal(right["probability"], model.predict(filled))


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_files_of_text(tmp_path: Path, ending: str) -> None:
    """Text needs quotes only where it has a comma."""
    rows = trains.trains(1).drop(columns="late").assign(note='a "b", c')

    done, right, _ = scored(tmp_path, rows, trains.predictor(), ending)

    assert len(right) == done.rows
    assert set(right["note"]) == {'a "b", c'}
    assert right["probability"].tolist() == trains.predictor().predict(rows).tolist()


def test_columns_that_no_file_of_text_has(tmp_path: Path) -> None:
    """Lists and large whole numbers are written as text and numbers."""
    frame = trains.trains(1).drop(columns="late")
    rows = duckdb.connect().from_arrow(pa.Table.from_pandas(frame, preserve_index=False))
    rows = rows.select("*, [1, 2] AS marks, 7::HUGEINT AS serial, 'x'::ENUM ('x') AS kind")

    score_rows(rows, trains.predictor(), "1", tmp_path / "a.csv", tmp_path / "b.csv")

    first = pd.read_csv(tmp_path / "a.csv").iloc[0]
    assert (first["marks"], first["serial"], first["kind"]) == ("[1, 2]", 7, "x")


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    """The message names it, and the column that may be meant."""
    rows = trains.trains(1).rename(columns={"stops": "stop", "line": "colour"})

    with pytest.raises(DataGateError, match=r"lacks 2 of .* line, stops \(did you mean stop\?\)"):
        scored(tmp_path, rows, trains.predictor())


def test_a_table_of_predictions_is_refused(tmp_path: Path) -> None:
    """A column would stand in the output twice."""
    rows = trains.trains(1).assign(Probability=0.5)

    with pytest.raises(FeedError, match="has Probability already"):
        scored(tmp_path, rows, trains.predictor())


def test_parquet_is_written_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch waits in memory for the ones after it."""
    monkeypatch.setattr(scoring, "BATCH_ROWS", 100)

    scored(tmp_path, trains.trains(10).drop(columns="late"), trains.predictor())

    assert pq.ParquetFile(tmp_path / "right.parquet").num_row_groups >= 2
