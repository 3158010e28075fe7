"""Whether there is enough history to fit a model on and to judge it by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.model.holdout import clusters, held_out
from weekwise.model.promotion import PromotionParams, least_rows
from weekwise.model.training_record import FitParams
from weekwise.tasks import task_of


def shortcomings(
    history: pd.DataFrame,
    contract: Contract,
    *,
    start: date,
    share: float,
    fit: FitParams,
    promotion: PromotionParams,
) -> Iterator[str]:
    """What keeps a first model from being fitted, judged or promoted, each with its remedy.

    Args:
        history: Rows whose outcome is known, with the contract's key, time and target.
        contract: What they are.
        start: With a time column: the first date that is held out.
        share: Without one: the share of rows that is held out.
        fit: How a model is fitted.
        promotion: What is asked of it.
    """
    out = held_out(history, contract, start=start, share=share)
    train, holdout = history[~out], history[out]
    where = "held out" if contract.time is None else f"from {start} on, the holdout"
    before = "to train on" if contract.time is None else f"before {start}"
    setting = "holdout_share" if contract.time is None else "holdout_days"
    if train.empty:
        yield (
            f"there are no rows {before} whose target is known; wait for more history, or lower "
            f"training.{setting}"
        )
        return
    task = task_of(contract)
    fault = task.fault(task.outcomes(train[contract.target]))
    if fault:
        yield f"the {len(train):,} rows {before} {fault}; more history is needed"
    days, every = len(np.unique(clusters(train, contract))), fit.validation_every
    if contract.time is not None and every is not None and days < every:
        yield (
            f"the rows {before} are of {days} days, and every {every}th is set aside to stop early "
            "on; wait for more history, or lower training.fit.validation_every"
        )
    least = least_rows(len(train), promotion)
    if len(holdout) < least:
        yield (
            f"there are {len(holdout):,} rows {where}, and {least:,} are asked for to judge a "
            f"model; raise training.{setting}, or lower promotion.min_rows"
        )
    judged = len(np.unique(clusters(holdout, contract)))
    if contract.time is not None and judged < promotion.min_days:
        yield (
            f"the rows {where} are of {judged} days, and {promotion.min_days} are asked for to "
            "judge a model; raise training.holdout_days, or lower promotion.min_days"
        )
