"""What a row is, as the model in service says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_parcels, loaded_trains
from service_client import client_of


@pytest.mark.parametrize("load", [loaded_trains, loaded_parcels])
def test_examples_are_accepted(load: Callable[[], LoadedModel]) -> None:
    """Every example, and the row of all typical, is predicted as it is."""
    model = load()
    asked = client_of(model)
    schema = asked.get("/schema").json()

    typical = {name: part["x-typical"] for name, part in schema["properties"].items()}
    for row in [*schema["examples"], typical]:
        assert asked.post("/predict", json=row).status_code == 200
    assert schema["x-order"] == list(model.predictor.contract.inputs)
