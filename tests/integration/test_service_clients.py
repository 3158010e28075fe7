"""Other people's clients, and clients that other people's generators make of the document."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import uvicorn

from service_client import application
from trains_service import train, trains_client, trains_model

pytestmark = pytest.mark.slow
APP = Path(__file__).parents[2] / "frontend"
GENERATOR = APP / "node_modules" / ".bin" / "openapi-typescript"


@contextmanager
def served() -> Iterator[int]:
    """The service with the model of trains on a port of this machine."""
    app, _ = application(trains_model())
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def test_mlflow_client() -> None:
    """MLflow's own scoring client asks the service as it asks MLflow's server."""
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    rows = [train(), train() | {"rain": None}]
    frame = pd.DataFrame(rows).assign(departure=lambda all_: pd.to_datetime(all_["departure"]))
    with served() as port:
        client = ScoringServerClient("127.0.0.1", port)
        client.ping()
        assert client.get_version()
        predicted = client.invoke(frame).get_predictions()

    answer = trains_client().post("/predict/batch", json={"rows": rows}).json()
    expected = [result["probability"] for result in answer["results"]]
    assert predicted["probability"].tolist() == expected


@pytest.mark.skipif(not GENERATOR.exists(), reason="the app's packages are not installed")
def test_what_a_typescript_client_leaves_out_stays_out(tmp_path: Path) -> None:
    """A row's optional fields are optional in TypeScript: one with a default would not be."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(trains_client().get("/openapi.json").json()))
    needed = trains_client().get("/schema").json()["required"]
    row = {name: train()[name] for name in needed}
    types = tmp_path / "schema.ts"
    subprocess.run([GENERATOR, document, "--output", types], check=True, capture_output=True)
    (tmp_path / "client.ts").write_text(
        "import type { components } from './schema';\n"
        f"export const row: components['schemas']['Row'] = {json.dumps(row)};\n"
    )

    compiler = APP / "node_modules" / ".bin" / "tsc"
    done = subprocess.run(
        [compiler, "--noEmit", "--strict", tmp_path / "client.ts"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    answer = trains_client().post("/predict", json=row).json()
    assert {warning["field"] for warning in answer["warnings"]} == {
        name for name in train() if name not in needed
    }
