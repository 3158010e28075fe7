"""What the routes of predictions do: read, check, predict, say it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.http.exceptions import InvalidRow, WrongMediaType
from api.http.responses import json_answer
from api.metrics import PrometheusMetrics
from api.rows.batch import BatchReader, batch_answer
from api.rows.reader import Row
from api.serving.batcher import Batcher
from api.serving.explanation import explanation
from api.serving.loaded_model import Served
from api.serving.model_in_service import ModelStore

Result = TypeVar("Result")


class Predictions:
    """Answers for rows, by the model that is in service when the request's body has arrived.

    Args:
        store: Where the model in service is held.
        metrics: What is told of every prediction.
        max_rows: The most rows of a batch.
        threads: Where batches and explanations run, so that single rows need not wait for them.
    """

    def __init__(
        self,
        store: ModelStore,
        metrics: PrometheusMetrics,
        *,
        max_rows: int,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._max_rows = max_rows
        self._threads = threads
        self._batcher: Batcher | None = None

    async def one(self, request: Request) -> Response:
        """The answer to `POST /predict`."""
        body = await _json_body(request)
        served = self._store.served()
        row = self._read(served, body)
        probability = await self._batcher_of(served).predict(row)
        answer = {
            "probability": probability,
            "decision": probability >= served.predictor.threshold,
            "threshold": served.predictor.threshold,
            "model_version": served.version,
            "warnings": self._warnings(served, row),
        }
        self._metrics.predicted(served.version, (probability,))
        return json_answer(orjson.dumps(answer), version=served.version)

    async def explained(self, request: Request) -> Response:
        """The answer to `POST /explain`."""
        body = await _json_body(request)
        served = self._store.served()
        row = self._read(served, body)
        answer = await self._in_thread(lambda: explanation(served, row))
        answer["warnings"] = self._warnings(served, row)
        return json_answer(orjson.dumps(answer), version=served.version)

    async def many(self, request: Request) -> Response:
        """The answer to `POST /predict/batch`."""
        body = await _json_body(request)
        served = self._store.served()
        reader = BatchReader(served, self._max_rows)
        batch = await self._in_thread(lambda: batch_answer(reader, body))
        self._metrics.batch(served.version, batch)
        return json_answer(batch.body, version=served.version)

    def _read(self, served: Served, body: bytes) -> Row:
        try:
            return served.reader.read(body)
        except InvalidRow:
            self._metrics.refused.inc()
            raise

    def _warnings(self, served: Served, row: Row) -> list[object]:
        for name in served.reader.unseen(row):
            self._metrics.unseen.labels(name).inc()
        return served.reader.warnings(row)

    def _batcher_of(self, served: Served) -> Batcher:
        """The batcher of a model: a swap begins a new one, and the old one ends what it has."""
        if self._batcher is None or self._batcher.served is not served:
            self._batcher = Batcher(served)
        return self._batcher

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _json_body(request: Request) -> bytes:
    """A request's body, which must call itself JSON if it calls itself anything.

    Raises:
        WrongMediaType: If it calls itself something else.
    """
    media_type = request.headers.get("content-type", "application/json").partition(";")[0]
    kind = media_type.strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise WrongMediaType("Send JSON, with Content-Type: application/json.")
    return await request.body()
