"""The weekly flow beside `kedro run`, on the same thin slice, and the cost of a task.

Both run in processes that have imported everything, the flow on a Prefect server that is up, in
turns; so what is compared is what a week costs and not what a first start does.

    python benchmarks/orchestration.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
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
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        server = flows.Server(Path(folder) / "prefect").start()
        try:
            plain, flow = _weeks(server, Path(folder), rounds)
            task = flows.Run(server, Path(folder) / "tasks", _empty_tasks).result()
        finally:
            server.kill()
    ratio = statistics.median(flow) / statistics.median(plain)
    print(f"kedro run    {_shown(plain)}")
    print(f"weekly flow  {_shown(flow)}")
    print(f"ratio        {ratio:.3f} (aim: under 1.15)")
    print(f"one task     {task:.3f} s (aim: under 0.1 s)")


def _weeks(server: flows.Server, folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    plain: list[float] = []
    flow: list[float] = []
    # The first of each makes databases and caches, and is not counted.
    for number in range(rounds + 1):
        for kind, seconds in (("plain", plain), ("flow", flow)):
            data = folder / f"{kind}-{number}"
            took = flows.Run(server, data, _timed(kind)).result(300)
            if number:
                seconds.append(took)
    return plain, flow


def _timed(kind: str) -> Any:
    def run(project: Any) -> float:
        started = time.perf_counter()
        if kind == "flow":
            flows.week(runs.WEEKS[0])(project)
        else:
            runs._session_run(runs.WEEKS[0], None, None, "test")  # noqa: SLF001
        return time.perf_counter() - started

    return run


def _empty_tasks(_project: Any) -> float:
    """Seconds that a node costs for being a Prefect task."""
    from kedro.framework.hooks.manager import _create_hook_manager
    from kedro.io import DataCatalog, MemoryDataset
    from kedro.pipeline import Node, Pipeline
    from kedro.runner import SequentialRunner

    from weekwise.orchestration.runner import PrefectRunner

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


def _shown(seconds: list[float]) -> str:
    every = ", ".join(f"{each:.2f}" for each in seconds)
    return f"{statistics.median(seconds):.2f} s (of {every})"


if __name__ == "__main__":
    main()
