"""The service held to its own OpenAPI document, and the weekly reports it finds in MLflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import mlflow
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import loaded_models
import model_stores
from api.main import openapi_document
from api.settings import Settings
from model_stores import Store
from service_client import Client, client_of

pytestmark = pytest.mark.slow
OPERATIONS = [
    (path, method)
    for path, operations in openapi_document(Settings())["paths"].items()
    for method in operations
]
CASES = [
    (path, method, mode)
    for path, method in OPERATIONS
    for mode in GenerationMode
    # A GET takes nothing that could be wrong.
    if not (mode is GenerationMode.NEGATIVE and method == "get")
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with reports of two weeks, one written twice, then by a run that failed."""
    store = model_stores.empty_store(tmp_path_factory.mktemp("store"))
    with store.in_use():
        mlflow.create_experiment("weeks", artifact_location=str(store.folder / "artifacts"))
        report("2013-07-01", "OK", loss=None)
        report("2013-07-08", "OK", loss=0.6)
        report("2013-07-08", "WARN", loss=0.5)
        report("2013-07-08", "ACT", status="FAILED")
        report("2013-07-15", None)
    return store


def report(
    as_of: str, report_status: str | None, *, loss: float | None = None, status: str = "FINISHED"
) -> None:
    """A weekly run with a report, or without."""
    experiment = mlflow.get_experiment_by_name("weeks")
    assert experiment is not None
    number = experiment.experiment_id
    with mlflow.start_run(experiment_id=number, tags={"as_of": as_of}) as run:
        if report_status is not None:
            week = {"as_of": "2013-06-24", "loss": loss, "expected_loss": 0.55}
            performance = {"weeks": [] if loss is None else [week]}
            figures = {"performance": performance, "predictions": {"model_version": "3"}}
            content = {
                "status": report_status,
                "headline": f"{report_status}: x",
                "as_of": as_of,
                "figures": figures,
            }
            mlflow.log_text(json.dumps(content), "weekly_report/weekly_report.json")
            mlflow.log_text(f"<h1>{report_status}</h1>", "weekly_report/weekly_report.html")
    if status != "FINISHED":
        mlflow.MlflowClient().set_terminated(run.info.run_id, status)


@pytest.fixture(scope="module")
def client(store: Store) -> Iterator[Client]:
    """A client of a service in this process, with a model in service and that store."""
    with pytest.MonkeyPatch.context() as patch, store.in_use():
        patch.setenv("MLFLOW_TRACKING_URI", store.uri)
        yield client_of(loaded_models.loaded_parcels(), max_batch_rows=50)


class TestReports:
    """The weekly reports."""

    def test_newest_of_each_week(self, client: Client) -> None:
        """Each week has the report of its newest finished run that holds one, newest week first."""
        reports = client.get("/reports").json()

        assert [(report["as_of"], report["status"], report["loss"]) for report in reports] == [
            ("2013-07-08", "WARN", 0.5),
            ("2013-07-01", "OK", None),
        ]
        assert reports[0]["evaluated_as_of"] == "2013-06-24"

    def test_one(self, client: Client) -> None:
        """A report is what the run wrote, and its page is shown without scripts."""
        assert client.get("/reports/2013-07-08").json()["headline"] == "WARN: x"

        page = client.get("/reports/2013-07-08/page")

        assert page.text == "<h1>WARN</h1>"
        assert "sandbox" in page.headers["content-security-policy"]
        assert "script-src" not in page.headers["content-security-policy"]

    @pytest.mark.parametrize("as_of", ["2013-07-15", "2013-7-8", "x", "9999-99-99"])
    @pytest.mark.parametrize("tail", ["", "/page"])
    def test_none(self, client: Client, as_of: str, tail: str) -> None:
        """A week without a report is not found."""
        assert client.get(f"/reports/{as_of}{tail}").status_code == requests.codes["not_found"]


@pytest.fixture(scope="module")
def api_schema(client: Client) -> Any:
    """The live OpenAPI document."""
    document = client.get("/openapi.json").json()
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig())


@pytest.mark.parametrize(("path", "method", "mode"), CASES)
def test_keeps_to_its_document(
    api_schema: Any, client: Client, path: str, method: str, mode: GenerationMode
) -> None:
    """Whatever the document allows or forbids, answers are as it says, and none is a 500."""
    operation = api_schema[path][method]

    @settings(max_examples=30, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        parts = case.as_transport_kwargs(base_url="http://testserver")
        request = requests.Request(**parts).prepare()
        answer = client.request(
            str(request.method),
            str(request.url),
            content=request.body,
            headers=dict(request.headers),
        )
        case.validate_response(answer, checks=CHECKS)

    check()


def test_the_committed_document_is_whole(client: Client) -> None:
    """The live document is the one without a model, with the answers of the model in service."""
    neutral, live = openapi_document(Settings()), client.get("/openapi.json").json()
    for path in ("/predict", "/explain", "/predict/batch"):
        answer = live["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]
        assert answer.pop("example")["model_version"]

    assert json.loads(json.dumps(neutral["paths"])) == live["paths"]
    assert neutral["components"]["schemas"].keys() == live["components"]["schemas"].keys()
