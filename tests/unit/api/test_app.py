"""The routes, in this process, with a model in service and nothing that watches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import service
import trains
from service import Client

from api.serving.loaded_model import Served

ROUTES = ["/predict", "/explain", "/predict/batch", "/schema", "/model", "/reports", "/metrics"]
POSTS = {"/predict", "/explain", "/predict/batch"}


@cache
def model() -> Served:
    """The model of trains."""
    return service.served_trains("7")


def client(one: Served | None = None, **settings: Any) -> Client:
    """A client of a service with a model."""
    gate, _ = service.app(one or model(), **settings)
    return Client(gate)


def example() -> dict[str, Any]:
    """A row that the model predicts."""
    return dict(model().examples[0])


def kind(answer: httpx.Response) -> str:
    """The kind of a problem, all of whose parts are there."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return str(problem["type"]).removeprefix("urn:weekwise:problem:")


class TestPredict:
    """One row."""

    @pytest.mark.parametrize("prefix", ["", "/api"])
    def test_answer(self, prefix: str) -> None:
        """A row gives its probability, the decision and the version, with and without `/api`."""
        answer = client().post(f"{prefix}/predict", json=example())

        row = model().reader.read_value(example())
        assert not isinstance(row, list)
        (probability,) = model().predictor.predict_rows([row])
        assert answer.status_code == 200
        assert answer.json() == {
            "probability": probability,
            "decision": probability >= 0.5,
            "threshold": 0.5,
            "model_version": "7",
            "warnings": [],
        }
        assert answer.headers["x-model-version"] == "7"

    def test_another_table(self) -> None:
        """A model of another table needs no edit: its own columns are asked for."""
        parcels = service.served_parcels()
        asked = client(parcels)

        assert asked.post("/predict", json=dict(parcels.examples[0])).status_code == 200
        wrong = asked.post("/predict", json=example())
        assert "departure" in {one["field"] for one in wrong.json()["errors"]}

    def test_refused(self) -> None:
        """A row the contract refuses is a problem with the field, what was expected and arrived."""
        answer = client().post("/predict", json=example() | {"line": "gray"})

        assert (answer.status_code, kind(answer)) == (422, "validation")
        assert answer.json()["errors"] == [
            {
                "field": "line",
                "message": 'Line must be one of red, blue, green, not "gray".',
                "expected": "one of red, blue, green",
                "received": '"gray"',
            }
        ]

    def test_warned(self) -> None:
        """A missing optional value is predicted without, and warned of."""
        answer = client().post("/predict", json=example() | {"rain": None})

        assert answer.status_code == 200
        assert [(w["field"], w["kind"]) for w in answer.json()["warnings"]] == [("rain", "missing")]

    def test_together(self) -> None:
        """Rows that arrive at once are predicted together, and each gets its own answer."""
        gate, _ = service.app(model())
        rows = [
            service.plain_row(trains.CONTRACT, row)
            for row in trains.trains(3, seed=4).to_dict("records")
        ]

        async def ask_all() -> list[httpx.Response]:
            transport = httpx.ASGITransport(gate)
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as asked:
                return await asyncio.gather(*(asked.post("/predict", json=row) for row in rows))

        answers = asyncio.run(ask_all())

        expected = model().predictor.predict_proba(trains.trains(3, seed=4)).tolist()
        assert [answer.json()["probability"] for answer in answers] == expected

    @pytest.mark.parametrize(
        "media", ["text/plain", "application/x-www-form-urlencoded", "nonsense"]
    )
    @pytest.mark.parametrize("path", sorted(POSTS))
    def test_no_json(self, path: str, media: str) -> None:
        """A body that calls itself something other than JSON is refused."""
        answer = client().post(path, content="{}", headers={"content-type": media})

        assert (answer.status_code, kind(answer)) == (415, "unsupported-media-type")

    @pytest.mark.parametrize("path", sorted(POSTS))
    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 9999, b'{"a": 1, "a": 1}'])
    def test_malformed(self, path: str, body: bytes) -> None:
        """A malformed body is a problem and no defect."""
        answer = client().post(path, content=body, headers={"content-type": "application/json"})

        assert answer.status_code == 422
        assert kind(answer) in {"malformed", "validation"}


