"""Which loss trees reduce."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import pytest

from trains import train_end
from weekwise.contract.model import Contract
from weekwise.features.read_values import Floats
from weekwise.model.blending import UnseenScores
from weekwise.model.fit_choice import FittedTrees, best_fit
from weekwise.model.fitting import fit
from weekwise.model.learning_material import LearningMaterial
from weekwise.model.training_record import FitParams, SmallTableParams
from weekwise.tasks.records import Settings
from weekwise.tasks.regression import Regression

if TYPE_CHECKING:
    from catboost import CatBoost

RNG = np.random.default_rng(0)
OUTCOME = RNG.normal(size=400)
QUICK = FitParams(
    depth=2, threads=1, small=SmallTableParams(iterations=80, early_stopping_rounds=20)
)


USUAL, OWN = FitParams().encodings_of(FitParams())


def trees(
    error: float, loss: str, params: FitParams = USUAL, *, unseen: bool = True
) -> FittedTrees:
    """Trees whose predictions of unseen rows are so far off."""
    scores = OUTCOME + error * RNG.normal(size=OUTCOME.size)
    rows = UnseenScores(
        task=Regression(),
        settings=Settings(0.5),
        outcome=OUTCOME,
        of_trees=lambda: scores,
        of_linear=lambda: scores,
    )
    material = cast("LearningMaterial", SimpleNamespace(loss=loss, params=params))
    return FittedTrees(material, cast("CatBoost", None), None, rows if unseen else None, 0.0)


def chosen(*fits: FittedTrees) -> tuple[FittedTrees, list[tuple[str, FitParams]]]:
    """The best, and what was tried."""
    tried: list[tuple[str, FitParams]] = []

    def fitted(loss: str, params: FitParams) -> FittedTrees:
        tried.append((loss, params))
        (made,) = (
            fit for fit in fits if (fit.material.loss, fit.material.params) == (loss, params)
        )
        return made

    losses = list(dict.fromkeys(fit.material.loss for fit in fits))
    encodings = [USUAL, OWN] if any(fit.material.params == OWN for fit in fits) else [USUAL]
    return best_fit(losses, encodings, fitted), tried


@pytest.mark.parametrize("better", [True, False])
def test_the_better_loss_is_taken(*, better: bool) -> None:
    """By what was not learned from."""
    expected, squared = trees(1.0, "Poisson"), trees(0.5 if better else 1.5, "RMSE")
    assert chosen(expected, squared)[0] is (squared if better else expected)


@pytest.mark.parametrize("better", [True, False])
def test_the_loss_is_chosen_with_the_better_encoding(*, better: bool) -> None:
    """No fit is made of both that are worse."""
    usual, own = trees(1.0, "Poisson"), trees(0.5 if better else 2.0, "Poisson", OWN)
    squared = trees(0.2, "RMSE", OWN if better else USUAL)
    best, tried = chosen(usual, own, squared)

    assert best is squared
    assert tried == [("Poisson", USUAL), ("Poisson", OWN), ("RMSE", OWN if better else USUAL)]


def test_nothing_is_tried_that_cannot_be_judged() -> None:
    """One fit, where no row is unseen."""
    expected = trees(1.0, "Poisson", unseen=False)
    best, tried = chosen(expected, trees(0.1, "RMSE"), trees(0.1, "Poisson", OWN))

    assert best is expected
    assert tried == [("Poisson", USUAL)]


def test_an_encoding_given_by_hand_is_kept() -> None:
    """Nothing else is tried."""
    asked = FitParams(one_hot_max_size=10)
    assert asked.encodings_of(asked.of_rows(5000)) == [asked.of_rows(5000)]


@pytest.mark.parametrize("by_hand", ["iterations", "learning_rate", "validation_every"])
def test_a_fit_given_by_hand_is_made_alone(by_hand: str) -> None:
    """So is that of many rows."""
    assert FitParams().tries_for(20_000)
    assert not FitParams().tries_for(20_001)
    assert not FitParams.model_validate(
        {by_hand: 1 if by_hand != "validation_every" else 10}
    ).tries_for(9)


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
