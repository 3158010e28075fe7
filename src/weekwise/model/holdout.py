"""Which rows are held out of training, and which of those a model has not seen.

With a time column the newest days are held out: a model has not seen the rows from its `train_end`
on. Without one a hash of the key decides, so that a row held out once is held out in every run.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.features.read_values import time_column
from weekwise.features.row_hash import row_fractions
from weekwise.model.training_record import TrainingRecord

Bools = npt.NDArray[np.bool_]


def held_out(rows: pd.DataFrame, contract: Contract, *, start: date, share: float = 0.0) -> Bools:
    """Which rows of history no model of a run is fitted on.

    Args:
        rows: Raw rows of the contract, shape (n, any), with its key and its time column.
        contract: What they are.
        start: With a time column: the first date that is held out.
        share: Without one: the share of the rows, from 0 to 1, that is held out.

    Returns:
        Shape (n,).
    """
    if contract.time is None:
        return row_fractions(rows, contract.key) < share
    dates: npt.NDArray[np.datetime64] = time_column(rows[contract.time], contract.timezone)
    return np.asarray(dates >= np.datetime64(start, "us"))


def not_seen(rows: pd.DataFrame, contract: Contract, record: TrainingRecord) -> Bools:
    """Which rows a model was not fitted on.

    Args:
        rows: Raw rows of the contract, shape (n, any), with its key and its time column.
        contract: What they are.
        record: How the model was fitted; `why_unknown` must have found nothing.

    Returns:
        Shape (n,).
    """
    if contract.time is None:
        return row_fractions(rows, contract.key) < (record.holdout_share or 0.0)
    dates: npt.NDArray[np.datetime64] = time_column(rows[contract.time], contract.timezone)
    return np.asarray(dates >= np.datetime64(record.train_end or date.max, "us"))


def why_unknown(fitted_on: Contract, contract: Contract) -> str | None:
    """Why it cannot be told which rows a model has seen, if it cannot.

    Args:
        fitted_on: The contract the model was fitted with.
        contract: What the rows are now.
    """
    if (fitted_on.time is None) != (contract.time is None):
        had = "without" if fitted_on.time is None else "with"
        return f"it was fitted {had} a time column, so which rows it has seen is not known"
    if contract.time is None and fitted_on.key != contract.key:
        return (
            f"the key was {', '.join(fitted_on.key)} when it was fitted and is "
            f"{', '.join(contract.key)} now, so which rows it has seen is not known"
        )
    return None


def clusters(rows: pd.DataFrame, contract: Contract) -> npt.NDArray[Any]:
    """What a bootstrap draws anew: the day of each row, or without a time each row itself.

    Args:
        rows: Raw rows of the contract, shape (n, any).
        contract: What they are.

    Returns:
        Shape (n,): dates, or numbers from 0 on.
    """
    if contract.time is None:
        return np.arange(len(rows))
    times = time_column(rows[contract.time], contract.timezone)
    return np.asarray(times.astype("datetime64[D]"))
