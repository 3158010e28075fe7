"""Which loss trees reduce."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
import pytest

from trains import train_end
from weekwise.contract.model import Contract
from weekwise.features.read_values import Floats
from weekwise.model.blending import UnseenScores
from weekwise.model.fitting import fit
from weekwise.model.learning_material import LearningMaterial
from weekwise.model.loss_choice import FittedTrees, fitted_by_best_loss
from weekwise.model.training_record import FitParams, SmallTableParams
from weekwise.tasks.records import Settings
from weekwise.tasks.regression import Regression

RNG = np.random.default_rng(0)
OUTCOME = RNG.normal(size=400)
QUICK = FitParams(
    depth=2, threads=1, small=SmallTableParams(iterations=80, early_stopping_rounds=20)
)


def trees(error: float, *, unseen: bool = True) -> FittedTrees:
    """Trees whose predictions of unseen rows are so far off."""
    scores = OUTCOME + error * RNG.normal(size=OUTCOME.size)
    rows = UnseenScores(
        task=Regression(),
        settings=Settings(0.5),
        outcome=OUTCOME,
        of_trees=lambda: scores,
        of_linear=lambda: scores,
    )
    material = cast("LearningMaterial", None)
    return FittedTrees(material, object(), None, rows if unseen else None, 0.0)


def chosen(
    by_loss: dict[str, FittedTrees], *, compare: bool = True
) -> tuple[FittedTrees, list[str]]:
    """The best, and which were tried."""
    tried: list[str] = []

    def fitted(loss: str) -> FittedTrees:
        tried.append(loss)
        return by_loss[loss]

    return fitted_by_best_loss(list(by_loss), fitted, compare=compare), tried


def test_one_that_is_surely_better_is_taken() -> None:
    """Row by row on what was not learned from."""
    by_loss = {"Poisson": trees(1.0), "RMSE": trees(0.5)}
    assert chosen(by_loss)[0] is by_loss["RMSE"]


def test_what_the_outcomes_ask_for_has_the_benefit_of_the_doubt() -> None:
    """A gain within its standard error is none."""
    by_loss = {"Poisson": trees(1.0), "RMSE": trees(0.999)}
    assert chosen(by_loss)[0] is by_loss["Poisson"]


@pytest.mark.parametrize(
    ("unseen", "compare"), [(False, True), (True, False)], ids=["no unseen rows", "many rows"]
)
def test_nothing_is_tried_that_cannot_be_judged(*, unseen: bool, compare: bool) -> None:
    """One fit, as it was asked for."""
    by_loss = {"Poisson": trees(1.0, unseen=unseen), "RMSE": trees(0.1)}
    best, tried = chosen(by_loss, compare=compare)

    assert best is by_loss["Poisson"]
    assert tried == ["Poisson"]


def table(outcome: Callable[[Floats], Floats]) -> tuple[pd.DataFrame, Contract]:
    """Rows whose outcome follows from one number between 0 and 1."""
    number = np.random.default_rng(3).random(900)
    rows = pd.DataFrame({"row": np.arange(900), "number": number, "goal": outcome(number)})
    columns = {
        "row": {"type": "integer", "role": "key", "title": "Row"},
        "number": {"type": "number", "role": "feature", "title": "Number"},
        "goal": {"type": "number", "role": "target", "title": "Goal"},
    }
    contract = {"table": "t", "title": "T", "key": ["row"], "columns": columns}
    return rows, Contract.model_validate(contract)


def counts(number: Floats) -> Floats:
    """Counts of mean 0.2 to 9, none with a straight line."""
    return np.random.default_rng(4).poisson(np.where(number > 0.7, 9.0, 0.2)).astype(float)


def test_counts_are_never_predicted_below_zero() -> None:
    """Whichever loss is taken, and however far off a row is."""
    rows, contract = table(lambda number: np.round(30 * np.maximum(number - 0.9, 0)))
    predictor = fit(rows, contract, contract.features, QUICK, as_of=train_end())
    prediction, low, _ = predictor.predict(rows).T

    assert predictor.record.never_negative
    assert prediction.min() >= 0
    assert low.min() >= 0


def test_a_loss_that_is_asked_for_is_taken() -> None:
    """By hand it is what it says, without a floor."""
    rows, contract = table(counts)
    asked = QUICK.model_copy(update={"loss": "squared"})
    record = fit(rows, contract, contract.features, asked, as_of=train_end()).record

    assert (record.loss, record.never_negative) == ("RMSE", False)
