"""Rows as tensors of the Open Inference Protocol, one a column, in JSON or in its binary form.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
and Triton's binary extension,
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from api.http.exceptions import Malformed
from api.rows.row_reader import parse_json
from weekwise.contract.column import Column

BINARY_HEADER = "Inference-Header-Content-Length"
BYTES = "BYTES"
_DTYPES = {
    "BOOL": "?",
    **{
        f"{kind}{bits}": f"<{kind[0].lower()}{bits // 8}"
        for kind in ("INT", "UINT")
        for bits in (8, 16, 32, 64)
    },
    **{f"FP{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
}
_OF_KIND = {"i": "INT64", "f": "FP64", "b": "BOOL"}
"""Datatypes by NumPy's kinds."""


@dataclass(frozen=True)
class InferRequest:
    """What a client asks.

    Attributes:
        rows: The rows.
        id: The client's own name of the request; empty if it has none.
        outputs: Names of the outputs it wants; empty for all.
        binary: Names of the outputs that are to be binary.
        all_binary: Whether all are that it does not speak of.
    """

    rows: list[dict[str, Any]]
    id: str
    outputs: tuple[str, ...]
    binary: frozenset[str]
    all_binary: bool


def datatype_of(column: Column) -> str:
    """The datatype of a column: numbers as they are, text and times as text."""
    facts = column.type.facts
    if facts.boolean:
        return "BOOL"
    if facts.numeric:
        return "INT64" if facts.whole else "FP64"
    return BYTES


def output_datatype(dtype: str) -> str:
    """The datatype of an output by its NumPy dtype."""
    return _OF_KIND.get(np.dtype(dtype).kind, BYTES)


def infer_request(body: bytes, header_length: int | None, outputs: Sequence[str]) -> InferRequest:
    """What a body asks.

    Args:
        body: JSON, or JSON with the bytes of tensors after it.
        header_length: How long the JSON is; none if it is all.
        outputs: Names of the outputs that the model has.

    Raises:
        Malformed: If it asks nothing, or for other outputs.
    """
    end = len(body) if header_length is None else header_length
    parsed, _ = parse_json(body[:end])
    try:
        columns, place = {}, end
        for tensor in parsed["inputs"]:
            size = tensor.get("parameters", {}).get("binary_data_size")
            raw = None if size is None else body[place : place + size]
            place += size or 0
            columns[str(tensor["name"])] = _values(tensor, raw)
        asked = parsed.get("outputs", [])
        chosen = {
            str(output["name"]): output.get("parameters", {}).get("binary_data") for output in asked
        }
        every = bool(parsed.get("parameters", {}).get("binary_data_output", False))
        rows = [
            dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)
        ]
    except Malformed:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, struct.error):
        raise Malformed(
            'Send {"inputs": [{"name", "shape", "datatype", "data"}, …]}, one tensor a column, '
            "all with one value a row."
        ) from None
    unknown = chosen.keys() - set(outputs)
    if unknown:
        raise Malformed(f"There is no output {min(unknown)!r}; there are {', '.join(outputs)}.")
    binary = {
        name for name, is_binary in chosen.items() if is_binary or (is_binary is None and every)
    }
    return InferRequest(
        rows, str(parsed.get("id", "")), tuple(chosen), frozenset(binary), every and not chosen
    )


def infer_response(
    head: Mapping[str, Any], outputs: Mapping[str, tuple[str, Any]], request: InferRequest
) -> tuple[bytes, int | None]:
    """The answer, and how long its JSON is if binary tensors follow it.

    Args:
        head: The model's name and version.
        outputs: Each output's datatype and values, shape (n,).
        request: What was asked.
    """
    tensors, tail = [], []
    for name in request.outputs or outputs:
        datatype, values = outputs[name]
        tensor: dict[str, Any] = {"name": name, "datatype": datatype, "shape": [len(values)]}
        if name in request.binary or request.all_binary:
            raw = _packed(datatype, values)
            tensor["parameters"] = {"binary_data_size": len(raw)}
            tail.append(raw)
        else:
            tensor["data"] = values.tolist()
        tensors.append(tensor)
    body = orjson.dumps(
        {**head, "id": request.id, "outputs": tensors}
        if request.id
        else {**head, "outputs": tensors}
    )
    return b"".join([body, *tail]), len(body) if tail else None


def _values(tensor: Mapping[str, Any], raw: bytes | None) -> Sequence[Any]:
    """A tensor's values, one a row; not-a-number counts as missing."""
    datatype, name = str(tensor["datatype"]), tensor["name"]
    shape = [int(size) for size in tensor["shape"]]
    if raw is None:
        data = tensor["data"]
        values = [part[0] if isinstance(part, list) and len(part) == 1 else part for part in data]
    elif datatype == BYTES:
        values = _texts(raw)
    elif datatype in _DTYPES:
        values = np.frombuffer(raw, _DTYPES[datatype]).tolist()
    else:
        raise Malformed(f"{name} has the datatype {datatype!r}, which is not known.")
    if shape not in ([len(values)], [len(values), 1]):
        raise Malformed(f"{name} has {len(values)} values; its shape must be [rows] or [rows, 1].")
    return [None if isinstance(each, float) and math.isnan(each) else each for each in values]


def _texts(raw: bytes) -> list[str]:
    values, place = [], 0
    while place < len(raw):
        (size,) = struct.unpack_from("<I", raw, place)
        place += 4
        values.append(raw[place : place + size].decode())
        place += size
    return values


def _packed(datatype: str, values: Any) -> bytes:
    if datatype != BYTES:
        return bytes(np.asarray(values).astype(_DTYPES[datatype]).tobytes())
    texts = [str(value).encode() for value in values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)
