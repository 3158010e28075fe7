"""Whole-run time and memory of `kedro run`, side by side with the plain script.

Both are started as a user starts them, in turn, several times; what is compared is whole processes,
imports included. The ratio of each pair is what counts: these figures hold on a noisy machine.

    python benchmarks/weekly_run.py [--as-of 2013-07-01] [--pairs 3]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
LOGGING = PROJECT / "benchmarks" / "logging.yml"
MAX_WALL_RATIO = 2.5
MAX_MEMORY_GB = 2.0
_RUNNING = re.compile(r"^(?P<at>\d+\.\d+) Running node: ", re.MULTILINE)
_COMPLETED = re.compile(r"^(?P<at>\d+\.\d+) Completed node: (?P<pipeline>\w+)\.", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """What one process took.

    Attributes:
        wall: Seconds from start to end.
        cpu: Processor seconds.
        memory: Peak resident memory in GB.
        started: When it started, seconds since the epoch.
        output: What it printed.
    """

    wall: float
    cpu: float
    memory: float
    started: float
    output: str


def measure(command: list[str], **variables: str) -> Cost:
    """Run a command to its end and read its cost off the operating system."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.time()
        process = subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | variables, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.time() - started
        output.seek(0)
        text = output.read()
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n{text}")
    return Cost(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 2**20,
        started=started,
        output=text,
    )


def weekly_run(as_of: str) -> Cost:
    """One weekly run in an empty store."""
    with tempfile.TemporaryDirectory() as data:
        kedro = str(Path(sys.executable).with_name("kedro"))
        return measure(
            [kedro, "run", "--params", f"as_of={as_of}"],
            WEEKWISE_DATA_DIR=data,
            KEDRO_LOGGING_CONFIG=str(LOGGING),
        )


def plain_script(as_of: str) -> Cost:
    """One run of the plain script."""
    script = str(PROJECT / "benchmarks" / "plain_script.py")
    return measure([sys.executable, script, "--as-of", as_of])


def stages(run: Cost) -> dict[str, float]:
    """Where a run's seconds went: starting, each pipeline, and closing.

    A node's seconds are those since the node before: loading, the data gate and saving included.
    """
    first = float(next(_RUNNING.finditer(run.output))["at"])
    spent = {"start-up and imports": first - run.started}
    last = first
    for line in _COMPLETED.finditer(run.output):
        pipeline = line["pipeline"]
        spent[pipeline] = spent.get(pipeline, 0.0) + float(line["at"]) - last
        last = float(line["at"])
    spent["Data Docs and closing screen"] = run.started + run.wall - last
    return spent


def main() -> None:
    """Run the pairs and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--as-of", default="2013-07-01")
    parser.add_argument("--pairs", type=int, default=3)
    arguments = parser.parse_args()

    pairs = []
    for number in range(arguments.pairs):
        plain, ours = plain_script(arguments.as_of), weekly_run(arguments.as_of)
        pairs.append((plain, ours))
        print(
            f"pair {number + 1}: plain script {plain.wall:.1f} s, weekly run {ours.wall:.1f} s, "
            f"ratio {ours.wall / plain.wall:.2f}",
            flush=True,
        )

    ratio = _median(pairs, lambda plain, ours: ours.wall / plain.wall)
    memory = max(ours.memory for _, ours in pairs)
    print(f"\nas of {arguments.as_of}, median of {len(pairs)} pairs")
    print(f"wall ratio    {ratio:.2f} (at most {MAX_WALL_RATIO})")
    print(f"cpu ratio     {_median(pairs, lambda plain, ours: ours.cpu / plain.cpu):.2f}")
    print(f"peak memory   {memory:.2f} GB (at most {MAX_MEMORY_GB}), ")
    print(f"              plain script {max(plain.memory for plain, _ in pairs):.2f} GB")
    print("\nwhere the seconds go in the last weekly run")
    for stage, seconds in stages(pairs[-1][1]).items():
        print(f"{seconds:6.1f} s  {stage}")


def _median(pairs: list[tuple[Cost, Cost]], figure: Callable[[Cost, Cost], float]) -> float:
    return statistics.median(figure(plain, ours) for plain, ours in pairs)


if __name__ == "__main__":
    main()
