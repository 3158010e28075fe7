"""One worker of the service beside two, by the number of connections that ask.

Both are started on the champion of the embedded registry (`make run` makes one), and wrk asks them
in turns once all workers have their model. Printed are requests a second, the CPU time of a
request (of all workers together, which is steadier than seconds on a machine that others use), and
how many cores the service got.

    python benchmarks/serving_workers.py [--connections 1 8 64] [--rounds 5] [--seconds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from serving import raw_rows, store_uri
from serving_load import Figures, Target
from serving_processes import champion, running

WORKERS = (1, 2)
TICKS = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Running:
    """A service with some workers.

    Attributes:
        target: What is asked.
        workers: How many workers it has.
        processes: The ids of their processes.
    """

    target: Target
    workers: int
    processes: list[int]

    def load(self, connections: int, seconds: int) -> Figures:
        """Ask it; its figures with the CPU time of a request in µs, and the cores it took."""
        before = self._cpu_seconds()
        figures = self.target.load(connections, seconds)
        spent = self._cpu_seconds() - before
        return figures | {
            "cpu": 1e6 * spent / (figures["rps"] * seconds),
            "cores": spent / seconds,
        }

    def _cpu_seconds(self) -> float:
        # After the name in brackets: the 14th and 15th fields of the line are user's and system's.
        stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")") for each in self.processes]
        return sum(int(ticks) for *_, stat in stats for ticks in stat.split()[11:13]) / TICKS

    def memory(self) -> float:
        """Megabytes that one worker has to itself."""
        rollup = Path(f"/proc/{self.processes[-1]}/smaps_rollup").read_text().splitlines()
        own = (int(line.split()[1]) for line in rollup if line.startswith("Private_"))
        return sum(own) * 1024 / MEGABYTE


def wait_for_workers(port: int, workers: int) -> None:
    """Wait until each worker has its model: one that starts takes the others' time."""
    while True:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        info = [line for line in text.splitlines() if line.startswith("weekwise_model_info{")]
        if any(float(line.split()[-1]) == workers for line in info):
            break
        time.sleep(0.2)
    # After its model a worker puts its heap in order.
    time.sleep(2)


def processes_of(port: int) -> list[int]:
    """The ids of the processes that accept connections on a port."""
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    }
    sockets = {f"socket:[{inode}]" for inode in listening}
    ids = []
    for folder in Path("/proc").glob("[0-9]*/fd"):
        links = []
        for link in folder.glob("*"):
            try:
                links.append(str(link.readlink()))
            except OSError:  # it was closed meanwhile
                continue
        if sockets & set(links):
            ids.append(int(folder.parent.name))
    return sorted(ids)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        model, predictor = champion(store_uri(), Path(folder))
        body = Path(folder) / "row.json"
        body.write_text(json.dumps(raw_rows(predictor, 1)[0]))
        services = []
        for workers in WORKERS:
            port = stack.enter_context(running("service", model, workers=workers))
            wait_for_workers(port, workers)
            target = Target(f"{workers} workers", port, "/predict", body, "")
            # With several, the first one only starts the others.
            services.append(Running(target, workers, processes_of(port)[-workers:]))
        print("connections  workers  requests/s  p50 ms  p99 ms  CPU µs/request  cores")
        for connections in asked.connections:
            turns: dict[int, list[Figures]] = {each.workers: [] for each in services}
            for number in range(asked.rounds + 1):
                for service in services:
                    figures = service.load(connections, asked.seconds if number else 1)
                    if number:
                        turns[service.workers].append(figures)
            for workers, of_workers in turns.items():
                median = {k: statistics.median(t[k] for t in of_workers) for k in of_workers[0]}
                print(
                    f"{connections:11} {workers:8} {median['rps']:11,.0f} {median['p50']:7.2f} "
                    f"{median['p99']:7.2f} {median['cpu']:15.0f} {median['cores']:6.2f}",
                    flush=True,
                )
        print(f"memory of one worker: {services[0].memory():.0f} MB")


if __name__ == "__main__":
    main()
