"""The request log: rows and their answers as a table, without what the contract keeps out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from api.rows.arrow_types import arrow_array
from api.serving.answered_rows import AnsweredGroup

if TYPE_CHECKING:
    import pyarrow as pa

ANSWERED_AT = "answered_at"
REQUEST_ID = "request_id"
REQUEST_ROW = "request_row"
ANSWERED = "answered_"
"""What the version and its outputs are called by in addition: the log can be predicted again, by
`kedro weekly score`, and has both answers then."""

PREFIX = "row_"
"""What an input is called by in addition, if it has the name of another column of the log."""


def logged_table(group: AnsweredGroup) -> pa.Table:
    """Rows and their answers as the log keeps them.

    Args:
        group: The rows.

    Returns:
        When and to which request they were answered, by which version; the outputs of the model's
        signature; the inputs as they came, but for those that the contract keeps out.
    """
    import pyarrow as pa

    model, rows = group.model, len(group)
    own: dict[str, Any] = {
        **stamps(group),
        f"{ANSWERED}version": pa.array([model.version] * rows),
    }
    for name, values in model.output_columns(group.predictions).items():
        own[f"{ANSWERED}{name}"] = pa.array(values)
    columns = model.predictor.contract.columns
    logged = {name: columns[name] for name in group.columns if columns[name].serving.logged}
    inputs = {
        f"{PREFIX}{name}" if name in own else name: arrow_array(column, group.columns[name])
        for name, column in logged.items()
    }
    return pa.table({**own, **inputs})


def stamps(group: AnsweredGroup) -> dict[str, pa.Array]:
    """When each row was answered, the id of its request, and its place in it.

    Args:
        group: The rows.
    """
    import pyarrow as pa

    moments = np.round(group.seconds * 1e6).astype("datetime64[us]")
    return {
        ANSWERED_AT: pa.array(moments).cast(pa.timestamp("us", tz="UTC")),
        REQUEST_ID: pa.array(group.request_ids, pa.string()),
        REQUEST_ROW: pa.array(group.places, pa.int32()),
    }
