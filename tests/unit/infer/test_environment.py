from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import tables
from weekwise.errors import FeedError
from weekwise.infer.environment import default_environment, known_after_days
from weekwise.infer.environment_files import write_environment


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a table of orders."""
    tables.orders().to_parquet(tmp_path / "orders.parquet", index=False)
    return tmp_path


def test_a_table_of_orders(shop: Path) -> None:
    """Every column has the role that a person would give it."""
    found = tables.inferred(shop, shop / "orders.parquet", target="returned")

    assert tables.roles(found) == {
        "order_id": "key",
        "placed": "time",
        "amount_eur": "feature",
        "region": "feature",
        "zip": "feature",
        "gift": "feature",
        "items": "feature",
        "note": "context",
        "currency": "context",
        "refund": "context",
        "returned": "target",
    }
    columns = found.contract.columns
    assert (columns["amount_eur"].unit, columns["amount_eur"].min) == ("EUR", 0)
    assert list(columns["region"].values or {}) == ["north", "south"]  # noqa: PD011
    assert columns["items"].type == "integer"
    assert 0.1 < columns["items"].missing_share < 0.3
    assert columns["zip"].type == "category"
    assert columns["gift"].type == "boolean"


def test_the_files_are_few_and_say_what_was_decided(shop: Path) -> None:
    """Three files: the contract with its reasons, the catalog's entry, the calendar."""
    found = tables.inferred(shop, shop / "orders.parquet", target="returned")

    assert list(found.files) == ["contracts/features.yml", "catalog.yml", "globals.yml"]
    assert (
        "rows of one outcome, and in no others (alone AUC 1.00)\n  refund:"
        in found.files["contracts/features.yml"]
    )
    told = yaml.safe_load(found.files["globals.yml"])
    assert str(told["calendar"]["first_as_of"]) == "2024-03-04"
    assert told["registered_model"] == "shop_returned"
    assert yaml.safe_load(found.files["catalog.yml"])["feed"]["filepath"] == "orders.parquet"
    assert sum(text.count("\n") for text in found.files.values()) < 60
    write_environment(shop / "conf" / "shop", found.files, force=False)


def test_wishes_are_kept(shop: Path) -> None:
    """Target, time, key and waiting are as asked for."""
    found = tables.inferred(
        shop,
        shop / "orders.parquet",
        target="amount_eur",
        time="placed",
        key=("placed", "order_id"),
        known_after_days=3,
    )

    assert found.contract.target == "amount_eur"
    assert found.contract.task == "regression"
    assert found.contract.key == ("placed", "order_id")
    assert found.contract.known_after_days == 3


def test_times_with_an_offset_name_their_clock(shop: Path) -> None:
    """The contract says which, and a remark says to change it."""
    rows = tables.orders()
    rows["placed"] = rows["placed"].dt.tz_localize("Europe/Berlin")
    rows.to_parquet(shop / "orders.parquet", index=False)
    found = tables.inferred(shop, shop / "orders.parquet", target="returned")

    assert found.contract.timezone == "UTC"
    assert any("set timezone" in remark for remark in found.remarks)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_text_with_an_offset_is_a_time(shop: Path, suffix: str) -> None:
    """As it is written without seconds, or in a file that has text where others have times."""
    rows = tables.orders()
    zoned = rows["placed"].dt.tz_localize("Europe/Berlin")
    rows["placed"] = zoned.map(lambda moment: moment.isoformat(timespec="minutes"))
    path = shop / f"texts.{suffix}"
    rows.to_csv(path, index=False) if suffix == "csv" else rows.to_parquet(path, index=False)
    found = tables.inferred(shop, path, target="returned")

    assert tables.roles(found)["placed"] == "time"
    assert (found.contract.columns["placed"].type, found.contract.timezone) == ("datetime", "UTC")
    told = yaml.safe_load(found.files["globals.yml"])
    assert str(told["calendar"]["first_as_of"]) == "2024-03-04"


def test_what_a_contract_has_no_type_for_is_left_out(shop: Path) -> None:
    """The gate then lets the column be."""
    rows = tables.orders().assign(tags=[["a"]] * len(tables.orders()))
    rows.to_parquet(shop / "orders.parquet", index=False)
    found = tables.inferred(shop, shop / "orders.parquet", target="returned")

    assert "tags" not in found.contract.columns
    assert found.contract.extra_columns == "warn"


def test_without_dates_and_keys(tmp_path: Path) -> None:
    """A plain table of numbers has neither, and remarks say so."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "y"])
    frame.to_csv(tmp_path / "plain.csv", index=False)
    found = tables.inferred(tmp_path, tmp_path / "plain.csv")

    assert (found.contract.time, found.contract.key, found.contract.target) == (None, (), "y")
    assert "calendar" not in found.files["globals.yml"]
    assert any("There is no key" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("renamed", "words"),
    [
        ({"region": "model_version"}, "the name is kept for the version of the model"),
        ({"region": "as_of"}, "the name is kept for the date of a run"),
        ({"order_id": "prediction"}, "columns that predictions are stored in"),
        ({"region": " region"}, "has spaces around it"),
        ({"region": "re\ngion"}, "letters that cannot be shown"),
    ],
)
def test_a_name_that_is_taken_is_refused(shop: Path, renamed: dict[str, str], words: str) -> None:
    """The sentence names the column and the remedy."""
    tables.orders().rename(columns=renamed).to_parquet(shop / "orders.parquet", index=False)

    with pytest.raises(FeedError) as error:
        tables.inferred(shop, shop / "orders.parquet", target="returned")
    assert words in str(error.value)
    assert "rename" in str(error.value)


def test_a_table_without_features_is_refused(tmp_path: Path) -> None:
    """What was decided about each column says why none is left."""
    pd.DataFrame({"id": range(50), "same": 1, "y": [True, False] * 25}).to_csv(
        tmp_path / "t.csv", index=False
    )

    with pytest.raises(FeedError, match="same: all rows have the same value"):
        tables.inferred(tmp_path, tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("data/Orders 2024.csv", "orders_2024"),
        ("orders.csv.gz", "orders"),
        ("postgresql://me@host/shop?table=orders", "shop"),
        ("2024.parquet", "table_2024"),
    ],
)
def test_an_environment_is_named_after_its_source(source: str, name: str) -> None:
    """Where no name is given."""
    assert default_environment(source) == name


@pytest.mark.parametrize(("text", "days"), [("28d", 28), ("4w", 28), ("28", 28), (" 3 D", 3)])
def test_known_after(text: str, days: int) -> None:
    """Days and weeks."""
    assert known_after_days(text) == days


def test_known_after_that_is_no_time() -> None:
    """The sentence has two examples."""
    with pytest.raises(FeedError, match="write it as 28d or 4w"):
        known_after_days("soon")


def test_known_after_needs_a_time(tmp_path: Path) -> None:
    """There is nothing to count from otherwise."""
    wishes: dict[str, Any] = {"known_after_days": 3}
    pd.DataFrame({"a": range(50), "y": [True, False] * 25}).to_csv(tmp_path / "t.csv", index=False)

    with pytest.raises(FeedError, match="--known-after counts from a row's time"):
        tables.inferred(tmp_path, tmp_path / "t.csv", **wishes)
