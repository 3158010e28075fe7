"""What clients of MLflow's server and of the Open Inference Protocol ask: the same predictions.

Neither has a place for a row that is refused, so one wrong row refuses the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.http.bodies import body_bytes, is_json, media_type
from api.http.exceptions import InvalidRow, Malformed, NotFound, WrongMediaType
from api.http.notes import notes_of
from api.http.responses import VERSION_HEADER, json_response
from api.rows import foreign_rows, tensors
from api.rows.batch_reader import BatchReader, CheckedBatch
from api.rows.cancel_flag import CancelFlag
from api.serving.in_thread import in_thread
from api.serving.loaded_model import LoadedModel
from api.serving.prediction_endpoints import PredictionEndpoints
from weekwise import __version__

MAX_BYTES = 4 * 1024 * 1024
"""The most bytes of a body that is parsed as a whole."""

_LENGTH = re.compile("[0-9]{1,18}")

Outputs = dict[str, Any]


class ForeignEndpoints:
    """Answers in the words of other servers, through the service's own reader and model.

    Args:
        predictions: The service's own endpoints.
    """

    def __init__(self, predictions: PredictionEndpoints) -> None:
        self._predictions = predictions

    async def invocations(self, request: Request) -> Response:
        """The response to MLflow's `POST /invocations`.

        Raises:
            ProblemError: If there is no model, or a row is refused.
        """
        limits = self._predictions.limits
        kind = media_type(request, required=limits.must_say_type)
        if not is_json(kind) and kind != "text/csv":
            raise WrongMediaType("Send JSON or CSV, with its Content-Type.")
        body = await body_bytes(request, min(limits.body_bytes, MAX_BYTES))
        model = self._predictions.model()

        def rows() -> foreign_rows.Rows:
            contract, inputs = model.predictor.contract, model.reader.inputs
            if kind == "text/csv":
                sent = foreign_rows.from_csv(body, contract, limits.rows)
            else:
                sent = foreign_rows.from_json(body, inputs, limits.rows)
            return foreign_rows.adapted(sent, contract, inputs)

        outputs = await self._outputs(request, model, rows)
        names, columns = list(outputs), [values.tolist() for values in outputs.values()]
        records = [dict(zip(names, line, strict=True)) for line in zip(*columns, strict=True)]
        return json_response(orjson.dumps({"predictions": records}), version=model.version)

    async def infer(self, request: Request, name: str, wanted: str | None) -> Response:
        """The response to `POST /v2/models/{name}/infer`.

        Raises:
            ProblemError: If there is no such model, or a row is refused.
        """
        limits = self._predictions.limits
        header = request.headers.get(tensors.BINARY_HEADER)
        if header is not None and not _LENGTH.fullmatch(header):
            raise Malformed(f"{tensors.BINARY_HEADER} must be a whole number.")
        # Clients of this protocol may say no media type, which then is JSON.
        if header is None and not is_json(media_type(request)):
            raise WrongMediaType("Send JSON, with Content-Type: application/json.")
        body = await body_bytes(request, min(limits.body_bytes, MAX_BYTES))
        model = self.named(name, wanted)
        types = {
            output.name: tensors.output_datatype(output.type.dtype)
            for output in model.predictor.task.outputs
        }
        asked: list[tensors.InferRequest] = []

        def rows() -> list[Any]:
            asked.append(
                tensors.infer_request(
                    body,
                    None if header is None else int(header),
                    list(types),
                    columns=len(model.reader.inputs),
                    max_rows=limits.rows,
                )
            )
            return asked[0].rows

        outputs = await self._outputs(request, model, rows)
        head = {"model_name": model.release.name, "model_version": model.version}
        content, length = tensors.infer_response(
            head, {each: (types[each], outputs[each]) for each in types}, asked[0]
        )
        headers = {VERSION_HEADER: model.version}
        if length is None:
            return Response(content, headers=headers, media_type="application/json")
        headers[tensors.BINARY_HEADER] = str(length)
        return Response(content, headers=headers, media_type="application/octet-stream")

    def named(self, name: str, wanted: str | None) -> LoadedModel:
        """The model in service, if it has a name and a version.

        Raises:
            NotFound: If it has others.
            NoModel: If there is none.
        """
        model = self._predictions.model()
        if name != model.release.name or wanted not in (None, model.version):
            raise NotFound(
                f"The model in service is {model.release.name}, version {model.version}."
            )
        return model

    def metadata(self, name: str, wanted: str | None) -> dict[str, Any]:
        """What the Open Inference Protocol says of a model.

        Raises:
            NotFound: If it is not in service.
        """
        model = self.named(name, wanted)
        columns = model.predictor.contract.columns
        return {
            "name": model.release.name,
            "versions": [model.version],
            "platform": "weekwise_catboost",
            "inputs": [
                {"name": each, "datatype": tensors.datatype_of(columns[each]), "shape": [-1]}
                for each in model.reader.inputs
            ],
            "outputs": [
                {
                    "name": output.name,
                    "datatype": tensors.output_datatype(output.type.dtype),
                    "shape": [-1],
                }
                for output in model.predictor.task.outputs
            ],
        }

    async def _outputs(
        self, request: Request, model: LoadedModel, rows: Callable[[], list[Any]]
    ) -> Outputs:
        """Each output's values, shape (n,), of rows that are all right."""
        reader = BatchReader(model.reader, self._predictions.limits.rows)

        def work(flag: CancelFlag) -> tuple[CheckedBatch, list[Any], Outputs]:
            batch = reader.read_rows(rows(), flag)
            if batch.faults:
                raise _refused(batch)
            predicted = model.predict_columns(model.completed_batch(batch).columns, flag)[0]
            outputs = model.output_columns(predicted)
            return batch, predicted, outputs

        batch, predicted, outputs = await in_thread(request, self._predictions.batch_threads, work)
        notes_of(request).rows = len(batch.valid)
        self._predictions.count(request, model, batch, predicted)
        return outputs


def server_metadata() -> dict[str, Any]:
    """What the Open Inference Protocol says of the server."""
    return {"name": "weekwise", "version": __version__, "extensions": ["binary_tensor_data"]}


def mlflow_version() -> str:
    """The version of MLflow that models are read with."""
    for package in ("mlflow-skinny", "mlflow"):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return ""


def _refused(batch: CheckedBatch) -> InvalidRow:
    first = min(batch.faults)
    rows = len(batch.faults) + len(batch.valid)
    return InvalidRow(
        f"{len(batch.faults):,} of {rows:,} rows need fixing, so none is predicted. Row {first}: "
        f"{batch.faults[first][0].message}",
        errors=batch.faults[first],
    )
