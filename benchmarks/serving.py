"""The service beside `mlflow models serve`, on the same model and the same rows, in turns.

It takes the champion of the embedded registry (`make run` makes one) and starts four processes,
each with one worker: MLflow's own server, the service, the service with the model's call left out,
and the service without its collecting of rows that arrive together. Eight connections then ask each
of them in turn, several times over, so that a busy moment of the machine meets all of them. For the
longest stall the service is asked for half a minute by 1, 8, 64 and 256 connections.

    python benchmarks/serving.py [--rounds 5] [--seconds 3]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

CONNECTIONS = 8
STALL_CONNECTIONS = (1, 8, 64, 256)
STALL_SECONDS = 30
BATCH = 10_000
LOAD = Path(__file__).with_name("load.py")
Figures = dict[str, float]


@dataclass(frozen=True)
class Target:
    """A process to ask.

    Attributes:
        name: What it is.
        port: Where it listens.
        path: What is asked.
        body: The file with the request's body.
    """

    name: str
    port: int
    path: str
    body: Path

    def load(self, connections: int, seconds: float) -> Figures:
        """Put a load on it, from a process of its own."""
        arguments = [str(self.port), self.path, str(self.body), str(connections), str(seconds)]
        done = subprocess.run(
            [sys.executable, str(LOAD), *arguments], capture_output=True, text=True, check=True
        )
        figures: Figures = json.loads(done.stdout)
        if figures["failed"]:
            sys.exit(f"{self.name}: {figures['failed']} requests failed")
        return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each process")
    parser.add_argument("--seconds", type=float, default=3, help="seconds of a turn")
    parser.add_argument("--as", dest="kind", help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.kind:
        _serve(options.kind, rest)
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), options.rounds, options.seconds)


def _measure(folder: Path, rounds: int, seconds: float) -> None:
    rows = _rows()
    single_row, mlflow_single, many = (
        folder / "one.json",
        folder / "mlflow.json",
        folder / "many.json",
    )
    single_row.write_text(json.dumps(rows[0]))
    mlflow_single.write_text(json.dumps({"dataframe_records": rows[:1]}))
    many.write_text(json.dumps({"rows": rows}, separators=(",", ":")))
    with contextlib.ExitStack() as stack:
        first = time.perf_counter()
        ports = {"service": stack.enter_context(_process("service", folder))}
        ready = [time.perf_counter() - first]
        with _process("service", folder):
            ready.append(time.perf_counter() - first - ready[0])
        for kind in ("empty", "alone", "mlflow"):
            ports[kind] = stack.enter_context(_process(kind, folder))
        targets = {
            kind: Target(kind, port, "/predict", single_row) for kind, port in ports.items()
        } | {"mlflow": Target("mlflow", ports["mlflow"], "/invocations", mlflow_single)}
        figures = _in_turns(targets, CONNECTIONS, rounds, seconds)
        single = _in_turns(
            {kind: targets[kind] for kind in ("service", "alone")}, 1, rounds, seconds
        )
        batch = Target("batch", ports["service"], "/predict/batch", many).load(1, seconds)
        stalls = {
            connections: targets["service"].load(connections, STALL_SECONDS)
            for connections in STALL_CONNECTIONS
        }
    _tell(figures, single)
    _tell_stalls(stalls)
    _tell_batch(batch, _catboost_ms(rows))
    print(f"ready after  {ready[0]:.1f} s the first time, {ready[1]:.1f} s with a local copy")
    _tell_workers(folder, single_row, rounds, seconds)


def _in_turns(
    targets: dict[str, Target], connections: int, rounds: int, seconds: float
) -> dict[str, Figures]:
    """Medians of several turns; the first of each is to get warm, and is not counted."""
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


_NAMES = {
    "mlflow": "mlflow models serve",
    "service": "the service",
    "empty": "the model's call left out",
    "alone": "every row alone",
}


def _tell(figures: dict[str, Figures], single: dict[str, Figures]) -> None:
    print(f"{CONNECTIONS} connections, one worker     requests/s    p50 ms    p99 ms")
    for kind, name in _NAMES.items():
        figure = figures[kind]
        print(f"{name:30} {figure['rps']:12,.0f} {figure['p50']:9.2f} {figure['p99']:9.2f}")
    service, theirs = figures["service"], figures["mlflow"]
    print(f"requests/s over mlflow         {service['rps'] / theirs['rps']:12.1f} (aim: 8)")
    print(f"p99 over mlflow's              {service['p99'] / theirs['p99']:12.3f} (aim: 0.2)")
    share = service["rps"] / figures["empty"]["rps"]
    print(f"requests/s over no model       {share:12.2f} (aim: 0.6, better 0.8)")
    ratio = single["service"]["p50"] / single["alone"]["p50"]
    print(
        f"one connection, p50            {single['service']['p50']:.3f} ms; every row alone "
        f"{single['alone']['p50']:.3f} ms: {ratio:.2f} (aim: 1.1)"
    )


def _tell_stalls(stalls: dict[int, Figures]) -> None:
    print(f"the service for {STALL_SECONDS} s   requests/s    p50 ms  p99.9 ms   longest ms")
    for connections, figure in stalls.items():
        print(
            f"{connections:4} connections         {figure['rps']:10,.0f} {figure['p50']:9.2f} "
            f"{figure['p99.9']:9.2f} {figure['longest']:12.1f}"
        )


def _tell_batch(batch: Figures, catboost: Figures) -> None:
    print(f"batch of {BATCH:,} rows of JSON    {batch['p50']:12.1f} ms")
    for name, took in catboost.items():
        print(f"  CatBoost, {name:27} {took:6.1f} ms: {took / batch['p50']:.2f} (aim: 0.5)")


def _tell_workers(folder: Path, body: Path, rounds: int, seconds: float) -> None:
    with (
        _process("service", folder) as port,
        _process("service", folder, workers=2) as two_worker_port,
    ):
        time.sleep(3)  # the second worker may still be starting
        targets = {
            "1": Target("1", port, "/predict", body),
            "2": Target("2", two_worker_port, "/predict", body),
        }
        figures = _in_turns(targets, CONNECTIONS, rounds, seconds)
    ratio = figures["2"]["rps"] / figures["1"]["rps"]
    print(
        f"two workers over one           {ratio:12.2f} (on {os.cpu_count()} cores, which the load "
        "shares)"
    )


def _rows() -> list[dict[str, Any]]:
    """The newest rows of the store that the model can be asked about."""
    import duckdb

    from loaded_models import plain_row
    from weekwise.model.registry import Registry

    predictor = Registry(_name()).load(_champion())
    with duckdb.connect(str(_data() / "weekwise.duckdb"), read_only=True) as store:
        query = f"SELECT * FROM {predictor.contract.table} LIMIT {BATCH}"  # noqa: S608 - our own
        rows = store.sql(query).df()
    return [plain_row(predictor.contract, row) for row in rows.to_dict("records")]


def _catboost_ms(rows: list[dict[str, Any]]) -> Figures:
    """CatBoost's own predict on what the model is given: a ready frame, and ready lists."""
    import pandas as pd

    from weekwise.features.model_frame import model_frame
    from weekwise.model.registry import Registry

    predictor = Registry(_name()).load(_champion())
    frame = model_frame(pd.DataFrame(rows), predictor.inputs)
    text = {name: frame[name].astype(object) for name in predictor.inputs.categories}
    ready = {
        "frame with categories": frame,
        "frame with text": frame.assign(**text),
        "lists": frame.assign(**text).astype(object).to_numpy().tolist(),
    }
    return {name: _best_ms(predictor.model, data) for name, data in ready.items()}