class TestBatch:
    """Many rows."""

    def test_single_rows_go_on(self) -> None:
        """While a large batch is worked on, single rows are answered."""
        gate, _ = service.app(model())
        rows = {"rows": [example()] * 10_000}

        async def both() -> list[str]:
            order: list[str] = []
            transport = httpx.ASGITransport(gate)
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as asked:

                async def ask(path: str, body: Any) -> None:
                    answer = await asked.post(path, json=body)
                    assert answer.status_code == 200
                    order.append(path)

                many = asyncio.create_task(ask("/predict/batch", rows))
                await asyncio.sleep(0)
                while not many.done():
                    await ask("/predict", example())
            return order

        order = asyncio.run(both())

        assert order.index("/predict/batch") > 1


class TestExplain:
    """Why."""

    @pytest.mark.parametrize("one", [service.served_trains, service.served_parcels])
    def test_adds_up(self, one: Any) -> None:
        """Contributions and base value add up to the log-odds, and these to the probability."""
        found = one()
        answer = client(found).post("/explain", json=dict(found.examples[0])).json()

        shares = [part["contribution"] for part in answer["contributions"]]
        assert answer["log_odds"] == pytest.approx(answer["base_value"] + sum(shares))
        from math import exp

        assert answer["probability"] == pytest.approx(1 / (1 + exp(-answer["log_odds"])))
        assert shares == sorted(shares, key=lambda share: -abs(share))
        features = {part["feature"] for part in answer["contributions"]}
        assert features == set(found.predictor.inputs.names)

    def test_like_predict(self) -> None:
        """Its prediction is that of `/predict`, and values come with labels and units."""
        asked = client(service.served_parcels())
        row = dict(service.served_parcels().examples[0]) | {"weight": 12.5, "carrier": "van"}

        explained, predicted = asked.post("/explain", json=row), asked.post("/predict", json=row)

        assert explained.json().items() >= predicted.json().items()
        parts = {part["feature"]: part for part in explained.json()["contributions"]}
        assert (parts["weight"]["value"], parts["weight"]["unit"]) == (12.5, "kg")
        assert (parts["carrier"]["value"], parts["carrier"]["label"]) == ("van", "van")
        assert parts["day_of_week"]["title"] == "Day of week"
        day = date.fromisoformat(row["day"])
        assert (parts["day_of_week"]["value"], parts["day_of_week"]["label"]) == (
            day.weekday(),
            f"{day:%A}",
        )


class TestSchema:
    """What a row is."""

    @pytest.mark.parametrize("one", [service.served_trains, service.served_parcels])
    def test_examples_are_accepted(self, one: Any) -> None:
        """Every example, and the row of all defaults, is predicted as it is."""
        found = one()
        asked = client(found)
        schema = asked.get("/schema").json()

        defaults = {name: part["default"] for name, part in schema["properties"].items()}
        for row in [*schema["examples"], defaults]:
            assert asked.post("/predict", json=row).status_code == 200
        assert schema["x-order"] == list(found.predictor.contract.inputs)

    def test_openapi_has_the_row(self) -> None:
        """The live OpenAPI document has the columns of the model in service."""
        row = client().get("/openapi.json").json()["components"]["schemas"]["Row"]

        assert list(row["properties"]) == trains.CONTRACT.inputs
        assert row["properties"]["rain"]["type"] == ["number", "null"]


class TestNoModel:
    """Before the first champion."""

    @pytest.mark.parametrize(
        "path", ["/predict", "/explain", "/predict/batch", "/schema", "/model"]
    )
    def test_says_what_to_do(self, path: str) -> None:
        """Whatever needs a model is answered with what to do, and when to ask again."""
        gate, _ = service.app(None)
        body = {"json": {}} if path in POSTS else {}
        answer = Client(gate).request("POST" if path in POSTS else "GET", path, **body)

        assert (answer.status_code, kind(answer)) == (503, "no-model")
        assert answer.headers["retry-after"]

    def test_health(self) -> None:
        """The process lives and is not ready; its documents are there."""
        gate, _ = service.app(None)
        asked = Client(gate)

        assert asked.get("/health/live").json() == {"status": "alive"}
        assert kind(asked.get("/health/ready")) == "no-model"
        assert asked.get("/openapi.json").status_code == 200
        assert asked.get("/metrics").status_code == 200


