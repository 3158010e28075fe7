"""One heavy request beside others: nobody waits for it, and it ends when nobody waits for it."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from typing import Any

import httpx
import pytest

from api.rows.row_reader import RowReader
from service_client import application, problem_kind
from trains_service import train, trains_client, trains_model

HEAVY = {
    "one row of very many keys": lambda: {"rows": [{f"k{n}": n for n in range(300_000)}]},
    "wrong rows": lambda: {"rows": [{"line": 1}] * 10_000},
    "right rows": lambda: {"rows": [train()] * 10_000},
    "rows of many unknown keys": lambda: {"rows": [{f"k{n}": n for n in range(3_000)}] * 100},
}


def json_of(value: Any) -> dict[str, Any]:
    """A body and its media type."""
    return {"content": json.dumps(value), "headers": {"content-type": "application/json"}}


@pytest.mark.parametrize("kind", HEAVY)
def test_health_goes_on(kind: str) -> None:
    """While a heavy body is worked on, health is answered at once."""
    app, _ = application(trains_model())
    body = json_of(HEAVY[kind]())

    async def ask() -> tuple[httpx.Response, list[float]]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            heavy = asyncio.create_task(client.post("/predict/batch", **body))
            times = []
            while not heavy.done():
                start = time.perf_counter()
                await client.get("/health/live")
                times.append(time.perf_counter() - start)
                await asyncio.sleep(0.002)
            return await heavy, times

    answer, times = asyncio.run(ask())

    assert answer.status_code in {200, 413}
    assert len(answer.content) < 3_000_000
    # A busy machine may stop anybody once; a body that holds the loop does so for most of the time.
    assert statistics.median(times) < max(0.1, sum(times) / 4)


@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_single_row_of_many_keys(path: str) -> None:
    """A single row has a limit of its own, and unknown keys below it are told together."""
    many = {**train(), **{f"k{number}": number for number in range(20_000)}}
    few = {**train(), **{f"k{number}": number for number in range(5_000)}}
    client = trains_client()

    large = client.post(path, json=many)
    assert (large.status_code, problem_kind(large)) == (413, "too-large")

    refused = client.post(path, json=few)
    assert (refused.status_code, problem_kind(refused)) == (422, "validation")
    assert "5,000 fields" in refused.json()["detail"]
    assert len(refused.content) < 10_000


def test_many_wrong_rows_are_grouped() -> None:
    """Ten thousand wrong rows are a short answer, which counts each kind of fault."""
    rows = [train() | {"line": "gray"}] * 5_000 + [train()]
    answer = trains_client().post("/predict/batch", json={"rows": rows}).json()

    assert (answer["refused"], answer["predicted"]) == (5_000, 1)
    assert answer["refusals"] == [
        {
            "field": "line",
            "expected": "one of red, blue, green",
            "rows": 5_000,
            "first": [0, 1, 2, 3, 4],
        }
    ]
    assert answer["results"][-1].keys() >= {"probability"}


@pytest.mark.parametrize("how", ["timeout", "client left"])
def test_work_ends_with_its_request(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a request times out or its client leaves, the rows not yet read are left alone."""
    read = 0
    read_value = RowReader.read_value

    def slowly(self: RowReader, value: object, **options: bool) -> Any:
        nonlocal read
        read += 1
        time.sleep(0.001)
        return read_value(self, value, **options)

    monkeypatch.setattr(RowReader, "read_value", slowly)
    seconds = 0.2 if how == "timeout" else 30
    app, _ = application(trains_model(), request_timeout_seconds=seconds)
    body = json_of({"rows": [{}] * 10_000})

    async def ask() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            heavy = asyncio.create_task(client.post("/predict/batch", **body))
            await asyncio.sleep(0.3)
            if how == "timeout":
                assert (await heavy).status_code == 504
            else:
                heavy.cancel()
            await asyncio.sleep(0.2)
            return read

    early = asyncio.run(ask())
    time.sleep(0.2)

    assert read == early
    assert read < 1_000


def test_explanations_do_not_wait_for_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that fill all their threads leave those of explanations free."""
    read_value = RowReader.read_value

    def slow(self: RowReader, value: Any, **options: bool) -> Any:
        time.sleep(0.005)
        return read_value(self, value, **options)

    monkeypatch.setattr(RowReader, "read_value", slow)
    app, _ = application(trains_model(), request_timeout_seconds=120)

    async def ask() -> bool:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            body = json_of({"rows": [{}] * 10_000})
            batches = [asyncio.create_task(client.post("/predict/batch", **body)) for _ in "1234"]
            await asyncio.sleep(0.1)
            assert (await client.post("/explain", json=train())).status_code == 200
            under_way = not any(batch.done() for batch in batches)
            for batch in batches:
                batch.cancel()
            return under_way

    assert asyncio.run(ask())
