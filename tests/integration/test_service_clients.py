"""Other people's clients, and clients that other people's generators make of the document."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import uvicorn

from service_client import application
from trains_service import train, trains_client, trains_model

pytestmark = pytest.mark.slow
APP = Path(__file__).parents[2] / "frontend"
CLIENTS = Path(sys.prefix) / "clients" / "bin"
"""An environment with the generator of Python clients, and what they need."""

GENERATOR = APP / "node_modules" / ".bin" / "openapi-typescript"


@contextmanager
def served(**settings: Any) -> Iterator[int]:
    """The service with the model of trains on a port of this machine."""
    app, _ = application(trains_model(), **settings)
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


ASK = """
import json, sys
from weekwise_client import AuthenticatedClient
from weekwise_client.api.model import model
from weekwise_client.api.predictions import explain, predict, predict_batch
from weekwise_client.models import Batch, BinaryPrediction, Problem
from weekwise_client.models import OneRowOfTrains as Row

client = AuthenticatedClient(base_url=sys.argv[1], token="secret")
given = json.loads(sys.argv[2])
row = Row.from_dict(given)
predicted = predict.sync(client=client, body=row)
assert isinstance(predicted, BinaryPrediction)
many = predict_batch.sync(client=client, body=Batch(rows=[row, row]))
wrong = predict.sync(client=client, body=Row.from_dict({**given, "stops": "many"}))
assert isinstance(wrong, Problem)
stranger = AuthenticatedClient(base_url=sys.argv[1], token="wrong")
print(json.dumps({
    "sent": row.to_dict(),
    "predicted": predicted.to_dict(),
    "explained": explain.sync(client=client, body=row).to_dict()["probability"],
    "many": [each.to_dict()["probability"] for each in many.results],
    "version": model.sync(client=client).version,
    "wrong": [fault.field for fault in wrong.errors],
    "refused": model.sync_detailed(client=stranger).status_code,
}))
"""


@pytest.mark.skipif(not CLIENTS.exists(), reason="the generator is not installed: make clients")
def test_what_a_python_client_leaves_out_stays_out(tmp_path: Path) -> None:
    """A client that openapi-python-client makes asks a live service, and adds nothing to a row."""
    schema = trains_client().get("/schema").json()
    row = {name: train()[name] for name in schema["required"]}
    config = {"package_name_override": "weekwise_client", "post_hooks": []}
    (tmp_path / "config.yml").write_text(json.dumps(config))
    (tmp_path / "ask.py").write_text(ASK)
    with served(keys="secret") as port:
        url = f"http://127.0.0.1:{port}"
        document = httpx.get(f"{url}/openapi.json", trust_env=False).json()
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        subprocess.run(
            [
                *(CLIENTS / "openapi-python-client", "generate", "--meta", "none"),
                *("--path", tmp_path / "openapi.json", "--config", tmp_path / "config.yml"),
                *("--output-path", tmp_path / "weekwise_client"),
            ],
            check=True,
            capture_output=True,
        )
        done = subprocess.run(
            [CLIENTS / "python", tmp_path / "ask.py", f"{url}/v1", json.dumps(row)],
            check=False,
            capture_output=True,
            text=True,
        )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    expected = trains_client().post("/predict", json=row).json()
    assert said["sent"] == row
    assert said["predicted"] == expected
    assert {warning["field"] for warning in expected["warnings"]} == train().keys() - row.keys()
    assert said["explained"] == expected["probability"]
    assert said["many"] == [expected["probability"]] * 2
    assert (said["version"], said["wrong"], said["refused"]) == ("7", ["stops"], 401)
