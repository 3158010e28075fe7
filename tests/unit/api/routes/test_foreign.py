"""Doors that clients of other servers know: the same predictions behind each."""

from __future__ import annotations

import json
import math
import struct
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import pytest

from loaded_models import loaded_delays, loaded_faults, loaded_parcels
from service_client import client_of, problem_kind
from trains_service import train, trains_client, trains_model

NAME = "tested"
JSON = {"content-type": "application/json"}
DATATYPES = {
    "departure": "BYTES",
    "line": "BYTES",
    "stops": "INT64",
    "cars": "INT64",
    "rain": "FP64",
    "express": "BOOL",
}


def rows() -> list[dict[str, Any]]:
    """Two rows."""
    return [train(), train() | {"line": "green", "stops": 2}]


def expected() -> list[float]:
    """What the service's own batch says of them."""
    answer = trains_client().post("/predict/batch", json={"rows": rows()}).json()
    return [result["probability"] for result in answer["results"]]


def invoked(content: str, kind: str = "application/json") -> list[float]:
    """The probabilities that MLflow's door answers."""
    answer = trains_client().post("/invocations", content=content, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text
    return [row["probability"] for row in answer.json()["predictions"]]


class TestMLflow:
    """MLflow's scoring server."""

    def test_shapes(self) -> None:
        """Every shape that MLflow describes gives the service's own predictions."""
        frame = pd.DataFrame(rows())
        columns = {name: frame[name].tolist() for name in frame}
        split = frame.assign(ignored=1).to_dict(orient="split")

        for body in (
            {"dataframe_split": split},
            {"dataframe_split": split, "params": {}},
            {"dataframe_records": rows()},
            {"instances": rows()},
            {"inputs": rows()},
            {"inputs": columns},
            {"inputs": [list(row.values()) for row in rows()]},
        ):
            assert invoked(json.dumps(body)) == expected()
        assert invoked(frame.to_csv(index=False), "text/csv; charset=utf-8") == expected()

    def test_missing(self) -> None:
        """NaN and an empty cell are missing values."""
        gone = [row | {"rain": None, "cars": None} for row in rows()]
        frame = pd.DataFrame(gone)
        nan = [row | {"rain": math.nan, "cars": math.nan} for row in rows()]
        plain = trains_client().post("/predict/batch", json={"rows": gone}).json()["results"]
        probabilities = [result["probability"] for result in plain]

        assert invoked(json.dumps({"dataframe_records": nan})) == probabilities
        assert invoked(frame.to_csv(index=False), "text/csv") == probabilities

    @pytest.mark.parametrize("word", ["NA", "null", "None", "nan", "#N/A", "<NA>"])
    def test_words_for_missing(self, word: str) -> None:
        """A word that pandas reads as missing is missing, as behind MLflow's own door."""
        gone = pd.DataFrame([row | {"rain": None} for row in rows()])

        assert invoked(gone.to_csv(index=False, na_rep=word), "text/csv") == invoked(
            gone.to_csv(index=False), "text/csv"
        )

    @pytest.mark.parametrize("text", ["1_000", "\u0664", "0x4", "4 4", "4f", "--4"])
    def test_no_numbers(self, text: str) -> None:
        """What Python or C may take for a number, and a table does not, is refused."""
        frame = pd.DataFrame(rows()).astype({"stops": object})
        frame.loc[0, "stops"] = text
        answer = trains_client().post(
            "/invocations", content=frame.to_csv(index=False), headers={"content-type": "text/csv"}
        )

        assert (answer.status_code, problem_kind(answer)) == (422, "validation")
        assert answer.json()["errors"][0]["received"] == json.dumps(text, ensure_ascii=False)

    @pytest.mark.parametrize(
        "body",
        [
            '{"inputs": [{"line": "red", "line": "green"}]}',
            '{"inputs": [{"line": "red", "l\\u0069ne": "green"}]}',
            '{"inputs": {"line": ["red"], "line": ["green"]}}',
            '{"inputs": [], "inputs": [{"line": "red"}]}',
            '{"dataframe_split": {"columns": ["line", "line"], "data": [["red", "green"]]}}',
            "line,line\nred,green\n",
        ],
    )
    def test_twice(self, body: str) -> None:
        """A key or a column that is there twice is refused: nobody knows which was meant."""
        kind = "application/json" if body.startswith("{") else "text/csv"
        answer = trains_client().post("/invocations", content=body, headers={"content-type": kind})

        assert (answer.status_code, problem_kind(answer)) == (422, "malformed")
        assert "twice" in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            ('{"inputs": [' + "{}," * 20 + "{}]}", "application/json"),
            ('{"inputs": {"line": [' + "1," * 20 + "1]}}", "application/json"),
            (
                '{"dataframe_split": {"columns": ["a"], "data": [' + "[1]," * 20 + "[1]]}}",
                "application/json",
            ),
            ('{"inputs": [' + "[[]]," * 2_000 + "[]]}", "application/json"),
            ("line\n" + "red\n" * 21, "text/csv"),
        ],
    )
    def test_rows(self, body: str, kind: str) -> None:
        """More rows than a batch may have are refused in every shape."""
        answer = trains_client(max_batch_rows=20).post(
            "/invocations", content=body, headers={"content-type": kind}
        )

        assert (answer.status_code, problem_kind(answer)) == (413, "too-many-rows")

    def test_brackets_in_text(self) -> None:
        """Brackets in text are no lists: a body with many of them is read."""
        row = train() | {"line": "[{" * 5_000}
        answer = trains_client(max_batch_rows=20).post("/invocations", json={"inputs": [row]})

        assert problem_kind(answer) == "validation"

    def test_huge_number(self) -> None:
        """A whole number of hundreds of digits is refused, and no defect."""
        row = json.dumps(train() | {"stops": 10**400})
        answer = trains_client().post(
            "/invocations", content=f'{{"inputs": [{row}]}}', headers=JSON
        )

        assert (answer.status_code, problem_kind(answer)) == (422, "validation")
        assert answer.json()["errors"][0]["field"] == "stops"

    @pytest.mark.parametrize("load", [loaded_parcels, loaded_delays, loaded_faults])
    def test_other_tasks(self, load: Any) -> None:
        """Each task answers with the outputs of its signature, a date with its midnight too."""
        model = load()
        row = dict(model.examples[0])
        if "day" in row:
            row["day"] += "T00:00:00"
        answer = client_of(model).post("/invocations", json={"dataframe_records": [row]})

        assert answer.status_code == 200, answer.text
        (prediction,) = answer.json()["predictions"]
        assert list(prediction) == model.predictor.task.output_names

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            {"inputs": 1},
            {"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}},
            {"dataframe_split": {}},
            {"dataframe_split": {"columns": 1, "data": 1}},
            {"dataframe_split": {"columns": "ab", "data": [[1, 2]]}},
            {"dataframe_split": {"columns": [["a"]], "data": [[1]]}},
            {"inputs": ["sixsix"]},
            {"dataframe_records": [1]},
            {"inputs": [[1]]},
            {"instances": [], "inputs": []},
            {"dataframe_records": []},
        ],
    )
    def test_malformed(self, body: Any) -> None:
        """What has none of the shapes is a problem."""
        answer = trains_client().post("/invocations", json=body)

        assert (answer.status_code, problem_kind(answer)) == (422, "malformed")

    def test_refused(self) -> None:
        """One wrong row refuses all, and the answer says which and why."""
        body = {"dataframe_records": [*rows(), train() | {"line": "gray"}]}
        answer = trains_client().post("/invocations", json=body)

        assert (answer.status_code, problem_kind(answer)) == (422, "validation")
        assert "1 of 3 rows" in answer.json()["detail"]
        assert "Row 2" in answer.json()["detail"]

    def test_ping_and_version(self) -> None:
        """It says that it can predict, and MLflow's version, without a key."""
        client = trains_client(keys="one")

        assert client.get("/ping").status_code == 200
        assert client_of(None).get("/ping").status_code == 503
        assert client.get("/version").text == version("mlflow-skinny")
        assert client.post("/invocations", json={}).status_code == 401


