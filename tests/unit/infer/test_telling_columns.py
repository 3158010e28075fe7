from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import tables
from weekwise.contract.model import Contract
from weekwise.infer.telling_columns import Leakage, find_leakage


def leakage(frame: pd.DataFrame, target: str = "boolean", **values: Any) -> Leakage:
    """The features of a frame that give its column `y` away, and those that tell nearly all."""
    kinds = {"f": "number", "i": "integer", "O": "category", "s": "category", "b": "boolean"}
    columns: dict[str, Any] = {
        name: {
            "type": kinds.get(frame[name].dtype.kind, "category"),
            "role": "feature",
            "title": name,
            "missing": 1.0,
        }
        for name in frame
        if name != "y"
    }
    columns["y"] = {"type": target, "role": "target", "title": "Y", "missing": 1.0, **values}
    contract = Contract.model_validate({"table": "f", "title": "F", "columns": columns})
    with tables.relation(frame) as rows:
        return find_leakage(rows, contract)


def leaks(frame: pd.DataFrame, target: str = "boolean", **values: Any) -> dict[str, str]:
    """Those that give it away."""
    return leakage(frame, target, **values).leaks


def frame(rows: int = 600) -> pd.DataFrame:
    """Noise, and a target that noise says a little of."""
    rng = np.random.default_rng(2)
    noise = rng.normal(size=rows)
    y = rng.random(rows) < 1 / (1 + np.exp(-noise))
    return pd.DataFrame({"noise": noise, "y": pd.array(y, dtype="boolean")})


def test_a_column_that_tells_the_target_is_found() -> None:
    """A number or a word that is filled in for one outcome is left out, a mere hint is not."""
    rows = frame()
    rows["refund"] = np.where(rows["y"], 12.5, 0.0)
    rows["word"] = np.where(rows["y"], "gone", "there")

    found = leaks(rows)
    assert set(found) == {"refund", "word"}
    assert found["refund"] == (
        "it gives the target away: each outcome has one value of it, and each value one outcome "
        "(alone AUC 1.00)"
    )


def test_a_strong_feature_stays_with_a_word() -> None:
    """A measurement that tells nearly all of the target is no leak for that."""
    rows = frame()
    rows["size"] = np.where(rows["y"], 3.0, 0.0) + np.random.default_rng(1).normal(size=600) / 3
    found = leakage(rows)

    assert found.leaks == {}
    assert found.strong == {
        "size": "it alone tells nearly all (AUC 1.00); see that it is known before the target is"
    }


def test_a_number_that_tells_a_number_is_found() -> None:
    """The measure is that of the target's own task."""
    other = np.arange(600) % 2
    rows = frame().assign(other=other, y=np.exp(other) + 0.5)

    assert set(leaks(rows, "number")) == {"other"}


def test_named_truths_and_classes_are_read() -> None:
    """A target in words of its own is measured like any other."""
    rows = frame()
    rows["copy"] = np.where(rows["y"], "x", "z")
    rows["y"] = np.where(rows["y"], "left", "stayed")

    assert set(leaks(rows, values={True: "left", False: "stayed"})) == {"copy"}
    assert set(leaks(rows, "category", values=["left", "stayed"])) == {"copy"}


def test_what_only_past_rows_have_is_found() -> None:
    """A column that no waiting row has will not be there to predict from."""
    rows = frame()
    rows.loc[500:, "y"] = pd.NA
    rows["reason"] = np.where(np.arange(600) < 500, np.arange(600) % 3, np.nan)
    rows["region"] = "n"

    assert leaks(rows) == {
        "reason": "no row that waits for its target has a value: it is known only afterwards"
    }


def test_a_handful_of_rows_proves_nothing() -> None:
    """On few rows anything tells the target."""
    assert leaks(frame(20).assign(copy=lambda rows: rows["y"].astype(float))) == {}
