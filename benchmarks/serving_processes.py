"""The servers that `serving.py` measures, each a process with one worker and the same champion."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving_peers import FOLDER

HERE = Path(__file__).parent
PROJECT = HERE.parent
START_SECONDS = 120


@dataclass(frozen=True)
class Model:
    """The champion, and the files that servers start from.

    Attributes:
        uri: MLflow's store.
        name: The registered model.
        version: The champion's version.
        folder: Where processes keep what they write.
    """

    uri: str
    name: str
    version: str
    folder: Path

    @property
    def predictor(self) -> Path:
        """The predictor's folder."""
        return self.folder / "predictor"

    @property
    def bare(self) -> Path:
        """The trees alone, as `mlflow.catboost` saves them."""
        return self.folder / "bare"


def champion(uri: str, folder: Path) -> tuple[Model, Any]:
    """The champion of a store, its files put into a folder, and the predictor itself.

    Args:
        uri: MLflow's store.
        folder: The folder.
    """
    import mlflow
    import mlflow.catboost

    from weekwise.model.registry import Registry

    mlflow.set_tracking_uri(uri)
    models = mlflow.MlflowClient().search_registered_models()
    version = Registry(models[0].name).champion() if models else None
    if version is None:
        sys.exit("there is no champion yet; make one with: make run")
    model = Model(uri, models[0].name, version, folder)
    predictor = Registry(model.name).versions.load(version)
    predictor.save(model.predictor)
    mlflow.catboost.save_model(predictor.model, str(model.bare), pip_requirements=["catboost"])
    return model, predictor


@contextlib.contextmanager
def running(
    kind: str,
    model: Model,
    peers: Path | None = None,
    *,
    workers: int = 1,
    settings: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """A server that answers on a port, until the block is over.

    Args:
        kind: Which server.
        model: What it serves.
        peers: The folder of the peers' environment.
        workers: The service's workers.
        settings: Further environment variables.
    """
    import httpx

    from service_process import free_port

    port = free_port()
    environment = os.environ | {
        # MLflow looks for uvicorn on the path, whether or not the environment is activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "MLFLOW_TRACKING_URI": model.uri,
        "WEEKWISE_API_STATE_DIR": str(model.folder / "state"),
        "WEEKWISE_API_WORKERS": str(workers),
        "WEEKWISE_API_PORT": str(port),
        "BENTOML_DO_NOT_TRACK": "true",
        FOLDER: str(model.predictor),
        **(settings or {}),
    }
    path = model.folder / f"{kind}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            _command(kind, port, model, peers),
            cwd=HERE if kind in ("litserve", "bentoml") else PROJECT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            end = time.monotonic() + START_SECONDS
            while True:
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"{kind} does not answer:\n{path.read_text()}")
                with contextlib.suppress(httpx.TransportError):
                    url = f"http://127.0.0.1:{port}{_READY.get(kind, '/health/ready')}"
                    if httpx.get(url, trust_env=False).is_success:
                        break
                time.sleep(0.02)
            yield port
        finally:
            # Some servers leave their workers behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


_READY = {
    "mlflow": "/ping",
    "bare": "/ping",
    "fastapi": "/openapi.json",
    "litserve": "/health",
    "bentoml": "/readyz",
}


def _command(kind: str, port: int, model: Model, peers: Path | None) -> list[str]:
    python = sys.executable if peers is None else str(peers / "bin" / "python")
    at = str(port)
    mlflow = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    commands = {
        "mlflow": [*mlflow, "-m", f"models:/{model.name}/{model.version}", "-p", at, "-w", "1"],
        "bare": [*mlflow, "-m", str(model.bare), "-p", at, "-w", "1"],
        "fastapi": [sys.executable, str(HERE / "serving_peers.py"), at],
        "litserve": [python, str(HERE / "serving_lit.py"), at],
        "bentoml": [python, "-m", "bentoml", "serve", "serving_bento:service", "--port", at],
    }
    return commands.get(kind) or [sys.executable, str(HERE / "serving.py"), "--as", kind]
