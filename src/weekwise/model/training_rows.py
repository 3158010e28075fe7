"""Training rows in order, and which of them are set aside to stop early on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.column import Role
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, FeedError
from weekwise.features.read_values import Floats, time_column
from weekwise.features.row_hash import Hashes, row_hashes
from weekwise.model.training_record import FitParams

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class TrainingRows:
    """Rows in the order that they are trained on.

    Attributes:
        frame: Raw rows of the contract, shape (n, any).
        days: The day of each since 1970, shape (n,); none where rows have no time.
        aside: Which are set aside to stop early on, shape (n,).
    """

    frame: pd.DataFrame
    days: npt.NDArray[np.int64] | None
    aside: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, train: pd.DataFrame, contract: Contract, params: FitParams) -> TrainingRows:
        """Rows in order, with days and what is set aside.

        Args:
            train: Raw rows of the contract, shape (n, any), in any order.
            contract: What they are; it has a key or a time column.
            params: How many are set aside.

        Raises:
            ContractError: If a setting needs a time column that is not there.
            FeedError: If there are too few days.
        """
        frame = _in_order(train, contract)
        days = _days(frame, contract, params)
        aside = (
            _rows_set_aside(row_hashes(frame, contract.key), params.validation_every)
            if days is None
            else _days_set_aside(days, params.validation_every)
        )
        return cls(frame, days, aside)

    @property
    def start(self) -> date | None:
        """The oldest row's date."""
        return None if self.days is None else _date(self.days[0])

    @property
    def end(self) -> date | None:
        """The first date after the newest row."""
        return None if self.days is None else _date(self.days[-1] + 1)

    def weights(self, part: npt.NDArray[np.bool_], half_life_days: float | None) -> Floats | None:
        """Weights of some rows that halve with each half-life of age, or none.

        Args:
            part: Which rows, shape (n,).
            half_life_days: The half-life; none if all weigh alike.
        """
        if self.days is None or half_life_days is None:
            return None
        weights: Floats = 0.5 ** ((self.days[-1] - self.days[part]) / half_life_days)
        return weights

    def parts(self, count: int, key: tuple[str, ...]) -> tuple[npt.NDArray[np.bool_], ...]:
        """Rows in about equal parts: whole days, each n-th in one; without a time, by a hash.

        Args:
            count: How many parts.
            key: The contract's key.

        Returns:
            Which rows are in each, shapes (n,).
        """
        if self.days is None:
            place = (row_hashes(self.frame, key) % np.uint64(count)).astype(np.int64)
        else:
            place = np.unique(self.days, return_inverse=True)[1] % count
        return tuple(np.asarray(place == part) for part in range(count))


def _in_order(train: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Rows by time, then key: CatBoost's statistics of categories depend on the order.

    Without a time, by a hash of the key: a key may be in an order that tells the outcome.
    """
    order = dict.fromkeys([*contract.names(Role.TIME), *contract.key])
    present = [name for name in order if name in train.columns]
    ordered: pd.DataFrame = train.sort_values(present, kind="stable", ignore_index=True)
    if contract.time is None:
        places = np.argsort(row_hashes(ordered, contract.key), kind="stable")
        ordered = ordered.iloc[places].reset_index(drop=True)
    return ordered


def _days(
    rows: pd.DataFrame, contract: Contract, params: FitParams
) -> npt.NDArray[np.int64] | None:
    """The day of each row since 1970, shape (n,), or none where rows have no time."""
    if contract.time is not None:
        times = time_column(rows[contract.time], contract.timezone)
        return times.astype("datetime64[D]").astype(np.int64)
    if params.recency_half_life_days is not None:
        raise ContractError(
            f"training.fit.recency_half_life_days needs a time column, and contract "
            f"{contract.table} has none; set it to null, or give one column role: time"
        )
    return None


def _rows_set_aside(hashes: Hashes, every: int | None) -> npt.NDArray[np.bool_]:
    """Which rows to stop early on: about every n-th, by a hash of its key."""
    if every is None:
        return np.zeros(len(hashes), dtype=np.bool_)
    return np.asarray(hashes % np.uint64(every) == np.uint64(every // 2))


def _days_set_aside(days: npt.NDArray[np.int64], every: int | None) -> npt.NDArray[np.bool_]:
    """Which rows lie on a day to stop early on: every n-th, counted back from the newest."""
    if every is None:
        return np.zeros(len(days), dtype=np.bool_)
    distinct = np.unique(days)
    if len(distinct) < every:
        raise FeedError(
            f"training needs rows of at least {every} days to set every {every}th aside; there are "
            f"{len(distinct)}: run a later week, or lower validation_every"
        )
    back = len(distinct) - 1 - np.searchsorted(distinct, days)
    aside: npt.NDArray[np.bool_] = back % every == every // 2
    return aside


def day_number(day: date) -> int:
    """A date as `TrainingRows.days` has it.

    Args:
        day: The date.
    """
    return (day - _EPOCH).days


def _date(day: np.int64) -> date:
    return _EPOCH + timedelta(days=int(day))
