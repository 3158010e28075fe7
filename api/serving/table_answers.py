"""The answer to a batch as an Arrow or Parquet table: one row for each row, in their order."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from starlette.requests import Request

from api.rows.batch_reader import CheckedBatch
from api.rows.cancel_flag import CancelFlag
from api.rows.row_warnings import BatchWarnings
from api.rows.table_body import ARROW, PARQUET
from api.serving.answers import AnsweredBatch
from api.serving.loaded_model import LoadedModel

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = (ARROW, PARQUET)
_JSON = "application/json"


def answer_type(request: Request, sent: str) -> str:
    """The media type of the answer: the one that the client accepts, or that of its body.

    Args:
        request: The request.
        sent: The media type of its body.
    """
    accepted = request.headers.get("accept", "").lower()
    for kind in (*TABLES, _JSON):
        if kind in accepted:
            return kind
    return sent if sent in TABLES else _JSON


def answered_table(
    model: LoadedModel, batch: CheckedBatch, kind: str, flag: CancelFlag
) -> AnsweredBatch:
    """Predict a batch. It takes a while: call it in a thread.

    Args:
        model: The model.
        batch: The batch, as the reader of the same model gives it.
        kind: The media type of the answer.
        flag: Ends the work between two parts of the batch.

    Returns:
        The outputs of the model's signature; `errors` of refused rows, which have no outputs, and
        `warnings` of the others, as JSON.
    """
    import pyarrow as pa

    batch = model.completed_batch(batch)
    predictions, uncomputed = (
        model.predict_columns(batch.columns, flag) if batch.valid else ([], {})
    )
    found = model.reader.warnings.of_batch(
        batch.columns, {**batch.missing, **uncomputed}, len(batch.valid)
    )
    rows = len(batch.valid) + len(batch.faults)
    columns: dict[str, Any] = {}
    if batch.valid:
        columns = model.output_columns(predictions)
    answers = {name: pa.array(values) for name, values in columns.items()}
    answers["warnings"] = _texts(found)
    errors = pa.nulls(rows, pa.string())
    if batch.faults:
        places = np.full(rows, -1, dtype=np.int64)
        places[batch.valid] = np.arange(len(batch.valid))
        order = pa.array(places, mask=places < 0)
        answers = {name: values.take(order) for name, values in answers.items()}
        errors = pa.array([_errors(batch, place) for place in range(rows)], pa.string())
    table = pa.table(answers | {"errors": errors}).replace_schema_metadata(
        {"model_version": model.version}
    )
    return AnsweredBatch(_written(table, kind), predictions, len(batch.faults), found.unseen)


def _texts(found: BatchWarnings) -> pa.Array:
    """Each row's warnings as JSON; none if there are none."""
    import pyarrow as pa

    texts = [orjson.dumps(warnings).decode() for warnings in found.different]
    different = pa.array([None if text == "[]" else text for text in texts], pa.string())
    return different.take(pa.array(found.places))


def _errors(batch: CheckedBatch, place: int) -> str | None:
    faults = batch.faults.get(place)
    return None if faults is None else " ".join(fault.message for fault in faults)


def _written(table: Any, kind: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    if kind == PARQUET:
        pq.write_table(table, sink)
    else:
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
    return sink.getvalue()
