from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from weekwise.contract.load import load_contract
from weekwise.infer.environment import InferredEnvironment
from weekwise.infer.environment_files import CONTRACT_FILE, write_environment

ROWS = 2000
PLACE = np.arange(ROWS)


def inferred(folder: Path, **columns: Any) -> InferredEnvironment:
    """What is inferred from a table with a key, a time, a feature and some columns."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "order_id": PLACE,
            "placed": pd.Timestamp("2024-01-01") + pd.to_timedelta(PLACE * 2, unit="h"),
            "amount": rng.normal(size=ROWS),
            "late": rng.random(ROWS) < 0.3,
            **columns,
        }
    )
    frame.to_parquet(folder / "orders.parquet", index=False)
    target = "grade" if "grade" in columns else "late"
    return tables.inferred(folder, folder / "orders.parquet", target=target)


def switched_on(found: InferredEnvironment, folder: Path) -> dict[str, Any]:
    """The aggregates by name, once a person has removed the # before their names."""
    text = found.files[CONTRACT_FILE].replace("  # ", "  ")
    lines = [line for line in text.splitlines() if "{" in line or not line.startswith("  ")]
    files = {**found.files, CONTRACT_FILE: "\n".join(lines) + "\n"}
    write_environment(folder / "conf" / "orders", files, force=False)
    contract = load_contract(folder / "conf" / "orders" / CONTRACT_FILE)
    return {name: contract.columns[name].aggregate for name in contract.aggregates}


def test_columns_that_repeat_have_their_past_proposed(tmp_path: Path) -> None:
    """A category and a number of a customer; nothing is on until a person says so."""
    found = inferred(
        tmp_path,
        shop=[f"s{n % 40}" for n in PLACE],
        customer_id=PLACE % 300,
    )

    assert not found.contract.aggregates
    assert any("The past of customer_id, shop may tell more" in each for each in found.remarks)
    made = switched_on(found, tmp_path)
    assert list(made) == ["customer_id_late_rate", "shop_late_rate"]
    assert made["shop_late_rate"].by == ("shop",)


def test_classes_have_the_rate_of_one(tmp_path: Path) -> None:
    """A target of classes has no mean."""
    found = inferred(
        tmp_path,
        shop=[f"s{n % 40}" for n in PLACE],
        grade=[("low", "mid", "top")[n * 7 % 11 % 3] for n in PLACE],
    )

    (made,) = switched_on(found, tmp_path).values()
    assert made.value in ("low", "mid", "top")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("few", [f"s{n % 4}" for n in PLACE]),
        ("hardly_again", [f"s{n % 900}" for n in PLACE]),
        ("size", PLACE % 40 / 7),
        ("refund_id", np.where(PLACE % 3, PLACE % 90, np.nan)),
    ],
)
def test_others_are_not_proposed(tmp_path: Path, name: str, values: Any) -> None:
    """Few values, values that hardly come again, amounts, and what only some rows have."""
    found = inferred(tmp_path, **{name: values})

    assert "aggregate" not in found.files[CONTRACT_FILE]
    assert not any("may tell more" in each for each in found.remarks)


def test_a_table_without_time_has_none(tmp_path: Path) -> None:
    """Aggregates look back in time."""
    frame = pd.DataFrame({"shop": [f"s{n % 40}" for n in PLACE], "late": PLACE % 7 < 2})
    frame.to_parquet(tmp_path / "orders.parquet", index=False)

    found = tables.inferred(tmp_path, tmp_path / "orders.parquet", target="late")

    assert "aggregate" not in found.files[CONTRACT_FILE]
