from __future__ import annotations

import ibis
import pandas as pd
import pytest

from weekwise.contract.derive import AS_OF, FEATURES, FEED, with_feed
from weekwise.contract.model import Contract
from weekwise.errors import ContractError
from weekwise.features.conform import conform

KEYLESS = Contract.model_validate(
    {
        "table": "features",
        "title": "Sales",
        "columns": {
            "as_of": {"type": "date", "role": "context", "title": "As of"},
            "shop": {"type": "category", "role": "feature", "title": "Shop", "missing": 0.5},
            "price": {"type": "number", "role": "feature", "title": "Price", "missing": 0.5},
            "sold": {"type": "boolean", "role": "target", "title": "Sold", "missing": 1.0},
        },
    }
)
CONTRACT = with_feed({FEATURES: KEYLESS})[FEATURES]
ROWS = [("a", 1.5, None), ("a", 1.5, True), ("a", None, True), (None, 1.5, False), ("b", 1.5, None)]


def ids(rows: list[tuple[object, ...]], as_of: str = "2024-03-04") -> dict[tuple[object, ...], str]:
    """The key that each row is given, by its content."""
    frame = pd.DataFrame(rows, columns=["shop", "price", "sold"])
    frame["sold"] = frame["sold"].astype("boolean")
    frame[AS_OF] = pd.Timestamp(as_of)
    found = conform(ibis.memtable(frame), CONTRACT).to_pyarrow().to_pylist()
    return {(row["shop"], row["price"], row["sold"]): row["row_id"] for row in found}


def test_the_key_is_of_the_features_and_not_of_the_feed() -> None:
    """Features without a key are given one; what is fed is checked as it arrives."""
    contracts = with_feed({FEATURES: KEYLESS})

    assert contracts[FEATURES].key == ("row_id",)
    assert contracts[FEED].key == ()
    assert "row_id" not in contracts[FEED].columns
    assert contracts[FEATURES].inputs == KEYLESS.inputs


def test_a_column_of_that_name_is_refused() -> None:
    """A column that has the key's name and is none is a fault, with what to do."""
    columns = {**KEYLESS.columns, "row_id": KEYLESS.columns["shop"]}
    contract = KEYLESS.model_copy(update={"columns": columns})

    with pytest.raises(ContractError, match=r"column row_id has the name .* list it under key"):
        with_feed({FEATURES: contract})


def test_different_rows_have_different_keys() -> None:
    """Every row has a key of its own, missing values told from all others."""
    assert len(set(ids(ROWS).values())) == len(ROWS)


def test_equal_rows_all_stay() -> None:
    """Rows with the same facts are told apart by a number; none is dropped."""
    frame = pd.DataFrame({"shop": "a", "price": 1.0, "sold": pd.array([None] * 3, "boolean")})
    rows = conform(ibis.memtable(frame.assign(as_of=pd.NaT)), CONTRACT).to_pyarrow().to_pylist()

    assert sorted(row["row_id"][16:] for row in rows) == ["", "-2", "-3"]


def test_a_row_keeps_its_key() -> None:
    """The key does not change with the run's date, the order, or an outcome that becomes known."""
    before = ids([("a", 1.5, None), ("b", 2.0, None)])
    after = ids([("c", 1.0, None), ("b", 2.0, True), ("a", 1.5, False)], as_of="2024-03-11")

    assert after[("a", 1.5, False)] == before[("a", 1.5, None)]
    assert after[("b", 2.0, True)] == before[("b", 2.0, None)]