class TestKeys:
    """API keys."""

    @pytest.mark.parametrize("path", ROUTES)
    def test_needed(self, path: str) -> None:
        """With keys, every route of data asks for one, and says how to send it."""
        asked = client(keys="one,two")
        body = {"json": example()} if path in POSTS else {}
        method = "POST" if path in POSTS else "GET"

        for headers in ({}, {"X-API-Key": "three"}, {"Authorization": "Bearer on"}):
            answer = asked.request(method, path, headers=headers, **body)
            assert (answer.status_code, kind(answer)) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")

    @pytest.mark.parametrize(
        "headers", [{"X-API-Key": "two"}, {"Authorization": "Bearer one"}, {"X-API-Key": "kéy"}]
    )
    def test_either_header(self, headers: dict[str, str]) -> None:
        """Any key does, in either header."""
        asked = client(keys="one,two,kéy")
        sent = {name: value.encode() for name, value in headers.items()}

        assert asked.post("/predict", json=example(), headers=sent).status_code == 200

    @pytest.mark.parametrize(
        "path", ["/health/live", "/health/ready", "/openapi.json", "/docs", "/"]
    )
    def test_open(self, path: str) -> None:
        """Health, the documents and the app need no key."""
        assert client(keys="one").get(path).status_code == 200


class TestLimits:
    """Sizes and times."""

    @pytest.mark.parametrize("declared", [True, False])
    def test_body(self, declared: bool) -> None:
        """A body over the limit is refused, whether it says its size or not."""
        body = json.dumps(example() | {"line": "x" * 5000}).encode()

        async def parts() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 500):
                yield body[start : start + 500]

        content = {"content": body if declared else parts()}
        headers = {"content-type": "application/json"}
        answer = client(max_body_bytes=2000).post("/predict", headers=headers, **content)

        assert (answer.status_code, kind(answer)) == (413, "too-large")

    def test_absurd_length(self) -> None:
        """A length of thousands of digits is too large, and no defect."""
        headers = {"content-type": "application/json", "content-length": "9" * 5000}
        answer = client().request("POST", "/predict", headers=headers, content=b"{}")

        assert (answer.status_code, kind(answer)) == (413, "too-large")

    def test_rows(self) -> None:
        """A batch over the limit is refused."""
        answer = client(max_batch_rows=2).post("/predict/batch", json={"rows": [{}] * 3})

        assert (answer.status_code, kind(answer)) == (413, "too-many-rows")

    def test_time(self) -> None:
        """A body that does not come in time is not waited for."""

        async def slowly() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(5)

        headers = {"content-type": "application/json"}
        answer = client(request_timeout_seconds=0.1).post(
            "/predict", content=slowly(), headers=headers
        )

        assert (answer.status_code, kind(answer)) == (504, "timeout")


class TestHeaders:
    """What every answer carries."""

    @pytest.mark.parametrize(
        "path", ["/health/live", "/schema", "/nothing", "/docs", "/", "/metrics"]
    )
    def test_security(self, path: str) -> None:
        """Every answer has a content security policy without inline scripts or other hosts."""
        headers = client().get(path).headers

        policy = dict(
            part.strip().partition(" ")[::2]
            for part in headers["content-security-policy"].split(";")
        )
        assert "unsafe-inline" not in policy.get("script-src", policy["default-src"])
        assert "http" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"

    @pytest.mark.parametrize(
        ("sent", "kept"), [("a-b.C_1", True), ("a b", False), ("x" * 65, False), ("é", False)]
    )
    def test_request_id(self, sent: str, kept: bool) -> None:
        """A plain id of the client's is kept; any other is replaced."""
        answer = client().get("/health/live", headers={"X-Request-ID": sent.encode()})

        assert (answer.headers["x-request-id"] == sent) is kept
        assert answer.headers["x-request-id"]

    def test_no_other_host(self) -> None:
        """The pages load nothing from another host."""
        asked = client()
        for path in ("/docs", "/"):
            assert "//" not in asked.get(path).text.replace("http://www.w3.org/", "")
        for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
            assert asked.get(f"/docs/{name}").status_code == 200

    def test_cors(self) -> None:
        """Other origins may ask only where they are named."""
        origin = {"Origin": "https://example.org"}
        allowed = "access-control-allow-origin"

        assert allowed not in client().get("/schema", headers=origin).headers
        named = client(cors_origins="https://example.org")
        assert named.get("/schema", headers=origin).headers[allowed] == "https://example.org"


