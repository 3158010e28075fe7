"""The documents and their pages."""

from __future__ import annotations

import trains
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
