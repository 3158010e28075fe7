"""The service beside the servers that a user would pick, on the same model, in turns.

It takes the champion of the embedded registry (`make run` makes one) and starts each server with
one worker: plain FastAPI, LitServe, BentoML, MLflow's own server with the registered model and with
the trees alone, the service, the service with the model's call left out, and the service without
its collecting of rows that arrive together. wrk's connections then ask each of them in turn,
several times over, so that a busy moment of the machine meets all of them. For the longest stall
the service is asked for half a minute by 1, 8, 64 and 256 connections.

    uv venv /tmp/peers
    uv pip install --python /tmp/peers --require-hashes -r benchmarks/serving_peers.lock
    python benchmarks/serving.py --peers /tmp/peers [--rounds 5] [--seconds 3]

Without `--peers`, LitServe and BentoML are left out; without wrk (`apt-get install wrk`) the load
comes from `load.py`, which takes more of the machine than a fast server leaves.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from serving_load import Figures, Target, in_turns, is_wrk_there
from serving_processes import champion, running

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests" / "support")]

CONNECTIONS = 8
STALL_CONNECTIONS = (1, 8, 64, 256)
BATCH = 10_000
READY = "frame with categories"
NAMES = {
    "service": "the service",
    "empty": "the model's call left out",
    "alone": "every row alone",
    "fastapi": "plain FastAPI",
    "litserve": "LitServe",
    "bentoml": "BentoML",
    "bare": "mlflow.catboost, trees alone",
    "mlflow": "mlflow, our own pyfunc",
}
OF_PEERS = ("litserve", "bentoml")
PRODUCTS = ("litserve", "bentoml", "bare", "mlflow")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each server")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of a turn")
    parser.add_argument(
        "--stall-seconds", type=int, default=30, help="seconds of each stall's load"
    )
    parser.add_argument("--peers", type=Path, help="the environment of serving_peers.lock")
    parser.add_argument(
        "--servers",
        nargs="+",
        choices=tuple(NAMES),
        default=tuple(NAMES),
        help="beside the service",
    )
    parser.add_argument("--as", dest="kind", help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.kind:
        _serve(options.kind, rest)
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), options)


def _measure(folder: Path, options: argparse.Namespace) -> None:
    model, predictor = champion(store_uri(), folder)
    rows = raw_rows(predictor, BATCH)
    payloads = _payloads(predictor, rows, folder)
    kinds = [kind for kind in options.servers if options.peers or kind not in OF_PEERS]
    rounds, seconds = options.rounds, options.seconds
    with contextlib.ExitStack() as stack:
        first = time.perf_counter()
        ports = {"service": stack.enter_context(running("service", model))}
        ready = [time.perf_counter() - first]
        with running("service", model):
            ready.append(time.perf_counter() - first - ready[0])
        for kind in kinds:
            if kind == "service":
                continue
            ports[kind] = stack.enter_context(running(kind, model, options.peers))
        targets = {
            kind: Target(kind, port, *payloads.get(kind, payloads["service"]))
            for kind, port in ports.items()
        }
        figures = in_turns(targets, CONNECTIONS, rounds, seconds)
        alone = {kind: targets[kind] for kind in ("service", "alone") if kind in targets}
        single = in_turns(alone, 1, rounds, seconds)
        batches = {
            kind: Target(kind, ports["service"], *payloads[kind]).load(1, seconds)
            for kind in ("batch", "arrow")
        }
        stalls = {
            connections: targets["service"].load(connections, options.stall_seconds)
            for connections in STALL_CONNECTIONS
        }
    _tell(figures, single, targets)
    _tell_stalls(stalls, options.stall_seconds)
    _tell_batch(batches, _catboost_ms(predictor, rows))
    print(f"ready after  {ready[0]:.1f} s the first time, {ready[1]:.1f} s with a local copy")


def _payloads(
    predictor: Any, rows: list[dict[str, Any]], folder: Path
) -> dict[str, tuple[str, Path, str]]:
    """What each server is asked: the path, the body's file, and what it is."""
    import pandas as pd

    from weekwise.features.model_frame import model_frame

    ready = model_frame(pd.DataFrame(rows[:1]), predictor.inputs)
    split = json.loads(ready.to_json(orient="split", index=False))
    bodies = {
        "service": ("/predict", rows[0], "a raw row as JSON"),
        "bentoml": ("/predict", {"row": rows[0]}, "a raw row as JSON, under its argument's name"),
        "bare": (
            "/invocations",
            {"dataframe_split": split},
            "a row of features that are made already",
        ),
        "mlflow": ("/invocations", {"dataframe_records": rows[:1]}, "a raw row as a record"),
        "batch": ("/predict/batch", {"rows": rows}, "raw rows as JSON"),
    }
    made = {}
    for name, (path, body, words) in bodies.items():
        file = folder / f"{name}.json"
        file.write_text(json.dumps(body, separators=(",", ":")))
        made[name] = (path, file, words)
    table = folder / "batch.arrow"
    table.write_bytes(_arrow(predictor, rows))
    made["arrow"] = ("/predict/batch", table, "raw rows as an Arrow stream")
    return made | {"litserve": made["service"]}


