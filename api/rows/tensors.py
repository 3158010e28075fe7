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

from api.http.bodies import too_many_rows
from api.http.exceptions import Malformed
from api.rows.row_reader import parse_json, refuse_hidden_keys, refuse_many_parts
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


def infer_request(
    body: bytes, header_length: int | None, outputs: Sequence[str], *, columns: int, max_rows: int
) -> InferRequest:
    """What a body asks.

    Args:
        body: JSON, or JSON with the bytes of tensors after it.
        header_length: How long the JSON is; none if it is all.
        outputs: Names of the outputs that the model has.
        columns: How many columns the model takes.
        max_rows: The most rows that it may have.

    Raises:
        Malformed: If it asks nothing, or for other outputs, or its sizes are wrong.
        TooManyRows: If it has more rows.
    """
    end = len(body) if header_length is None else header_length
    if end > len(body):
        raise Malformed(f"{BINARY_HEADER} is {end:,}, and the body has {len(body):,} bytes.")
    # A value of the shape [rows, 1] is a list.
    refuse_many_parts(body[:end], max_rows * columns)
    parsed, _ = parse_json(body[:end])
    try:
        refuse_hidden_keys(body[:end], _keys(parsed))
        values = _columns(parsed["inputs"], body[end:], max_rows)
        asked = parsed.get("outputs") or []
        chosen = {str(output["name"]): _parameters(output).get("binary_data") for output in asked}
        every = bool(_parameters(parsed).get("binary_data_output", False))
        rows = [dict(zip(values, line, strict=True)) for line in zip(*values.values(), strict=True)]
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
        rows, str(parsed.get("id") or ""), tuple(chosen), frozenset(binary), every and not chosen
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


def _columns(
    sent: Sequence[Mapping[str, Any]], tail: bytes, max_rows: int
) -> dict[str, Sequence[Any]]:
    """Each tensor's values; those of binary ones are in the tail, one after another."""
    columns: dict[str, Sequence[Any]] = {}
    place = 0
    for tensor in sent:
        name, raw = str(tensor["name"]), None
        if name in columns:
            raise Malformed(f"The tensor {name!r} is there twice; send it once.")
        size = _parameters(tensor).get("binary_data_size")
        if size is not None:
            if type(size) is not int or not 0 <= size <= len(tail) - place:
                raise Malformed(
                    f"{name} has the binary_data_size {str(size)[:20]}, and {len(tail) - place:,} "
                    "bytes are left of the body."
                )
            raw = tail[place : place + size]
            place += size
        columns[name] = _values(tensor, raw, max_rows)
    if place < len(tail):
        raise Malformed(f"After the last tensor {len(tail) - place:,} bytes are left of the body.")
    return columns


def _parameters(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What parameters something has; clients may send null where it has none."""
    given: Mapping[str, Any] = value.get("parameters") or {}
    return given


def _keys(parsed: Mapping[str, Any]) -> int:
    """How many keys a request has."""
    parts = [*parsed["inputs"], *(parsed.get("outputs") or ())]
    return sum(len(part) + len(_parameters(part)) for part in (parsed, *parts))


def _values(tensor: Mapping[str, Any], raw: bytes | None, max_rows: int) -> Sequence[Any]:
    """A tensor's values, one a row; not-a-number counts as missing."""
    datatype, name = str(tensor["datatype"]), tensor["name"]
    shape = tensor["shape"]
    if not all(type(size) is int for size in shape):
        raise TypeError(shape)
    if datatype != BYTES and datatype not in _DTYPES:
        raise Malformed(f"{name} has the datatype {datatype[:20]!r}, which is not known.")
    if max(len(tensor["data"]) if raw is None else 0, *shape, 0) > max_rows:
        raise too_many_rows(max_rows)
    if raw is None:
        data = tensor["data"]
        values = [part[0] if isinstance(part, list) and len(part) == 1 else part for part in data]
    elif datatype == BYTES:
        values = _texts(raw)
    else:
        values = np.frombuffer(raw, _DTYPES[datatype]).tolist()
    if shape not in ([len(values)], [len(values), 1]):
        raise Malformed(f"{name} has {len(values)} values; its shape must be [rows] or [rows, 1].")
    return [None if isinstance(each, float) and math.isnan(each) else each for each in values]


def _texts(raw: bytes) -> list[str]:
    values, place = [], 0
    while place < len(raw):
        (size,) = struct.unpack_from("<I", raw, place)
        place += 4
        if size > len(raw) - place:
            raise Malformed(
                f"A text of {size:,} bytes has {len(raw) - place:,} left in its tensor."
            )
        values.append(raw[place : place + size].decode())
        place += size
    return values


def _packed(datatype: str, values: Any) -> bytes:
    if datatype != BYTES:
        return bytes(np.asarray(values).astype(_DTYPES[datatype]).tobytes())
    texts = [str(value).encode() for value in values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)
