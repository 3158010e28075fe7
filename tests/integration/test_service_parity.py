"""What is trained is what is served: the service's numbers are those of the weekly run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

import runs
import stores
from api.serving.registry_reader import RegistryReader
from api.settings import Settings
from loaded_models import plain_row
from service_client import client_of

pytestmark = pytest.mark.slow
ROWS = 1000


def test_like_the_weekly_run(week_1: Path, tmp_path: Path) -> None:
    """For a thousand rows that a run predicted, the service gives the very same probabilities."""
    with stores.in_use(f"sqlite:///{week_1 / 'mlflow' / 'mlflow.db'}"):
        registry = RegistryReader.of(Settings(state_dir=tmp_path))
        model = registry.fetch(registry.release())
    contract = model.predictor.contract
    week = runs.WEEKS[0]
    predicted = pd.read_parquet(week_1 / "07_model_output" / "predictions" / f"{week}.parquet")
    with duckdb.connect(str(week_1 / "weekwise.duckdb"), read_only=True) as store:
        features = store.table(contract.table).df()
    both = predicted.merge(features, on=list(contract.key), suffixes=("", "_")).head(ROWS)
    rows = [plain_row(contract, row) for row in both.to_dict("records")]
    client = client_of(model)

    batch = client.post("/predict/batch", json={"rows": rows}).json()

    assert len(rows) == ROWS
    assert [result["probability"] for result in batch["results"]] == both["probability"].tolist()
    assert [result["decision"] for result in batch["results"]] == both["decision"].tolist()
    for row, probability in list(zip(rows, both["probability"], strict=True))[::20]:
        assert client.post("/predict", json=row).json()["probability"] == probability
