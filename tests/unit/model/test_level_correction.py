from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from weekwise.contract.model import Contract
from weekwise.model.fitting import fit, refit
from weekwise.model.level_correction import LEAST_WEEKS, typical_shift
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams
from weekwise.reports.level_words import level_in_words
from weekwise.tasks.binary import Binary
from weekwise.tasks.records import Settings

FIRST = date(2023, 1, 2)
HOLDOUT, DAYS, A_DAY = 14, 150, 30
TARGETS = {
    "yes or no": {"type": "boolean"},
    "number": {"type": "number"},
    "class": {"type": "category", "values": {"low": "Low", "middle": "Middle", "high": "High"}},
}


def contract(kind: str, *, timed: bool = True) -> Contract:
    """Calls, with or without their day."""
    columns = {
        "id": {"type": "integer", "role": "key", "title": "Id"},
        "day": {"type": "date", "role": "time" if timed else "context", "title": "Day"},
        "size": {"type": "number", "role": "feature", "title": "Size"},
        "goal": {"role": "target", "title": "Goal", **TARGETS[kind]},
    }
    return Contract.model_validate(
        {"table": "calls", "title": "Calls", "key": ["id"], "columns": columns}
    )


def calls(kind: str, *, drifting: bool) -> pd.DataFrame:
    """Rows whose goal follows their size, and a level that wanders if it is to."""
    rng = np.random.default_rng(2)
    steps = rng.normal(scale=0.35, size=DAYS)
    level = np.cumsum(steps) * drifting
    days = np.repeat(np.arange(DAYS), A_DAY)
    size = rng.normal(size=days.size)
    score = size + level[days] + rng.logistic(size=days.size) * 0.7
    goals = {
        "yes or no": score > 0,
        "number": score,
        "class": np.array(["low", "middle", "high"])[np.digitize(score, [-1, 1])],
    }
    return pd.DataFrame(
        {
            "id": np.arange(days.size),
            "day": [FIRST + timedelta(days=int(day)) for day in days],
            "size": size,
            "goal": goals[kind],
        }
    )


def served(kind: str, *, drifting: bool, timed: bool = True, **params: object) -> Predictor:
    """A predictor that was judged on the newest days, and fitted again."""
    rows = calls(kind, drifting=drifting)
    out = (rows["day"] >= FIRST + timedelta(days=DAYS - HOLDOUT)).to_numpy()
    table = contract(kind, timed=timed)
    twin = fit(
        rows[~out],
        table,
        table.features,
        FitParams.model_validate({"blend_max_rows": 0, "iterations": 60, **params}),
        as_of=FIRST + timedelta(days=DAYS),
        holdout_share=None if timed else 0.1,
    )
    return refit(twin, rows[~out], rows[out])


@pytest.mark.parametrize("kind", TARGETS)
def test_a_level_that_wanders_is_followed(kind: str) -> None:
    """Where last weeks' misses tell of the next ones, predictions are moved by part of them."""
    found = served(kind, drifting=True)

    trial = found.record.level_trial
    assert trial is not None
    assert trial.weeks >= LEAST_WEEKS
    assert trial.share > 0
    assert trial.gain > trial.error
    assert len(found.record.level) == found.task.scores
    assert f"of {trial.weeks} past weeks that lowered" in level_in_words(found)


def test_a_steady_level_is_left_alone() -> None:
    """Where nothing but chance is to be corrected, nothing is, and the reason is told."""
    found = served("yes or no", drifting=False)

    assert found.record.level == ()
    assert found.record.level_trial is not None
    assert found.record.level_trial.share == 0
    assert level_in_words(found).startswith("The level is not corrected: in ")


def test_the_correction_is_a_term_of_its_own() -> None:
    """It moves every score alike, and an explanation tells it apart."""
    found = served("yes or no", drifting=True)
    rows = calls("yes or no", drifting=True).tail(5)
    plain = Predictor(
        inputs=found.inputs,
        threshold=found.threshold,
        record=found.record.model_copy(update={"level": ()}),
        model=found.model,
    )

    def log_odds(model: Predictor) -> np.ndarray:
        probabilities = model.predict(rows)
        moved: np.ndarray = np.log(probabilities / (1 - probabilities))
        return moved

    (level,) = found.record.level
    np.testing.assert_allclose(log_odds(found) - log_odds(plain), level)
    np.testing.assert_allclose(found.contributions(rows)["level_correction"], level)
    row = rows.iloc[0].to_dict()
    assert found.explain_row(row).level == pytest.approx(level)
    assert plain.explain_row(row).base == pytest.approx(found.explain_row(row).base)


def test_it_can_be_switched_off() -> None:
    """And a table without a time has no newest days."""
    for params, timed in (({"level_correction": False}, True), ({}, False)):
        found = served("yes or no", drifting=True, timed=timed, **params)
        assert found.record.level == ()
        assert found.record.level_trial is None
        assert level_in_words(found) == ""


def test_one_day_of_storm_moves_little() -> None:
    """The median of days, not their mean; too few days say nothing."""
    days = np.repeat(np.arange(9), 100)
    predicted = np.full(900, 0.5)
    outcome = np.tile(np.arange(100) < 55, 9).astype(float)
    outcome[:100] = 1
    settings = Settings(threshold=0.5)

    found = typical_shift(Binary(), outcome, predicted, days, settings)

    assert found == pytest.approx(np.log(55 / 45), abs=0.01)
    assert typical_shift(Binary(), outcome[:400], predicted[:400], days[:400], settings) is None
