"""The columns under analysis as plain arrays, read from the engine once and shared by all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

# Kedro reads a node's annotations to check its parameters: they must resolve at run time.
import ibis
import numpy as np
import numpy.typing as npt

from weekwise.analysis.params import ExplorationParams
from weekwise.contract.model import Contract
from weekwise.features.past_sample import PastSample, sampled
from weekwise.features.window import Window
from weekwise.tasks import task_of

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
DAYS_PER_WEEK = 7
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Sample:
    """Some rows, one array per column.

    Attributes:
        rows: How many rows there are.
        days: The date of each row, as days since 1970-01-01; None where rows have no time.
        hours: The hour of each row from 0 to 23; None where rows have no time of day.
        target: The target of each row as the task's number; not-a-number where there is none.
        numbers: Numeric features by name; not-a-number is a missing value.
        codes: Other features by name, as places in `AnalysisTable.categories`; -1 where missing.
    """

    rows: int
    days: npt.NDArray[np.int64] | None
    hours: Codes | None
    target: Floats
    numbers: dict[str, Floats]
    codes: dict[str, Codes]


@dataclass(frozen=True)
class AnalysisTable:
    """History and the upcoming rows of one run.

    Attributes:
        contract: What the table is.
        window: The run's place in time.
        history: Past rows whose outcome is known.
        upcoming: Rows to be predicted.
        categories: The values of each feature that is not numeric, sorted, of both samples.
        drawn: Which part of a long history `history` is.
    """

    contract: Contract
    window: Window
    history: Sample
    upcoming: Sample
    categories: dict[str, tuple[str, ...]]
    drawn: PastSample

    @property
    def history_end(self) -> date:
        """The first date whose outcomes are not due yet."""
        return self.window.history_end(self.contract)

    @property
    def features(self) -> list[str]:
        """Names of the features, in the contract's order."""
        return self.contract.features

    @property
    def first_day(self) -> date | None:
        """The date of the first past row, if there is one and rows have a time."""
        if not self.history.rows or self.history.days is None:
            return None
        return EPOCH + timedelta(days=int(self.history.days.min()))

    def is_numeric(self, name: str) -> bool:
        """Whether a feature is a number."""
        return name in self.history.numbers

    def values(self, name: str, sample: Sample) -> Any:
        """A feature's values: numbers, or categories by name."""
        if self.is_numeric(name):
            return sample.numbers[name]
        import pandas as pd

        return pd.Categorical.from_codes(
            sample.codes[name], pd.Index(self.categories[name], dtype=object)
        )

    @property
    def is_timed(self) -> bool:
        """Whether rows have a time."""
        return self.contract.time is not None

    def weeks_before(self, sample: Sample) -> Codes:
        """In which week before history's end each row lies: 1 is the last seven days.

        Weeks are counted back, so that all but the earliest are whole. Without a time there are
        none: each row is of week 0.
        """
        if sample.days is None:
            return np.zeros(sample.rows, dtype=np.int32)
        days_before = (self.history_end - EPOCH).days - sample.days
        return ((days_before - 1) // DAYS_PER_WEEK + 1).astype(np.int32)

    def week_start(self, before: int) -> date:
        """The first day of the week that lies so many weeks before history's end."""
        return self.history_end - timedelta(days=DAYS_PER_WEEK * before)


def sampled_rows(rows: int, most: int, seed: int) -> npt.NDArray[np.int64]:
    """Places of a fixed sample of so many rows, in order; of all of them where there are no more.

    Args:
        rows: How many rows there are.
        most: The size of the sample.
        seed: What it is drawn with.
    """
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def read_analysis_table(
    features: ibis.Table, contract: Contract, window: Window, params: ExplorationParams
) -> AnalysisTable:
    """Read the features, the time and the target of history and of the upcoming rows.

    Args:
        features: The model's own table, with the columns of its contract.
        contract: What `features` is; it has a target column.
        window: The run's place in time.
        params: `max_rows` says how much of a long history is read.

    Raises:
        ContractError: If its target is of a kind that is not supported yet.
    """
    task = task_of(contract)
    taken, drawn = sampled(window.history(features, contract), contract, most=params.max_rows)
    past = _fetch(taken, contract, [contract.time, contract.target])
    coming = _fetch(window.upcoming(features, contract), contract, [contract.time])
    codes: dict[str, Codes] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for name in contract.features:
        if not contract.columns[name].type.facts.numeric:
            codes[name], categories[name] = _encode(past.column(name), coming.column(name))
    rows = past.num_rows
    return AnalysisTable(
        contract=contract,
        window=window,
        history=_sample(
            past,
            contract,
            {name: places[:rows] for name, places in codes.items()},
            task.outcomes(past.column(contract.target).to_pandas()),
        ),
        upcoming=_sample(
            coming,
            contract,
            {name: places[rows:] for name, places in codes.items()},
            np.full(coming.num_rows, np.nan),
        ),
        categories=categories,
        drawn=drawn,
    )


def _fetch(rows: ibis.Table, contract: Contract, others: list[str | None]) -> pa.Table:
    """The columns under analysis; in the order of the key, for samples drawn by seed to repeat."""
    if contract.key:
        rows = rows.order_by(list(contract.key))
    return rows.select([*contract.features, *(name for name in others if name)]).to_pyarrow()


def _sample(rows: pa.Table, contract: Contract, codes: dict[str, Codes], target: Floats) -> Sample:
    days, hours = _times(rows, contract)
    return Sample(
        rows=rows.num_rows,
        days=days,
        hours=hours,
        target=np.where(np.isinf(target), np.nan, target),
        numbers={
            name: _numbers(rows.column(name))
            for name in contract.features
            if contract.columns[name].type.facts.numeric
        },
        codes=codes,
    )


def _times(rows: pa.Table, contract: Contract) -> tuple[npt.NDArray[np.int64] | None, Codes | None]:
    """The day and the hour of each row, none where there is none."""
    if contract.time is None:
        return None, None
    time = rows.column(contract.time).to_numpy()
    days = time.astype("datetime64[D]")
    if not contract.columns[contract.time].type.facts.has_time_of_day:
        return days.astype(np.int64), None
    return days.astype(np.int64), (time.astype("datetime64[h]") - days).astype(np.int32)


def _numbers(column: pa.ChunkedArray) -> Floats:
    import pyarrow as pa

    # Arrow casts booleans to numbers only by way of integers.
    plain = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    numbers = plain.cast(pa.float64()).to_numpy()
    return np.where(np.isinf(numbers), np.nan, numbers)


def _encode(past: pa.ChunkedArray, coming: pa.ChunkedArray) -> tuple[Codes, tuple[str, ...]]:
    """Codes of the past rows followed by the coming ones, and what the codes stand for."""
    import pyarrow as pa

    chunks = [*past.cast(pa.string()).chunks, *coming.cast(pa.string()).chunks]
    encoded = pa.chunked_array(chunks, pa.string()).combine_chunks().dictionary_encode()
    names = np.array(encoded.dictionary.to_pylist(), dtype=object)
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.argsort(names)
    new_place = np.empty(names.size + 1, dtype=np.int32)
    new_place[order] = np.arange(names.size, dtype=np.int32)
    new_place[-1] = -1
    return new_place[places], tuple(names[order])