def tensor(name: str) -> dict[str, Any]:
    """A column of the rows as a tensor."""
    data = [row[name] for row in rows()]
    return {"name": name, "datatype": DATATYPES[name], "shape": [2], "data": data}


def binary(tensors: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bytes]:
    """Tensors with their data beside them."""
    heads, tail = [], b""
    for each in tensors:
        if each["datatype"] == "BYTES":
            texts = [text.encode() for text in each["data"]]
            raw = b"".join(struct.pack("<I", len(text)) + text for text in texts)
        else:
            dtype = {"INT64": "<i8", "FP64": "<f8", "BOOL": "?"}[each["datatype"]]
            raw = np.array(each["data"], dtype).tobytes()
        head = {key: value for key, value in each.items() if key != "data"}
        heads.append(head | {"parameters": {"binary_data_size": len(raw)}})
        tail += raw
    return heads, tail


class TestOpenInference:
    """The Open Inference Protocol, version 2."""

    @pytest.mark.parametrize("path", [f"/v2/models/{NAME}", f"/v2/models/{NAME}/versions/7"])
    def test_infer(self, path: str) -> None:
        """Tensors give the service's own predictions, and the request's id comes back."""
        body = {"id": "42", "inputs": [tensor(name) for name in DATATYPES]}
        answer = trains_client().post(f"{path}/infer", json=body).json()

        assert answer.keys() == {"model_name", "model_version", "id", "outputs"}
        assert answer["outputs"][0] == {
            "name": "probability",
            "datatype": "FP64",
            "shape": [2],
            "data": expected(),
        }
        assert answer["outputs"][1]["datatype"] == "BOOL"
        assert (answer["model_name"], answer["model_version"], answer["id"]) == (NAME, "7", "42")

    def test_binary(self) -> None:
        """Tensors may come as bytes, and go so where the client asks for that."""
        inputs, tail = binary([tensor(name) for name in DATATYPES])
        outputs = [{"name": "probability", "parameters": {"binary_data": True}}]
        head = json.dumps({"inputs": inputs, "outputs": outputs}).encode()
        headers = {
            "Inference-Header-Content-Length": str(len(head)),
            "content-type": "application/octet-stream",
        }
        answer = trains_client().post(
            f"/v2/models/{NAME}/infer", content=head + tail, headers=headers
        )

        length = int(answer.headers["inference-header-content-length"])
        described = json.loads(answer.content[:length])
        assert described["outputs"][0]["parameters"] == {"binary_data_size": 16}
        assert np.frombuffer(answer.content[length:], "<f8").tolist() == expected()

    @pytest.mark.parametrize(
        ("change", "tail", "length"),
        [
            ({}, b"more", None),
            ({"parameters": {"binary_data_size": -1}}, b"", None),
            ({"parameters": {"binary_data_size": 10**18}}, b"", None),
            ({"parameters": {"binary_data_size": True}}, b"", None),
            ({"parameters": {"binary_data_size": 8.0}}, b"", None),
            ({"shape": [2.5]}, b"", None),
            ({"datatype": "FP63"}, b"", None),
            ({"name": "line"}, b"", None),
            ({}, b"", "9" * 5000),
            ({}, b"", "99999"),
            ({}, b"", "\u00b2"),
            ({}, b"", "-1"),
        ],
    )
    def test_wrong_sizes(self, change: dict[str, Any], tail: bytes, length: str | None) -> None:
        """Sizes that are not those of the bytes are refused, and nothing is cut off in silence."""
        inputs, raw = binary([tensor(name) for name in DATATYPES])
        inputs[-1] |= change
        head = json.dumps({"inputs": inputs}).encode()
        headers = {
            "Inference-Header-Content-Length": (length or str(len(head))).encode("latin-1"),
            "content-type": "application/octet-stream",
        }
        answer = trains_client().post(
            f"/v2/models/{NAME}/infer", content=head + raw + tail, headers=headers
        )

        assert (answer.status_code, problem_kind(answer)) == (422, "malformed")

    def test_cut_text(self) -> None:
        """A text that says it is longer than its tensor is refused, not cut off."""
        inputs, raw = binary([tensor("line")])
        cut = struct.pack("<I", 99) + raw[4:]
        head = json.dumps({"inputs": inputs}).encode()
        headers = {"Inference-Header-Content-Length": str(len(head))}
        answer = trains_client().post(
            f"/v2/models/{NAME}/infer", content=head + cut, headers=headers
        )

        assert (answer.status_code, problem_kind(answer)) == (422, "malformed")

    def test_nulls(self) -> None:
        """Clients that write null for what they leave out are understood."""
        inputs = [tensor(name) | {"parameters": None} for name in DATATYPES]
        body = {"id": None, "parameters": None, "inputs": inputs, "outputs": None}
        answer = trains_client().post(f"/v2/models/{NAME}/infer", json=body).json()

        assert answer["outputs"][0]["data"] == expected()
        assert "id" not in answer

    @pytest.mark.parametrize(
        "data", ["[" + "1," * 20 + "1]", "[" + "[1]," * 20 + "[1]]", "[" + "[]," * 9_000 + "[]]"]
    )
    def test_rows(self, data: str) -> None:
        """More rows than a batch may have are refused."""
        one = f'{{"name": "stops", "datatype": "INT64", "shape": [21], "data": {data}}}'
        answer = trains_client(max_batch_rows=20).post(
            f"/v2/models/{NAME}/infer", content=f'{{"inputs": [{one}]}}', headers=JSON
        )

        assert (answer.status_code, problem_kind(answer)) == (413, "too-many-rows")

    def test_no_media_type(self) -> None:
        """A body without a media type is JSON: Triton's client says none."""
        body = json.dumps({"inputs": [tensor(name) for name in DATATYPES]})
        answer = trains_client().post(f"/v2/models/{NAME}/infer", content=body)

        assert answer.json()["outputs"][0]["data"] == expected()

    def test_metadata(self) -> None:
        """It says what goes in and what comes out."""
        client = trains_client()
        described = client.get(f"/v2/models/{NAME}").json()

        assert {each["name"]: each["datatype"] for each in described["inputs"]} == DATATYPES
        assert [each["name"] for each in described["outputs"]] == ["probability", "decision"]
        assert described["versions"] == ["7"]
        assert client.get(f"/v2/models/{NAME}/ready").json()["ready"]
        assert client.get("/v2/health/ready").status_code == 200
        assert client.get("/v2/health/live").json() == {"live": True}
        assert client.get("/v2").json()["name"] == "weekwise"

    @pytest.mark.parametrize("path", ["other", f"{NAME}/versions/8"])
    @pytest.mark.parametrize("tail", ["", "/ready", "/infer"])
    def test_another_model(self, path: str, tail: str) -> None:
        """Another model, or another version, is not found."""
        method = "POST" if tail == "/infer" else "GET"
        body = {"json": {"inputs": []}} if tail == "/infer" else {}
        answer = trains_client().request(method, f"/v2/models/{path}{tail}", **body)

        assert (answer.status_code, problem_kind(answer)) == (404, "not-found")
        assert answer.json()["error"] == answer.json()["detail"]

    @pytest.mark.parametrize(
        "change",
        [
            {"shape": [3]},
            {"shape": [2, 2]},
            {"shape": "x"},
            {"data": 1},
            {"parameters": {"binary_data_size": 7}},
            {"parameters": {"binary_data_size": 7}, "datatype": "BF16"},
            {"name": "other"},
            {"data": ["a", "b"]},
        ],
    )
    def test_wrong_tensors(self, change: dict[str, Any]) -> None:
        """Tensors that do not fit are a problem in the protocol's words, and no defect."""
        inputs = [tensor(name) for name in DATATYPES if name != "stops"]
        body = {"inputs": [*inputs, tensor("stops") | change]}
        answer = trains_client().post(f"/v2/models/{NAME}/infer", json=body)

        assert answer.status_code == 422
        assert answer.json()["error"]

    def test_a_reader_of_the_same_rows(self) -> None:
        """A row that the service refuses is refused here in the same words."""
        wrong = train() | {"stops": -1.5}
        assert trains_model().reader.read_value(wrong)
        body = {"inputs": [tensor(name) for name in DATATYPES]}
        body["inputs"][2]["data"] = [4, 1.5]
        answer = trains_client().post(f"/v2/models/{NAME}/infer", json=body)

        assert answer.json()["errors"][0]["field"] == "stops"
