"""Predictions: one row, many, and why."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import date
from math import exp
from typing import Any

import httpx
import pytest

import trains
from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_parcels, loaded_trains, plain_row
from service_client import application, client_of, problem_kind
from trains_service import POSTS, train, trains_client, trains_model


class TestPredict:
    """One row."""

    @pytest.mark.parametrize("prefix", ["", "/api"])
    def test_answer(self, prefix: str) -> None:
        """A row gives its probability, the decision and the version, with and without `/api`."""
        answer = trains_client().post(f"{prefix}/predict", json=train())

        row = trains_model().reader.read_value(train())
        assert not isinstance(row, list)
        (probability,) = trains_model().predictor.predict_rows([row])
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
        parcels = loaded_parcels()
        asked = client_of(parcels)

        assert asked.post("/predict", json=dict(parcels.examples[0])).status_code == 200
        wrong = asked.post("/predict", json=train())
        assert "departure" in {fault["field"] for fault in wrong.json()["errors"]}

    def test_refused(self) -> None:
        """A row the contract refuses is a problem with the field, what was expected and arrived."""
        answer = trains_client().post("/predict", json=train() | {"line": "gray"})

        assert (answer.status_code, problem_kind(answer)) == (422, "validation")
        assert answer.json()["errors"] == [
            {
                "field": "line",
                "message": 'Line must be one of red, blue, green, not "gray".',
                "expected": "one of red, blue, green",
                "received": '"gray"',
            }
        ]

    def test_warnings(self) -> None:
        """A missing optional value is predicted without, and warned of."""
        answer = trains_client().post("/predict", json=train() | {"rain": None})

        assert answer.status_code == 200
        assert [(w["field"], w["kind"]) for w in answer.json()["warnings"]] == [("rain", "missing")]

    def test_together(self) -> None:
        """Rows that arrive at once are predicted together, and each gets its own answer."""
        app, _ = application(trains_model())
        rows = [
            plain_row(trains.CONTRACT, row) for row in trains.trains(3, seed=4).to_dict("records")
        ]

        async def ask_all() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as asked:
                return await asyncio.gather(*(asked.post("/predict", json=row) for row in rows))

        answers = asyncio.run(ask_all())

        expected = trains_model().predictor.predict(trains.trains(3, seed=4)).tolist()
        assert [answer.json()["probability"] for answer in answers] == expected

    @pytest.mark.parametrize(
        "media", ["text/plain", "application/x-www-form-urlencoded", "nonsense"]
    )
    @pytest.mark.parametrize("path", sorted(POSTS))
    def test_no_json(self, path: str, media: str) -> None:
        """A body that calls itself something other than JSON is refused."""
        answer = trains_client().post(path, content="{}", headers={"content-type": media})

        assert (answer.status_code, problem_kind(answer)) == (415, "unsupported-media-type")

    @pytest.mark.parametrize(("keys", "status"), [("", 415), ("one", 200)])
    def test_no_media_type(self, keys: str, status: int) -> None:
        """Without keys a body must say what it is: other pages can send one that does not."""
        content = json.dumps(train()).encode()
        answer = trains_client(keys=keys).post(
            "/predict", content=content, headers={"x-api-key": "one"}
        )

        assert answer.status_code == status

    @pytest.mark.parametrize("path", sorted(POSTS))
    def test_gzip(self, path: str) -> None:
        """A body may come with gzip, and its limit counts what it becomes; others are refused."""
        content = json.dumps({"rows": [train()]} if path.endswith("batch") else train()).encode()
        coded = {"content-type": "application/json", "content-encoding": "gzip"}
        client = trains_client(max_body_bytes=5000)

        assert client.post(path, content=gzip.compress(content), headers=coded).is_success
        bomb = client.post(path, content=gzip.compress(b" " * 10**7), headers=coded)
        assert (bomb.status_code, problem_kind(bomb)) == (413, "too-large")
        cut = client.post(path, content=gzip.compress(content)[:-9], headers=coded)
        assert (cut.status_code, problem_kind(cut)) == (422, "malformed")
        other = client.post(path, content=content, headers=coded | {"content-encoding": "br"})
        assert (other.status_code, problem_kind(other)) == (415, "unsupported-encoding")

    @pytest.mark.parametrize("path", sorted(POSTS))
    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 9999, b'{"a": 1, "a": 1}'])
    def test_malformed(self, path: str, body: bytes) -> None:
        """A malformed body is a problem and no defect."""
        answer = trains_client().post(
            path, content=body, headers={"content-type": "application/json"}
        )

        assert answer.status_code == 422
        assert problem_kind(answer) in {"malformed", "validation"}


class TestBatch:
    """Many rows."""

    def test_single_rows_go_on(self) -> None:
        """While a large batch is worked on, single rows are answered."""
        app, _ = application(trains_model())
        rows = {"rows": [train()] * 10_000}

        async def both() -> list[str]:
            order: list[str] = []
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as asked:

                async def ask(path: str, body: Any) -> None:
                    answer = await asked.post(path, json=body)
                    assert answer.status_code == 200
                    order.append(path)

                many = asyncio.create_task(ask("/predict/batch", rows))
                await asyncio.sleep(0)
                while not many.done():
                    await ask("/predict", train())
            return order

        order = asyncio.run(both())

        assert order.index("/predict/batch") > 1

    def test_rows(self) -> None:
        """A batch over the limit is refused."""
        answer = trains_client(max_batch_rows=2).post("/predict/batch", json={"rows": [{}] * 3})

        assert (answer.status_code, problem_kind(answer)) == (413, "too-many-rows")


class TestExplain:
    """Why."""

    @pytest.mark.parametrize("load", [loaded_trains, loaded_parcels])
    def test_adds_up(self, load: Callable[[], LoadedModel]) -> None:
        """Contributions and base value add up to the log-odds, and these to the probability."""
        model = load()
        answer = client_of(model).post("/explain", json=dict(model.examples[0])).json()

        shares = [part["contribution"] for part in answer["contributions"]]
        assert answer["score"] == pytest.approx(answer["base_value"] + sum(shares))

        assert answer["probability"] == pytest.approx(1 / (1 + exp(-answer["score"])))
        assert shares == sorted(shares, key=lambda share: -abs(share))
        features = {part["feature"] for part in answer["contributions"]}
        assert features == set(model.predictor.inputs.names)

    def test_like_predict(self) -> None:
        """Its prediction is that of `/predict`, and values come with labels and units."""
        asked = client_of(loaded_parcels())
        row = dict(loaded_parcels().examples[0]) | {"weight": 12.5, "carrier": "van"}

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