def _best_ms(model: Any, data: Any) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        model.predict_proba(data)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


@contextlib.contextmanager
def _process(kind: str, folder: Path, workers: int = 1) -> Iterator[int]:
    """A process that answers on a port, until the block is over."""
    import httpx

    from service_process import free_port

    port = free_port()
    environment = os.environ | {
        # MLflow looks for uvicorn on the path, whether or not the environment is activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "MLFLOW_TRACKING_URI": _uri(),
        "WEEKWISE_API_STATE_DIR": str(folder / "state"),
        "WEEKWISE_API_WORKERS": str(workers),
        "WEEKWISE_API_PORT": str(port),
    }
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            _command(kind, port), cwd=PROJECT, env=environment, stdout=log, stderr=log
        )
        try:
            path = "/ping" if kind == "mlflow" else "/health/ready"
            while True:
                if process.poll() is not None:
                    sys.exit((folder / f"{kind}.log").read_text())
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).is_success:
                        break
                time.sleep(0.02)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _command(kind: str, port: int) -> list[str]:
    if kind == "mlflow":
        model = f"models:/{_name()}/{_champion()}"
        options = ["-m", model, "--env-manager", "local", "-p", str(port), "-w", "1"]
        return [sys.executable, "-m", "mlflow", "models", "serve", *options]
    return [sys.executable, __file__, "--as", kind]


def _serve(kind: str, arguments: list[str]) -> None:
    """Be the service, or the service without a part of it."""
    import asyncio

    from api.__main__ import main as serve
    from api.serving.request_batcher import RequestBatcher
    from weekwise.model.predictor import Predictor

    def alone(self: RequestBatcher, row: Any) -> asyncio.Future[float]:
        future = asyncio.get_running_loop().create_future()
        future.set_result(self.model.predictor.predict_rows([row])[0])
        return future

    if kind == "empty":
        Predictor.predict_rows = lambda _, rows: [0.5] * len(rows)  # type: ignore[method-assign]
    if kind == "alone":
        RequestBatcher.predict = alone  # type: ignore[method-assign]
    sys.exit(serve(arguments))


def _data() -> Path:
    from api.settings import data_dir

    return (PROJECT / data_dir()).absolute()


def _uri() -> str:
    return f"sqlite:///{_data() / 'mlflow' / 'mlflow.db'}"


def _name() -> str:
    import mlflow

    mlflow.set_tracking_uri(_uri())
    models = mlflow.MlflowClient().search_registered_models()
    if not models:
        sys.exit("there is no model yet; make one with: make run")
    name: str = models[0].name
    return name


def _champion() -> str:
    from weekwise.model.registry import Registry

    champion = Registry(_name()).champion()
    if champion is None:
        sys.exit("there is no champion yet; make one with: make run")
    return champion


if __name__ == "__main__":
    main()
