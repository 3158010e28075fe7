"""What predicting a week's rows costs in a run, beside CatBoost on data that is ready for it.

The features of the store are replicated to a million rows of a store of their own. In turns, in one
process: CatBoost alone on frames that are ready in memory, in the same batches; Weekwise on frames
that are read already; and what a run does, from the stored table to the frame of predictions.

    kedro run && python benchmarks/predict_rows.py [--rows 1000000] [--turns 5] [--env flights]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis

from score_files import PROJECT, Spent, champion


def replicate(store: Path, rows: int, target: Path) -> None:
    """Write the features of a store again and again, into a store of their own."""
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"ATTACH '{store}' AS store (READ_ONLY)")
        (there,) = connection.execute("SELECT count(*) FROM store.features").fetchone() or (0,)
        connection.execute(
            f"CREATE TABLE features AS SELECT f.* FROM range({-(-rows // there)}), "  # noqa: S608
            f"store.features AS f LIMIT {rows}"
        )


def timed(part: Callable[[], Any]) -> Spent:
    """What a part takes."""
    begun = Spent.now()
    part()
    return Spent.now().since(begun)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--env", default=None)
    asked = parser.parse_args()
    from weekwise.features.engines import BATCH_ROWS, mapped
    from weekwise.features.model_frame import model_frame
    from weekwise.model.contenders import Champion
    from weekwise.model.prediction_rows import PredictionRows
    from weekwise.paths import environment_data

    with tempfile.TemporaryDirectory() as scratch, champion(asked.env) as (predictor, version):
        place = Path(scratch) / "rows.duckdb"
        replicate(environment_data(PROJECT) / "weekwise.duckdb", asked.rows, place)
        predict = PredictionRows(date.today(), predictor.contract, Champion(version, predictor))  # noqa: DTZ011
        rows = ibis.duckdb.connect(place, read_only=True).table("features").select(*predict.columns)
        frames = [batch.to_pandas() for batch in rows.to_pyarrow_batches(chunk_size=BATCH_ROWS)]
        ready = [model_frame(frame, predictor.inputs) for frame in frames]
        parts: dict[str, Callable[[], Any]] = {
            "CatBoost, on ready frames": lambda: [
                predictor.model.predict(frame, prediction_type="RawFormulaVal") for frame in ready
            ],
            "Weekwise, on frames that are read": lambda: [predict(frame) for frame in frames],
            "Weekwise, from the store": lambda: mapped(rows, predict),
        }
        turns = [{name: timed(part) for name, part in parts.items()} for _ in range(asked.turns)]
    (first, *_) = parts
    print(f"{asked.rows:,} rows, medians of {asked.turns} turns")
    for name in parts:
        seconds, cpu = (statistics.median(turn[name][place] for turn in turns) for place in (0, 1))
        speeds = [
            statistics.median(turn[first][place] / turn[name][place] for turn in turns)
            for place in (0, 1)
        ]
        print(
            f"{name:35} {seconds:6.2f} s {cpu:6.2f} s of CPU; speed to CatBoost's "
            f"{speeds[0]:.2f}, by CPU {speeds[1]:.2f}"
        )


if __name__ == "__main__":
    main()