def _arrow(predictor: Any, rows: list[dict[str, Any]]) -> bytes:
    """Rows as a client that has them in a data frame sends them."""
    import pandas as pd
    import pyarrow as pa

    frame = pd.DataFrame(rows)
    for name in frame:
        if predictor.contract.columns[name].type.facts.temporal:
            frame[name] = pd.to_datetime(frame[name])
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _tell(
    figures: dict[str, Figures], single: dict[str, Figures], targets: dict[str, Target]
) -> None:
    load = "wrk" if is_wrk_there() else "load.py, for want of wrk"
    print(f"{CONNECTIONS} connections of {load}, one worker")
    print(f"{'':30} requests/s    p50 ms    p99 ms  p99.9 ms  longest ms  payload")
    for kind, figure in figures.items():
        times = "".join(f"{figure[key]:10.2f}" for key in ("p50", "p99", "p99.9"))
        print(
            f"{NAMES[kind]:30} {figure['rps']:10,.0f}{times}{figure['longest']:12.1f}  "
            f"{targets[kind].payload}"
        )
    service = figures["service"]
    for kind in ("fastapi", *PRODUCTS):
        if kind in figures:
            aim = 2 if kind == "fastapi" else 3
            ratio = service["rps"] / figures[kind]["rps"]
            print(f"requests/s over {NAMES[kind]:28} {ratio:8.2f} (aim: {aim})")
    if "empty" in figures:
        share = service["rps"] / figures["empty"]["rps"]
        print(f"requests/s over no model {share:27.2f} (aim: 0.9)")
    print(f"p99.9 over p50 {service['p99.9'] / service['p50']:37.1f} (aim: under 5)")
    if "alone" not in single:
        return
    ratio = single["service"]["p50"] / single["alone"]["p50"]
    print(
        f"one connection, p50 {single['service']['p50']:.3f} ms; every row alone "
        f"{single['alone']['p50']:.3f} ms: {ratio:.2f} (aim: 1.1)"
    )


def _tell_stalls(stalls: dict[int, Figures], seconds: int) -> None:
    print(f"the service for {seconds} s   requests/s    p50 ms  p99.9 ms   longest ms")
    for connections, figure in stalls.items():
        print(
            f"{connections:4} connections         {figure['rps']:10,.0f} {figure['p50']:9.2f} "
            f"{figure['p99.9']:9.2f} {figure['longest']:12.1f}"
        )


def _tell_batch(batches: dict[str, Figures], catboost: Figures) -> None:
    for kind, words, aim in (("batch", "as JSON", ""), ("arrow", "as Arrow", " (aim: 20)")):
        took = batches[kind]["p50"]
        print(f"batch of {BATCH:,} rows {words:9}  {took:12.1f} ms{aim}")
        for name, alone in catboost.items():
            aimed = " (aim: 0.5)" if kind == "arrow" and name == READY else ""
            print(f"  CatBoost, {name:27} {alone:6.1f} ms: {alone / took:.2f}{aimed}")


def raw_rows(predictor: Any, count: int) -> list[dict[str, Any]]:
    """Rows of the store that the model can be asked about.

    Args:
        predictor: The model.
        count: How many.
    """
    import duckdb

    from loaded_models import plain_row

    contract, inputs = predictor.contract, predictor.inputs.raw
    with duckdb.connect(str(_data() / "weekwise.duckdb"), read_only=True) as store:
        query = f"SELECT * FROM {contract.table} LIMIT {count}"  # noqa: S608 - our own
        rows = store.sql(query).df()
    return [plain_row(contract, row, inputs) for row in rows.to_dict("records")]


def _catboost_ms(predictor: Any, rows: list[dict[str, Any]]) -> Figures:
    """CatBoost's own predict on what the model is given: a ready frame, and ready lists."""
    import pandas as pd

    from weekwise.features.model_frame import model_frame

    frame = model_frame(pd.DataFrame(rows), predictor.inputs)
    text = {name: frame[name].astype(object) for name in predictor.inputs.categories}
    ready = {
        READY: frame,
        "frame with text": frame.assign(**text),
        "lists": frame.assign(**text).astype(object).to_numpy().tolist(),
    }
    return {name: _best_ms(predictor.model, data) for name, data in ready.items()}


def _best_ms(model: Any, data: Any) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        model.predict(data)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _serve(kind: str, arguments: list[str]) -> None:
    """Be the service, or the service without a part of it."""
    import asyncio

    from api.__main__ import main as serve
    from api.serving.request_batcher import RequestBatcher
    from weekwise.model.predictor import Predictor

    def alone(self: RequestBatcher, row: Any) -> asyncio.Future[Any]:
        future = asyncio.get_running_loop().create_future()
        complete = self.model.predictor.complete([row])
        future.set_result((self.model.predictor.predict_rows(complete)[0], complete[0]))
        return future

    if kind == "empty":
        Predictor.predict_rows = lambda _, rows: [0.5] * len(rows)  # type: ignore[method-assign]
    if kind == "alone":
        RequestBatcher.predict = alone  # type: ignore[method-assign]
    sys.exit(serve(arguments))


def _data() -> Path:
    from api.settings import data_dir

    return (PROJECT / data_dir()).absolute()


def store_uri() -> str:
    """The embedded registry's."""
    return f"sqlite:///{_data() / 'mlflow' / 'mlflow.db'}"


if __name__ == "__main__":
    main()
