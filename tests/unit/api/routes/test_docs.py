"""The documents and their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import trains
from api.rows.table_body import ARROW, PARQUET
from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_delays, loaded_faults, loaded_trains
from service_client import client_of
from trains_service import trains_client


def test_openapi_has_the_row() -> None:
    """The live OpenAPI document has the columns of the model in service."""
    row = trains_client().get("/openapi.json").json()["components"]["schemas"]["Row"]

    assert list(row["properties"]) == trains.CONTRACT.inputs
    assert row["properties"]["rain"]["type"] == ["number", "null"]


def test_no_other_host() -> None:
    """The pages load nothing from another host."""
    asked = trains_client()
    for path in ("/docs", "/"):
        assert "//" not in asked.get(path).text.replace("http://www.w3.org/", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert asked.get(f"/docs/{name}").status_code == 200


def test_what_generators_read() -> None:
    """Operations have short names, tags have text, and both ways to send a key are described."""
    for keys in ("", "one"):
        document = trains_client(keys=keys).get("/openapi.json").json()
        operations = [
            operation for path in document["paths"].values() for operation in path.values()
        ]
        names = [operation["operationId"] for operation in operations]
        assert len(names) == len(set(names))
        assert {"predict", "explain", "predict_batch", "schema"} <= set(names)
        described = {tag["name"] for tag in document["tags"] if tag["description"]}
        assert {tag for operation in operations for tag in operation["tags"]} == described
        assert document["components"]["securitySchemes"].keys() == {"HTTPBearer", "APIKeyHeader"}


@pytest.mark.parametrize(
    "model", [loaded_trains, loaded_delays, loaded_faults], ids=lambda made: made.__name__
)
def test_examples_are_answers(model: Callable[[], LoadedModel]) -> None:
    """Each example fits its schema; those of predictions are what the model answers."""
    client = client_of(model())
    document = client.get("/openapi.json").json()
    examples = 0
    for operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                values = [each["value"] for each in content.get("examples", {}).values()]
                values += [content["example"]] if "example" in content else []
                for value in values:
                    schema = {**content["schema"], "components": document["components"]}
                    Draft202012Validator(schema).validate(value)
                    examples += 1
    assert examples > 30

    (row, *_) = document["components"]["schemas"]["Row"]["examples"]
    for path in ("/predict", "/explain"):
        answers = document["paths"][path]["post"]["responses"]["200"]["content"]
        assert answers["application/json"]["example"] == client.post(path, json=row).json()


def test_every_problem_has_an_example() -> None:
    """Each answer that is a problem shows one of each kind that it may be."""
    document = trains_client().get("/openapi.json").json()
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if not status.startswith(("2", "3")):
                content = response["content"]["application/problem+json"]
                told = [each["value"]["title"] for each in content["examples"].values()]
                assert "; or ".join(told) == response["description"]
                assert {each["value"]["status"] for each in content["examples"].values()} == {
                    int(status)
                }


def test_headers_are_described() -> None:
    """What a response is said to have as headers it has, and the reverse."""
    client = trains_client(keys="one", rate_limit="3/minute")
    document = client.get("/openapi.json").json()
    known = {name.lower() for name in document["components"]["headers"]}
    key = {"x-api-key": "one"}

    for path, status, headers in (
        ("/model", 200, key),
        ("/schema", 304, key | {"if-none-match": "*"}),
        ("/model", 401, {}),
        ("/shadow", 200, key),
        ("/model", 429, key),
    ):
        answer = client.get(path, headers=headers)
        assert answer.status_code == status
        described = document["paths"][path]["get"]["responses"][str(status)]["headers"]
        rates = {name for name in known if name.startswith("ratelimit")}
        sent = {name for name in answer.headers if name in known}
        assert sent - rates == {name.lower() for name in described} - rates


def test_tables_are_described() -> None:
    """A batch may be an Arrow or a Parquet table, and so may its answer."""
    batch = trains_client().get("/openapi.json").json()["paths"]["/predict/batch"]["post"]

    for content in (batch["requestBody"]["content"], batch["responses"]["200"]["content"]):
        assert set(content) == {"application/json", ARROW, PARQUET}


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All operations of a document."""
    for path in document["paths"].values():
        yield from path.values()
