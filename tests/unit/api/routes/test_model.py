"""What a row is, as the model in service says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_parcels, loaded_trains
from service_client import client_of
from trains_service import trains_client


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


@pytest.mark.parametrize("path", ["/schema", "/model"])
def test_tag(path: str) -> None:
    """What the client has already is not sent again."""
    client = trains_client()
    tag = client.get(path).headers["etag"]

    again = client.get(path, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    # A list may be in one header or in several.
    for headers in ([("if-none-match", f'"other", {tag}')], [("if-none-match", '"other"')] * 2):
        known = client.get(path, headers=[*headers, ("if-none-match", tag)])
        assert known.status_code == 304
