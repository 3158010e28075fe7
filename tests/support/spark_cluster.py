"""A standalone Spark cluster of one master and some workers, as processes on 127.0.0.1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
STARTS_WITHIN_SECONDS = 90


@dataclass
class Cluster:
    """A running cluster.

    Attributes:
        folder: Where its processes write.
        master: What a session connects to.
        processes: The master's, then the workers', each with what it has started in its group.
    """

    folder: Path
    master: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def kill_worker(self, number: int) -> None:
        """Kill a worker and its executors at once, as a machine that loses its power."""
        _kill(self.processes[1 + number])


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster, and end it afterwards."""
    port, page = _free_port(), _free_port()
    started = Cluster(folder, f"spark://{HOST}:{port}")
    master = ["--port", str(port), "--webui-port", str(page)]
    try:
        started.processes.append(_start("master.Master", master, folder / "master"))
        _wait_for(port, started.processes[0])
        for number in range(workers):
            place = folder / f"worker-{number}"
            worker = ["--cores", "1", "--memory", "1g", "--webui-port", str(_free_port())]
            worker += ["--work-dir", str(place / "work"), started.master]
            started.processes.append(_start("worker.Worker", worker, place))
        yield started
    finally:
        for process in reversed(started.processes):
            _kill(process)


def _start(name: str, arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    found = find_spec("pyspark")
    assert found is not None
    assert found.submodule_search_locations
    home = Path(found.submodule_search_locations[0])
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": HOST,
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--host", HOST, *arguments],
            stdout=log,
            stderr=log,
            env=environment,
            # Executors are children: the whole group is killed.
            start_new_session=True,
        )


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the master has ended"
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the master does not answer")