class TestPaths:
    """What is there and what is not."""

    @pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/docs/nothing", "/assets/x.js"])
    @pytest.mark.parametrize("folder", [".", "not-built"])
    def test_unknown(self, path: str, folder: str, tmp_path: Path) -> None:
        """An unknown path is a problem, whether the app is built or not."""
        answer = client(app_dir=tmp_path / folder).get(path)

        assert (answer.status_code, kind(answer)) == (404, "not-found")

    @pytest.mark.parametrize(("method", "path"), [("GET", "/predict"), ("DELETE", "/api/schema")])
    def test_wrong_method(self, method: str, path: str) -> None:
        """A wrong method is a problem that says which are right."""
        answer = client().request(method, path)

        assert (answer.status_code, kind(answer)) == (405, "method-not-allowed")
        assert answer.headers["allow"] in {"POST", "GET"}

    def test_the_app(self, tmp_path: Path) -> None:
        """The app's page is asked for anew, its hashed files never again; without it, a hint."""
        (tmp_path / "assets").mkdir()
        asked = client(app_dir=tmp_path)
        assert "make serve" in asked.get("/").text
        (tmp_path / "index.html").write_text("<p>app</p>")
        (tmp_path / "assets" / "a-1f.js").write_text("1")

        page, script = asked.get("/"), asked.get("/assets/a-1f.js")

        assert page.text == "<p>app</p>"
        assert page.headers["cache-control"] == "no-cache"
        assert "immutable" in script.headers["cache-control"]
        assert "script-src" not in page.headers["content-security-policy"]

    @pytest.mark.parametrize("path", ["/..%2f..%2fetc/passwd", "/%2e%2e/settings.py", "/.env"])
    def test_no_way_out(self, path: str, tmp_path: Path) -> None:
        """The app's folder is all that can be read."""
        (tmp_path / "app").mkdir()
        (tmp_path / ".env").write_text("secret")

        assert client(app_dir=tmp_path / "app").get(path).status_code == 404


class TestDefects:
    """What nobody thought of."""

    def test_says_nothing_of_the_inside(self, caplog: pytest.LogCaptureFixture) -> None:
        """A defect is an answer without a traceback or a path; the log has it under the id."""
        gate, inside = service.app(model())
        inside.predictions = None  # type: ignore[assignment]

        answer = Client(gate).post("/predict", json=example())

        assert (answer.status_code, kind(answer)) == (500, "internal")
        assert "Error" not in answer.text
        assert "/" not in answer.json()["detail"]
        assert answer.headers["x-request-id"] in caplog.text


class TestMetrics:
    """What is counted."""

    def test_counts(self) -> None:
        """Requests by route and status, predictions, unseen categories and refusals are counted."""
        gate, _ = service.app(service.served_parcels())
        asked = Client(gate)
        row = dict(service.served_parcels().examples[0])
        asked.post("/predict", json=row | {"carrier": "drone"})
        asked.post("/api/predict", json=row | {"carrier": 3})
        asked.post("/predict/batch", json={"rows": [row, row | {"carrier": "kite"}, {}]})
        asked.get("/nothing")

        text = asked.get("/metrics").text

        duration = "weekwise_request_duration_seconds_count"
        for line in (
            f'{duration}{{method="POST",route="/predict",status="200"}} 1.0',
            f'{duration}{{method="POST",route="/predict",status="422"}} 1.0',
            f'{duration}{{method="GET",route="unmatched",status="404"}} 1.0',
            'weekwise_prediction_probability_count{version="1"} 3.0',
            'weekwise_unseen_categories_total{field="carrier"} 2.0',
            "weekwise_rows_refused_total 2.0",
            'weekwise_model_reloads_total{outcome="failed"} 0.0',
        ):
            assert line in text
