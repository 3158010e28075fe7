from __future__ import annotations

from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parcels
from weekwise.features import fingerprint
from weekwise.features.fingerprint import table_hash, text_hash


def hashed(frame: pd.DataFrame) -> str:
    """The fingerprint of a frame's rows in the order of their number."""
    return table_hash(ibis.memtable(frame).order_by("number"))


def test_equal_tables_have_equal_fingerprints() -> None:
    """The fingerprint follows from the content alone: 64 hexadecimal digits."""
    digest = hashed(parcels.frame())

    assert digest == hashed(parcels.frame().sample(frac=1, random_state=0))
    assert len(digest) == 64
    assert int(digest, 16)


@pytest.mark.parametrize(
    "other",
    [
        parcels.changed("weight", {3: 1.6}),
        parcels.changed("weight", {3: None}),
        parcels.changed("fragile", {9: False}),
        parcels.changed("carrier", {0: "van"}),
        parcels.frame().rename(columns={"label": "tag"}),
        parcels.frame().astype({"pieces": "Int32"}),
        parcels.frame().drop(columns="label"),
        parcels.frame().head(9),
        parcels.frame()[["label", *[name for name in parcels.COLUMNS if name != "label"]]],
    ],
    ids=["value", "gap", "boolean", "text", "name", "type", "column", "row", "order of columns"],
)
def test_other_tables_have_other_fingerprints(other: pd.DataFrame) -> None:
    """One value, name, type, column or row makes another fingerprint."""
    assert hashed(other) != hashed(parcels.frame())


def test_the_order_of_rows_counts() -> None:
    """The same rows in another order have another fingerprint."""
    table = ibis.memtable(parcels.frame())

    assert table_hash(table.order_by("number")) != table_hash(table.order_by(ibis.desc("number")))


GAPS: dict[str, Any] = {
    "numbers": pa.array([1.5, None, 2.5, 3.5], pa.float64()),
    "text": pa.array(["a", None, "b", "c"]),
    "integers": pa.array([1, None, 2, 3], pa.int64()),
    "booleans": pa.array([True, None, False, True]),
}


@pytest.mark.parametrize("kind", list(GAPS))
def test_the_batches_it_is_read_in_play_no_part(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table read in one batch or in several, some without gaps, has one fingerprint."""
    table = ibis.memtable(pa.table({"row": [0, 1, 2, 3], "value": GAPS[kind]})).order_by("row")
    whole = table_hash(table)

    monkeypatch.setattr(fingerprint, "BATCH_ROWS", 2)

    assert table_hash(table) == whole


TEXTS = st.lists(st.text(alphabet="ab", max_size=3), max_size=4)


@given(TEXTS, TEXTS)
def test_texts_are_told_apart(texts: list[str], others: list[str]) -> None:
    """Texts share a fingerprint only if they are the same texts, split the same way."""
    # No text at all and one empty text are the same, and the only such case.
    same = (texts or [""]) == (others or [""])

    assert (text_hash(*texts) == text_hash(*others)) is same
