"""The columns of two how-to pages, derived ones and aggregates, from the run to the service."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

import other_tables
import runs
from api.rows.batch_reader import BatchReader
from api.serving.answers import answered_batch
from api.serving.loaded_model import LoadedModel
from api.serving.model_loading import load_model
from weekwise.model import release

pytestmark = pytest.mark.slow

MODEL = "returned_orders"
PAGES = [
    runs.PROJECT / "docs" / "how-to" / name for name in ("derived-columns.md", "aggregates.md")
]
AGGREGATES = ["region_return_rate", "orders_in_hour"]


def yaml_of_the_pages() -> str:
    """The columns that the pages add to a contract."""
    start = r"```yaml\n# \S+contracts/features.yml, under columns\n"
    texts = (page.read_text("utf-8") for page in PAGES)
    blocks = [re.findall(rf"{start}(.*?)```", text, re.DOTALL) for text in texts]
    assert [len(found) for found in blocks] == [1, 1]
    return "".join(block for (block,) in blocks)


def feed() -> pd.DataFrame:
    """Orders that come back where an item is dear, some of them of no items."""
    frame = other_tables.orders().drop_duplicates("order_id", ignore_index=True)
    rng = np.random.default_rng(7)
    items = rng.integers(1, 9, len(frame))
    dear = frame["amount"] / items > 20
    returned = pd.Series(rng.random(len(frame)) < 0.05 + 0.85 * dear, dtype="boolean")
    items[-5:] = 0
    return frame.assign(items=items, returned=returned.where(frame["returned"].notna()))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of the pages' environment."""
    contract = other_tables.CONTRACT + yaml_of_the_pages()
    return other_tables.run_weeks(
        tmp_path_factory.mktemp("derived"), frame=feed(), contract=contract
    )


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """The champion as the service loads it."""
    folder = tmp_path_factory.mktemp("served")
    store = f"sqlite:///{data / 'mlflow' / 'mlflow.db'}"
    mlflow.set_tracking_uri(store)
    found = release.release_at(MlflowClient(store), MODEL, "champion")
    assert found is not None
    release.fetch(found, folder)
    return load_model(found, folder, "registry")


def predictions(data: Path) -> pd.DataFrame:
    """What the last week predicted, with the raw columns of each row."""
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        return store.sql(
            "SELECT feed.*, predictions.probability, predictions.model_version FROM predictions "
            f"JOIN '{data.parent.parent / 'feed.parquet'}' AS feed USING (order_id) "
            f"WHERE predictions.as_of = DATE '{other_tables.WEEKS[-1]}' ORDER BY order_id"
        ).df()


def test_the_run_computes_the_column(data: Path) -> None:
    """Stored features have the quotient, and nothing where there are no items."""
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        rows = store.sql("SELECT amount, items, item_price FROM features").df()

    expected = rows["amount"] / rows["items"].where(rows["items"] > 0)
    np.testing.assert_array_equal(rows["item_price"], expected)


def test_the_run_computes_aggregates(data: Path) -> None:
    """A week's rates are those that its run knew, and upcoming orders share theirs."""
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        rows = store.sql(f"SELECT * FROM features WHERE placed >= '{other_tables.WEEKS[-1]}'").df()
        past = store.sql(
            "SELECT region, returned::INT AS returned FROM features "
            f"WHERE placed < '{other_tables.WEEKS[-1]}' AND returned IS NOT NULL "
            f"AND placed >= DATE '{other_tables.WEEKS[-1]}' - 28"
        ).df()

    by_region = past.groupby("region")["returned"].agg(["sum", "count"])
    expected = (by_region["sum"] + 50 * past["returned"].mean()) / (by_region["count"] + 50)
    np.testing.assert_allclose(rows["region_return_rate"], rows["region"].map(expected))
    hours = rows["placed"].dt.floor("h")
    assert (rows["orders_in_hour"] == hours.map(hours.value_counts())).all()


def test_service_and_run_predict_the_same(data: Path, model: LoadedModel) -> None:
    """From raw rows alone, aggregates looked up, one by one and together, to the last bit."""
    rows = predictions(data)
    assert set(rows["model_version"]) == {model.version}
    assert model.predictor.lookup is not None
    assert set(model.predictor.lookup.known.tables) == set(AGGREGATES)
    names = [name for name in model.predictor.inputs.raw if name not in AGGREGATES]
    raw = json.loads(rows[names].to_json(orient="records", date_format="iso"))
    for row in raw:
        if "placed" in row:
            row["placed"] = row["placed"].removesuffix("Z")

    body = json.dumps({"rows": raw}).encode()
    batch = json.loads(answered_batch(model, BatchReader(model.reader, 1000).read(body)).body)
    read = [model.completed(model.reader.read(json.dumps(row).encode())) for row in raw[:20]]

    assert {"amount", "items"} <= set(names)
    properties = model.schema["properties"]
    assert "item_price" not in properties
    assert properties["orders_in_hour"]["x-looked-up-as-of"] == other_tables.WEEKS[-1]
    assert properties["region_return_rate"]["x-typical"] is None
    assert [result["probability"] for result in batch["results"]] == rows["probability"].tolist()
    assert model.predictor.predict_rows(read) == rows["probability"].tolist()[:20]


def test_mlflow_predicts_the_same(data: Path, model: LoadedModel) -> None:
    """The signature names raw columns, and the pyfunc model computes what follows from them."""
    rows = predictions(data)
    pyfunc = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    names = [column.name for column in pyfunc.metadata.get_input_schema().inputs]

    bare = [name for name in names if name not in AGGREGATES]
    given = rows[bare].astype({"items": "int64"})

    assert names == model.predictor.inputs.raw
    np.testing.assert_array_equal(pyfunc.predict(given)["probability"], rows["probability"])


def test_a_feed_that_has_the_column_is_refused(tmp_path: Path) -> None:
    """The gate stops the run, and says what to do."""
    frame = feed().assign(item_price=1.0)
    contract = other_tables.CONTRACT + yaml_of_the_pages()

    with pytest.raises(Exception, match=r"item_price, which contracts/features\.yml computes"):
        other_tables.run_weeks(tmp_path, other_tables.WEEKS[:1], frame=frame, contract=contract)
