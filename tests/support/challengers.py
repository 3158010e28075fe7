"""A challenger and a champion of trains, scored and judged as the pipeline does it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis
import numpy as np
import pandas as pd

from trains import CONTRACT, PARAMS, predictor, train_end, trains
from weekwise.analysis.selection import Selection
from weekwise.features.window import Window
from weekwise.model.contenders import Challenger, Champion, CurrentChampion
from weekwise.model.evaluation import Evaluation, HoldoutScores
from weekwise.model.fitting import refit
from weekwise.model.promotion import PromotionParams
from weekwise.model.verdict import Verdict
from weekwise.pipelines.model_training.nodes import judging, learning
from weekwise.pipelines.model_training.params import TrainingParams
from weekwise.reports.wrangling_summary import WranglingSummary

AS_OF = train_end()
WINDOW = Window(as_of=AS_OF)
HOLDOUT_DAYS = 8
TRAINING = TrainingParams(
    holdout_days=HOLDOUT_DAYS, fit=PARAMS, slices=("line",), slice_min_rows=20, explained_rows=40
)
PROMOTION = PromotionParams(min_rows=100, min_days=3, slice_limits={"line": 0.5}, slice_min_rows=20)
EVERYTHING = Selection(selected=tuple(CONTRACT.features), dropped=())
NOBODY = CurrentChampion(champion=None)
REIGNING = CurrentChampion(champion=Champion("1", predictor(30)))
CHALLENGER = Challenger(predictor=predictor(31), reason="New data.", version="2")
NO_CHALLENGER = Challenger(predictor=None, reason="No run trains (retrain: never).")


def summary(data_hash: str) -> WranglingSummary:
    """What wrangling says of itself, of which training reads the hash."""
    return WranglingSummary.model_construct(data_hash=data_hash)


def split(frame: pd.DataFrame, **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trains in two: to fit on, and held out."""
    training = TRAINING.model_copy(update=changes)
    train, holdout, _ = learning.split_history(
        ibis.memtable(frame), CONTRACT, EVERYTHING, WINDOW, training
    )
    return train, holdout


TRAINING_ROWS, HOLDOUT_ROWS = split(trains())


def refitted(challenger: Challenger) -> Challenger:
    """A challenger whose predictor was fitted again on all trains."""
    assert challenger.predictor is not None
    served = refit(challenger.predictor, TRAINING_ROWS, HOLDOUT_ROWS)
    return replace(challenger, predictor=served)


def holdout_scores(
    challenger: Challenger, current: CurrentChampion, **changes: Any
) -> HoldoutScores:
    """What two models make of the trains held out."""
    training = TRAINING.model_copy(update=changes)
    return judging.score_holdout(challenger, current, HOLDOUT_ROWS, CONTRACT, training, PROMOTION)


def judged(
    challenger: Challenger,
    current: CurrentChampion,
    *,
    new: float | None = None,
    old: float | None = None,
) -> Verdict:
    """The verdict on two models, on what they make of the holdout or how sure of it they are.

    Args:
        challenger: The run's model.
        current: The champion before.
        new: The probability that the challenger gives to what happened, for every row.
        old: The same for the champion.
    """
    truth = HOLDOUT_ROWS["late"].to_numpy(np.float64)
    known = {
        name: np.where(truth == 1, share, 1 - share)
        for name, share in (("challenger", new), ("champion", old))
        if share is not None
    }
    scores = replace(holdout_scores(challenger, current), **known)
    return judging.judge_challenger(challenger, current, scores, WINDOW, PROMOTION)


def evaluated(
    challenger: Challenger = CHALLENGER, current: CurrentChampion = REIGNING
) -> Evaluation:
    """The evaluation of two models on the trains held out."""
    scores = holdout_scores(challenger, current)
    return judging.evaluate_models(scores, TRAINING_ROWS, CONTRACT, WINDOW, TRAINING)
