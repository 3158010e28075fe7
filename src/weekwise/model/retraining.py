"""Whether a run trains a new model at all."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import pandas as pd
from pydantic import Field

from weekwise.contract.frozen import Frozen


class When(StrEnum):
    """When to train."""

    ALWAYS = "always"
    IF_NEEDED = "if_needed"
    NEVER = "never"


class RetrainingParams(Frozen):
    """When to train a new model.

    Attributes:
        retrain: `always`, `if_needed`, or `never`; without a champion a model is always trained.
        bad_weeks: If needed means drift or worse performance in this many...
        of_last_weeks: ...of this many of the last monitored weeks.
    """

    retrain: When = When.ALWAYS
    bad_weeks: int = Field(default=2, ge=1)
    of_last_weeks: int = Field(default=4, ge=1)


class Retraining(Frozen):
    """Whether to train a new model.

    Attributes:
        retrain: Whether to.
        reason: Why, one sentence.
    """

    retrain: bool
    reason: str


def decide_retraining(
    log: pd.DataFrame, params: RetrainingParams, *, as_of: date, no_champion: str | None
) -> Retraining:
    """Decide whether a run trains.

    Args:
        log: Rows of the monitoring log, with `as_of`, `drifted` and `worse`; rows of this run and
            of later ones are left out, so that a run repeated decides the same.
        params: When to train.
        as_of: The run's logical date.
        no_champion: Why there is no champion that could stay, one sentence; none if there is one.
    """
    if no_champion is not None:
        return Retraining(retrain=True, reason=no_champion)
    if params.retrain is When.ALWAYS:
        return Retraining(retrain=True, reason="Every run trains (retrain: always).")
    if params.retrain is When.NEVER:
        return Retraining(retrain=False, reason="No run trains (retrain: never).")
    earlier = log[pd.to_datetime(log["as_of"]) < pd.Timestamp(as_of)]
    last = earlier.sort_values("as_of").tail(params.of_last_weeks)
    drifted, worse = _flags(last["drifted"]), _flags(last["worse"])
    bad = int((drifted | worse).sum())
    return Retraining(
        retrain=bad >= params.bad_weeks,
        reason=f"{bad} of the last {len(last)} monitored weeks were bad (drift in "
        f"{int(drifted.sum())}, worse performance in {int(worse.sum())}); "
        f"{params.bad_weeks} of {params.of_last_weeks} call for a new model.",
    )


def _flags(column: pd.Series[bool]) -> pd.Series[bool]:
    """Booleans, a missing one counting as no."""
    return column.astype("boolean").fillna(False).astype(bool)
