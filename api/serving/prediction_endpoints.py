"""What the routes of predictions do: read the body, check it, predict, answer."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.http.bodies import body_bytes, is_json, json_body, media_type
from api.http.exceptions import REQUEST_ID, InvalidRow, WrongMediaType
from api.http.notes import notes_of
from api.http.responses import VERSION_HEADER, json_response
from api.metrics import PrometheusMetrics
from api.rows.batch_reader import BatchReader, CheckedBatch
from api.rows.cancel_flag import CancelFlag
from api.rows.row_warnings import Row
from api.rows.table_reader import TableReader
from api.serving.answered_rows import AnsweredRows, Follower
from api.serving.answers import AnsweredBatch, answered_batch, explanation_body, prediction_body
from api.serving.in_thread import in_thread
from api.serving.loaded_model import LoadedModel
from api.serving.model_in_service import ModelInService
from api.serving.request_batcher import RequestBatcher
from api.serving.table_answers import TABLES, answer_type, answered_table


@dataclass(frozen=True)
class BodyLimits:
    """What bodies may have.

    Attributes:
        row_bytes: The most bytes of a body with one row.
        body_bytes: The most bytes of any body.
        rows: The most rows of a batch.
        must_say_type: Whether a body must say its media type.
    """

    row_bytes: int
    body_bytes: int
    rows: int
    must_say_type: bool


class PredictionEndpoints:
    """Answers with the model that is in service when the request's body has arrived.

    Attributes:
        limits: What bodies may have.
        batch_threads: Where batches run.

    Args:
        model_in_service: Where the model comes from.
        metrics: Where predictions are counted.
        limits: What bodies may have.
        batch_threads: Where batches run, so that single rows need not wait for them.
        explain_threads: Where explanations run, so that they need not wait for batches.
        followers: Who looks at predicted rows after their answer.
    """

    def __init__(
        self,
        model_in_service: ModelInService,
        metrics: PrometheusMetrics,
        limits: BodyLimits,
        *,
        batch_threads: ThreadPoolExecutor,
        explain_threads: ThreadPoolExecutor,
        followers: Sequence[Follower] = (),
    ) -> None:
        self._model_in_service = model_in_service
        self._metrics = metrics
        self.limits = limits
        self.batch_threads = batch_threads
        self._explain_threads = explain_threads
        self._followers = followers
        self._batcher: RequestBatcher | None = None

    async def predict(self, request: Request) -> Response:
        """The response to `POST /predict`.

        Raises:
            ProblemError: If there is no model, or the row is refused.
        """
        body = await self._body(request, self.limits.row_bytes)
        model = self._model_in_service.required()
        notes_of(request).rows = 1
        sent = self._read(model, body)
        predicted, row = await self._batcher_of(model).predict(model.completed(sent))
        self.count(request, model, sent, (predicted,))
        return json_response(prediction_body(model, row, predicted), version=model.version)

    async def explain(self, request: Request) -> Response:
        """The response to `POST /explain`.

        Raises:
            ProblemError: If there is no model, or the row is refused.
        """
        body = await self._body(request, self.limits.row_bytes)
        model = self._model_in_service.required()
        notes_of(request).rows = 1
        row = self._read(model, body)

        def explained(flag: CancelFlag) -> bytes:
            flag.check()
            return explanation_body(model, row)

        answer = await in_thread(request, self._explain_threads, explained)
        return json_response(answer, version=model.version)

    async def predict_batch(self, request: Request) -> Response:
        """The response to `POST /predict/batch`.

        Raises:
            ProblemError: If there is no model, or the body is not a batch.
        """
        kind = media_type(request, required=self.limits.must_say_type)
        is_table = kind in TABLES
        if not is_table and not is_json(kind):
            raise WrongMediaType(f"Send JSON, or a table as {' or '.join(TABLES)}.")
        body = await body_bytes(request, self.limits.body_bytes)
        model = self._model_in_service.required()
        reader = BatchReader(model.reader, self.limits.rows, self.limits.row_bytes)
        wanted = answer_type(request, kind)

        def answer(flag: CancelFlag) -> tuple[CheckedBatch, AnsweredBatch]:
            if is_table:
                read = TableReader(reader, self.limits.body_bytes).read(body, kind, flag)
            else:
                read = reader.read(body, flag)
            if wanted in TABLES:
                return read, answered_table(model, read, wanted, flag)
            return read, answered_batch(model, read, flag)

        sent, batch = await in_thread(request, self.batch_threads, answer)
        notes_of(request).rows = len(batch.predictions) + batch.refused
        self.count(request, model, sent, batch.predictions)
        self._metrics.refused_rows(batch.refused)
        self._metrics.unseen_categories(batch.unseen)
        return Response(batch.body, headers={VERSION_HEADER: model.version}, media_type=wanted)

    def model(self) -> LoadedModel:
        """The model in service.

        Raises:
            NoModel: If there is none.
        """
        return self._model_in_service.required()

    def count(
        self,
        request: Request,
        model: LoadedModel,
        rows: Row | CheckedBatch,
        predictions: Sequence[Any],
    ) -> None:
        """Count predictions, and show them to those who follow.

        Args:
            request: The request that they answer.
            model: The model that made them.
            rows: The row, or the batch, as the model's reader gives it.
            predictions: What it predicted, one item a row.
        """
        self._metrics.predictions(model.version, model.predictor.task, predictions)
        if self._followers and predictions:
            answered = AnsweredRows(model, request.scope[REQUEST_ID], rows, predictions)
            for follower in self._followers:
                follower.take(answered)

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

    async def _body(self, request: Request, max_bytes: int) -> bytes:
        return await json_body(
            request,
            min(max_bytes, self.limits.body_bytes),
            required_type=self.limits.must_say_type,
        )
