"""The weekly flow beside `kedro run`, on the same thin slice, and the cost of a task.

Both run in processes that have imported everything, the flow on a Prefect server that is up, with
the settings that `make prefect` has, in turns; so what is compared is what a week costs and not
what a first start does.

    python benchmarks/orchestration.py [--rounds 3] [--as-of 2013-07-01 --env base]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import flows
import runs

EMPTY_TASKS = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind")
    parser.add_argument("--as-of", default=runs.WEEKS[0], help="the week")
    parser.add_argument(
        "--env", default="test", help="Kedro's environment; flights is all the data"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = flows.Server(Path(folder) / "prefect").start()
        try:
            plain, flow = _weeks(server, Path(folder), asked)
            task = flows.Run(server, Path(folder) / "tasks", _empty_tasks).result()
        finally:
            server.kill()
    ratio = _median(flow, "wall") / _median(plain, "wall")
    print(f"kedro run    {_shown(plain)}")
    print(f"weekly flow  {_shown(flow)}")
    print(f"ratio        {ratio:.3f} (aim: under 1.15)")
    print(f"one task     {task:.3f} s (aim: under 0.1 s)")


@dataclass(frozen=True)
class Took:
    """What one week took.

    Attributes:
        wall: Seconds.
        cpu: Seconds of this process's own, which other work on the machine does not change.
    """

    wall: float
    cpu: float


def _weeks(
    server: flows.Server, folder: Path, asked: argparse.Namespace
) -> tuple[list[Took], list[Took]]:
    plain: list[Took] = []
    flow: list[Took] = []
    # The first of each makes databases and caches, and is not counted.
    for number in range(asked.rounds + 1):
        for kind, made in (("plain", plain), ("flow", flow)):
            data = folder / f"{kind}-{number}" / asked.env
            took = flows.Run(server, data, _timed(kind, asked)).result(300)
            if number:
                made.append(took)
    return plain, flow


def _timed(kind: str, asked: argparse.Namespace) -> Any:
    def run(environment: Any) -> Took:
        from weekwise.orchestration.flow.launch import run_week
        from weekwise.orchestration.project_environment import ProjectEnvironment

        wall, cpu = time.perf_counter(), time.process_time()
        if kind == "flow":
            run_week(ProjectEnvironment.of(environment.path, asked.env), asked.as_of)
        else:
            runs._session_run(asked.as_of, None, None, asked.env)  # noqa: SLF001
        return Took(time.perf_counter() - wall, time.process_time() - cpu)

    return run


def _empty_tasks(_environment: Any) -> float:
    """Seconds that a node costs for being a Prefect task."""
    from kedro.framework.hooks.manager import _create_hook_manager
    from kedro.io import DataCatalog, MemoryDataset
    from kedro.pipeline import Node, Pipeline
    from kedro.runner import SequentialRunner

    from weekwise.orchestration.runner.prefect_runner import PrefectRunner

    nodes = [Node(_nothing, f"d{n}", f"d{n + 1}", name=f"node_{n}") for n in range(EMPTY_TASKS)]
    seconds = {}
    for name, runner in (("plain", SequentialRunner()), ("flow", PrefectRunner())) * 2:
        catalog = DataCatalog({"d0": MemoryDataset(1)})
        started = time.perf_counter()
        runner.run(Pipeline(nodes), catalog, hook_manager=_create_hook_manager())
        seconds[name] = time.perf_counter() - started
    return (seconds["flow"] - seconds["plain"]) / EMPTY_TASKS


def _nothing(value: int) -> int:
    return value


def _median(made: list[Took], name: str) -> float:
    return statistics.median(getattr(took, name) for took in made)


def _shown(made: list[Took]) -> str:
    every = ", ".join(f"{took.wall:.2f}" for took in made)
    return f"{_median(made, 'wall'):.2f} s (of {every}), CPU {_median(made, 'cpu'):.2f} s"


if __name__ == "__main__":
    main()
