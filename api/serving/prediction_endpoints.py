"""What the routes of predictions do: read the body, check it, predict, answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from api.http.exceptions import InvalidRow, WrongMediaType
from api.http.responses import json_response
from api.metrics import PrometheusMetrics
from api.rows.batch_reader import BatchReader
from api.rows.row_warnings import Row
from api.serving.answers import AnsweredBatch, answered_batch, explanation_body, prediction_body
from api.serving.loaded_model import LoadedModel
from api.serving.model_in_service import ModelInService
from api.serving.request_batcher import RequestBatcher

Result = TypeVar("Result")


class PredictionEndpoints:
    """Answers with the model that is in service when the request's body has arrived.

    Args:
        model_in_service: Where the model comes from.
        metrics: Where predictions are counted.
        max_rows: The most rows of a batch.
        threads: Where batches and explanations run, so that single rows need not wait for them.
    """

    def __init__(
        self,
        model_in_service: ModelInService,
        metrics: PrometheusMetrics,
        *,
        max_rows: int,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._model_in_service = model_in_service
        self._metrics = metrics
        self._max_rows = max_rows
        self._threads = threads
        self._batcher: RequestBatcher | None = None

    async def predict(self, request: Request) -> Response:
        """The response to `POST /predict`.

        Raises:
            ProblemError: If there is no model, or the row is refused.
        """
        body = await _json_body(request)
        model = self._model_in_service.required()
        row = model.completed(self._read(model, body))
        predicted, row = await self._batcher_of(model).predict(row)
        self._metrics.predictions(model.version, model.predictor.task, (predicted,))
        return json_response(prediction_body(model, row, predicted), version=model.version)

    async def explain(self, request: Request) -> Response:
        """The response to `POST /explain`.

        Raises:
            ProblemError: If there is no model, or the row is refused.
        """
        body = await _json_body(request)
        model = self._model_in_service.required()
        row = self._read(model, body)
        answer = await self._in_thread(lambda: explanation_body(model, row))
        return json_response(answer, version=model.version)

    async def predict_batch(self, request: Request) -> Response:
        """The response to `POST /predict/batch`.

        Raises:
            ProblemError: If there is no model, or the body is not a batch.
        """
        body = await _json_body(request)
        model = self._model_in_service.required()
        reader = BatchReader(model.reader, self._max_rows)

        def answer() -> AnsweredBatch:
            return answered_batch(model, reader.read(body))

        batch = await self._in_thread(answer)
        self._metrics.predictions(model.version, model.predictor.task, batch.predictions)
        self._metrics.refused_rows(batch.refused)
        self._metrics.unseen_categories(batch.unseen)
        return json_response(batch.body, version=model.version)

    def _read(self, model: LoadedModel, body: bytes) -> Row:
        try:
            row = model.reader.read(body)
        except InvalidRow:
            self._metrics.refused_rows(1)
            raise
        unseen = model.reader.warnings.unseen(row)
        if unseen:
            self._metrics.unseen_categories(dict.fromkeys(unseen, 1))
        return row

    def _batcher_of(self, model: LoadedModel) -> RequestBatcher:
        """The batcher of a model: a new model gets a new one, the old one finishes its rows."""
        if self._batcher is None or self._batcher.model is not model:
            self._batcher = RequestBatcher(model)
        return self._batcher

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _json_body(request: Request) -> bytes:
    """A request's body, whose media type must be JSON if it has one.

    Raises:
        WrongMediaType: If it has another.
    """
    media_type = request.headers.get("content-type", "application/json").partition(";")[0]
    kind = media_type.strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise WrongMediaType("Send JSON, with Content-Type: application/json.")
    return await request.body()
