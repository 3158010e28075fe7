"""The load that `serving.py` puts on servers: wrk's, or that of `load.py` where there is no wrk."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
Figures = dict[str, float]


@dataclass(frozen=True)
class Target:
    """A server to ask.

    Attributes:
        name: What it is.
        port: Where it listens.
        path: What is asked.
        body: The file with the request's body.
        payload: What that body is, in words.
    """

    name: str
    port: int
    path: str
    body: Path
    payload: str

    def load(self, connections: int, seconds: int) -> Figures:
        """Put a load on it, from a process of its own.

        Args:
            connections: Each has one request in flight.
            seconds: For how long.
        """
        done = subprocess.run(
            self._command(connections, seconds), capture_output=True, text=True, check=True
        )
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        if figures["failed"]:
            sys.exit(f"{self.name}: {figures['failed']:.0f} requests failed")
        return figures

    def _command(self, connections: int, seconds: int) -> list[str]:
        if not is_wrk_there():
            arguments = [str(self.port), self.path, str(self.body), str(connections), str(seconds)]
            return [sys.executable, str(HERE / "load.py"), *arguments]
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
        script = ["-s", str(HERE / "serving_wrk.lua")]
        url = f"http://127.0.0.1:{self.port}{self.path}"
        return ["wrk", *options, *script, url, "--", str(self.body)]


def is_wrk_there() -> bool:
    """Whether the load is wrk's: a client in Python is slower than what it asks."""
    return shutil.which("wrk") is not None


def in_turns(
    targets: Mapping[str, Target], connections: int, rounds: int, seconds: int
) -> dict[str, Figures]:
    """Medians of several turns; the first of each is to get warm, and is not counted.

    Args:
        targets: The servers.
        connections: How many connections ask.
        rounds: How many turns each server has.
        seconds: How long one turn is.
    """
    turns: dict[str, list[Figures]] = {kind: [] for kind in targets}
    for number in range(rounds + 1):
        for kind, target in targets.items():
            figures = target.load(connections, seconds if number else 1)
            if number:
                turns[kind].append(figures)
    return {
        kind: {key: statistics.median(turn[key] for turn in of_kind) for key in of_kind[0]}
        for kind, of_kind in turns.items()
    }
