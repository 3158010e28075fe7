from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parcels
from weekwise.contract.model import Contract
from weekwise.contract.row import row_model
from weekwise.features.conform import conform
from weekwise.features.local_time import local_times
from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.features.model_rows import ListMaker
from weekwise.quality.frames import as_frame, typed

ZONE = "America/New_York"
CONTRACT = parcels.contract({"day": {"type": "datetime"}}, timezone=ZONE)
INPUTS = ModelInputs(contract=CONTRACT, features=("weight",), calendar=("minute_of_day",))

Read = Callable[[datetime, Contract], datetime]


def frame_of(moment: Any) -> pd.DataFrame:
    """One parcel of some moment."""
    return parcels.frame(1).assign(day=pd.Series([moment]))


def table_of(moment: Any) -> ibis.Table:
    """The same as a table of the engine."""
    rows = pa.Table.from_pandas(frame_of(None).drop(columns="day"), preserve_index=False)
    return ibis.memtable(rows.append_column("day", pa.array([moment])))


def by_the_run(moment: datetime, contract: Contract) -> datetime:
    """As wrangling reads a frame."""
    return first(conform(frame_of(moment), contract))


def by_the_run_from_a_table(moment: datetime, contract: Contract) -> datetime:
    """As wrangling reads a table of the engine."""
    return first(conform(table_of(moment), contract))


def by_the_gate(moment: datetime, contract: Contract) -> datetime:
    """As the data gate checks a frame."""
    found: datetime = typed(frame_of(moment), contract)["day"].iloc[0].to_pydatetime()
    return found


def by_the_gate_from_a_table(moment: datetime, contract: Contract) -> datetime:
    """As the data gate checks a table of the engine."""
    frame = as_frame(table_of(moment))
    found: datetime = typed(frame, contract)["day"].iloc[0].to_pydatetime()
    return found


def by_the_run_from_text(moment: datetime, contract: Contract) -> datetime:
    """As wrangling reads text."""
    return first(conform(table_of(moment.isoformat()), contract))


def by_the_run_from_text_without_seconds(moment: datetime, contract: Contract) -> datetime:
    """As wrangling reads text of whole minutes, which has a space before the offset."""
    text = moment.isoformat(" ", "minutes")
    text = f"{text[:16]} {text[16:]}".strip()
    return first(conform(table_of(text), contract)).replace(second=moment.second)


def by_the_gate_from_text(moment: datetime, contract: Contract) -> datetime:
    """As the data gate checks text."""
    return by_the_gate(moment.isoformat(), contract)  # type: ignore[arg-type]


def by_the_service(moment: datetime, contract: Contract) -> datetime:
    """As the service reads a row."""
    row = {"day": moment.isoformat(), "carrier": "van", "weight": 1.5, "pieces": 1}
    model = row_model(contract).model_validate_json(pd.Series(row).to_json())
    found: datetime = model.model_dump()["day"]
    return found


def first(table: ibis.Table) -> datetime:
    """The time of a table's one row."""
    found: datetime = table.to_pyarrow()["day"].to_pylist()[0]
    return found


READERS: list[Read] = [
    by_the_run,
    by_the_run_from_a_table,
    by_the_run_from_text,
    by_the_run_from_text_without_seconds,
    by_the_gate,
    by_the_gate_from_a_table,
    by_the_gate_from_text,
    by_the_service,
]
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 2),  # noqa: DTZ001
    max_value=datetime(2029, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from(
        [None, ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata"), timezone(timedelta(hours=2))]
    ),
)


def expected(moment: datetime) -> datetime:
    """What a clock in New York shows."""
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=25)
@given(moment=MOMENTS.map(lambda moment: moment.replace(microsecond=0)))
def test_one_rule_everywhere(read: Read, moment: datetime) -> None:
    """The gate, the run and the service read a time alike, with an offset, a zone or neither."""
    assert read(moment, CONTRACT) == expected(moment)


@given(moment=MOMENTS)
def test_the_model_reads_times_by_the_same_rule(moment: datetime) -> None:
    """A frame, text and a single row give the model the same minute of the day."""
    local = expected(moment)
    minute = 60 * local.hour + local.minute

    for given_as in (moment, moment.isoformat()):
        assert model_frame(frame_of(given_as), INPUTS)["minute_of_day"].iloc[0] == minute
    (row,) = ListMaker(INPUTS).lists([{"day": moment, "weight": 1.0}])
    assert row[1] == minute


def test_a_column_may_mix_offsets() -> None:
    """Times of several zones in one column, and some without, each follow the rule."""
    kolkata = datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
    utc = datetime(2024, 1, 1, 12, tzinfo=ZoneInfo("UTC"))
    naive = datetime(2024, 1, 1, 12)  # noqa: DTZ001
    values = pd.Series([kolkata, utc, naive, None, "text"], dtype=object)

    found = local_times(values, "Europe/Berlin").tolist()

    assert found[:2] == [naive.replace(month=7, hour=8, minute=30), naive.replace(hour=13)]
    assert found[2:] == [naive, None, "text"]
