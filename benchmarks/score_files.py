"""What `kedro weekly score` costs, beside the parts that cannot be saved.

The features of the store are replicated to some millions of rows, as Parquet, with the time moved
on in each copy. In one run, one after the other: the same file read and written without a model;
CatBoost alone on frames that are ready in memory; and the champion's score of it, whole. Printed
are seconds, CPU seconds, peak memory, and the ratios of the last to the sum of the other two.

    kedro run && python benchmarks/score_files.py [--rows 5000000] [--env flights]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

PROJECT = Path(__file__).parents[1]
KILOBYTES = 1024 * 1024
"""In one GB."""


def replicate(store: Path, rows: int, target: Path) -> int:
    """Write the features of a store again and again; how many rows there are."""
    with duckdb.connect(str(store), read_only=True) as connection:
        (there,) = connection.sql("SELECT count(*) FROM features").fetchone() or (0,)
        copies = -(-rows // there)
        connection.execute(
            f"COPY (SELECT f.* REPLACE (scheduled_departure + to_days(CAST(365 * copy AS INTEGER)) "  # noqa: S608
            f"AS scheduled_departure) FROM range({copies}) AS copies(copy), features AS f "
            f"LIMIT {rows}) TO '{target}' (FORMAT parquet)"
        )
    return rows


@contextmanager
def champion(env: str | None) -> Iterator[tuple[Any, str]]:
    """The registered champion and its version."""
    from kedro.framework.startup import bootstrap_project

    from weekwise.cli.model import open_registry

    bootstrap_project(PROJECT)
    with open_registry(env) as registry:
        version = registry.champion()
        if version is None:
            sys.exit("there is no champion; run: kedro run")
        yield registry.versions.load(version), version


class Spent(NamedTuple):
    """What a part took.

    Attributes:
        seconds: Seconds.
        cpu: Seconds of all its threads' CPU.
    """

    seconds: float
    cpu: float

    @classmethod
    def now(cls) -> Spent:
        """The clocks."""
        return cls(time.perf_counter(), time.process_time())

    def since(self, begun: Spent) -> Spent:
        """What was taken since then."""
        return Spent(self.seconds - begun.seconds, self.cpu - begun.cpu)


def score(source: Path, folder: Path, env: str | None) -> Spent:
    """The whole score, from the open file to both files written."""
    from weekwise.infer.source import Reading, opened
    from weekwise.scoring.score_rows import score_rows

    with (
        champion(env) as (predictor, version),
        opened(str(source), folder, reading=Reading(in_order=True)) as table,
    ):
        begun = Spent.now()
        output, refused = folder / "scored.parquet", folder / "refused.parquet"
        score_rows(table.rows, predictor, version, output, refused)
        return Spent.now().since(begun)


def catboost_alone(source: Path, _folder: Path, env: str | None) -> Spent:
    """CatBoost on the same rows, each batch ready as a frame before the clock starts."""
    import pyarrow.parquet as pq

    from weekwise.features.model_frame import model_frame

    seconds = cpu = 0.0
    with champion(env) as (predictor, _):
        for batch in pq.ParquetFile(source).iter_batches(100_000):
            frame = model_frame(batch.to_pandas(), predictor.inputs)
            begun = Spent.now()
            predictor.model.predict(frame, prediction_type="RawFormulaVal")
            spent = Spent.now().since(begun)
            seconds, cpu = seconds + spent.seconds, cpu + spent.cpu
    return Spent(seconds, cpu)


def read_and_write(source: Path, folder: Path, _env: str | None) -> Spent:
    """The same file read and written in the same batches."""
    import pyarrow.parquet as pq

    begun = Spent.now()
    file = pq.ParquetFile(source)
    with pq.ParquetWriter(folder / "copy.parquet", file.schema_arrow, compression="zstd") as copy:
        for batch in file.iter_batches(100_000):
            copy.write_batch(batch)
    return Spent.now().since(begun)


def measured(part: Any, *given: Any) -> tuple[Spent, float]:
    """What a part took, and its peak memory in GB, in a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (part, *given))


def _measure(part: Any, *given: Any) -> tuple[Spent, float]:
    spent = part(*given)
    # Not getrusage: its peak is also that of the process that started this one.
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return spent, peak / KILOBYTES


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--env", default=None)
    asked = parser.parse_args()
    from weekwise.paths import environment_data

    store = environment_data(PROJECT) / "weekwise.duckdb"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = replicate(store, asked.rows, folder / "rows.parquet")
        print(f"{rows:,} rows")
        spent: dict[Any, Spent] = {}
        for part in (read_and_write, catboost_alone, score):
            spent[part], peak = measured(part, folder / "rows.parquet", folder, asked.env)
            print(
                f"{part.__name__:15} {spent[part].seconds:7.1f} s {spent[part].cpu:7.1f} s of CPU "
                f"{peak:6.2f} GB"
            )
        for place, name in enumerate(Spent._fields):
            ratio = spent[score][place] / (
                spent[catboost_alone][place] + spent[read_and_write][place]
            )
            print(f"score to CatBoost, reading and writing, {name}: {ratio:.2f} (aim: 1.5)")
        print(f"CPU of a million rows scored: {1e6 * spent[score].cpu / rows:.2f} s")


if __name__ == "__main__":
    main()
