from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weekwise.contract.model import Contract
from weekwise.features.read_values import Floats
from weekwise.model.blending import UnseenScores, blended
from weekwise.model.fitting import fit, refit
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams
from weekwise.tasks.binary import Binary
from weekwise.tasks.records import Settings

TARGETS = {
    "yes or no": {"type": "boolean"},
    "number": {"type": "number"},
    "amount": {"type": "number"},
    "class": {"type": "category", "values": {"low": "Low", "middle": "Middle", "high": "High"}},
}


def unseen(trees: Floats, linear: Floats, outcome: Floats) -> UnseenScores:
    """Rows scored by two models."""
    return UnseenScores(Binary(), Settings(threshold=0.5), outcome, lambda: trees, lambda: linear)


def test_the_better_model_gets_the_larger_share() -> None:
    """All of it if the other knows nothing, half if each knows what the other does not."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 4000))
    truth = one + other
    outcome = (truth + rng.logistic(size=4000) > 0).astype(float)
    noise = rng.normal(size=4000)

    assert unseen(truth, 5 * noise, outcome).best_share() == 0
    assert unseen(5 * noise, truth, outcome).best_share() == 1
    assert unseen(2 * one, 2 * other, outcome).best_share() == 0.5


def test_what_one_model_holds_impossible_does_not_spoil_the_other() -> None:
    """No share of an infinite score is no number."""
    trees, linear = np.array([-np.inf, 0.0]), np.array([1.0, 2.0])

    assert blended(trees, linear, 1.0).tolist() == [1.0, 2.0]


def things(kind: str, rows: int) -> tuple[pd.DataFrame, Contract]:
    """Rows whose goal follows a straight line, which few rows tell trees little of."""
    rng = np.random.default_rng(1)
    size, weight = rng.normal(size=(2, rows))
    red = rng.random(rows) < 0.5
    score = 1.5 * size - weight + red
    noisy = score + 0.5 * rng.logistic(size=rows)
    goals = {
        "yes or no": noisy > 0,
        "number": noisy,
        "amount": np.exp(score / 2) * rng.gamma(2, 0.5, rows) * 100,
        "class": np.array(["low", "middle", "high"])[np.digitize(noisy, [-0.7, 0.9])],
    }
    columns = {
        "id": {"type": "integer", "role": "key", "title": "Id"},
        "size": {"type": "number", "role": "feature", "title": "Size", "missing": 1.0},
        "weight": {"type": "number", "role": "feature", "title": "Weight"},
        "color": {"type": "category", "role": "feature", "title": "Color"},
        "goal": {"role": "target", "title": "Goal", **TARGETS[kind]},
    }
    contract = Contract.model_validate(
        {"table": "things", "title": "Things", "key": ["id"], "columns": columns}
    )
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "weight": weight,
            "color": np.where(red, "red", "blue"),
            "goal": goals[kind],
        }
    )
    return frame, contract


def fitted(kind: str, rows: int = 300) -> Predictor:
    """A predictor fitted on some things."""
    frame, contract = things(kind, rows)
    params = FitParams(blend_max_rows=20_000)
    return fit(frame, contract, contract.features, params, as_of=date(2024, 1, 1))


@pytest.mark.parametrize("kind", TARGETS)
def test_a_blend_is_one_model(kind: str, tmp_path: Path) -> None:
    """Frames, lists, explanations and the saved model agree on every row, for every task."""
    frame, _ = things(kind, 40)
    model = fitted(kind)
    assert model.record.linear_share > 0

    model.save(tmp_path)
    again = Predictor.load(tmp_path)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")

    predicted = model.predict(frame)
    np.testing.assert_array_equal(again.predict(frame), predicted)
    np.testing.assert_allclose(again.predict_rows(rows), predicted, rtol=1e-9)
    contributions = model.contributions(frame)
    for row, expected in zip(rows, contributions.to_numpy(), strict=True):
        told = again.explain_row(row)
        np.testing.assert_allclose([*told.contributions, told.base, told.level], expected)
    if kind == "yes or no":
        log_odds = np.log(predicted / (1 - predicted))
        np.testing.assert_allclose(contributions.sum(axis=1), log_odds, atol=1e-9)
    assert model.importances().sum() == pytest.approx(100)


@pytest.mark.parametrize("kind", TARGETS)
def test_a_blend_beats_trees_alone_where_lines_are_straight(kind: str) -> None:
    """On rows that neither has seen, for every task."""
    frame, contract = things(kind, 2000)
    few, rest = frame[:300], frame[300:]
    losses = []
    for most in (0, 20_000):
        params = FitParams(blend_max_rows=most)
        model = fit(few, contract, contract.features, params, as_of=date(2024, 1, 1))
        outcome = model.task.outcomes(rest["goal"])
        losses.append(model.task.losses(outcome, model.predict(rest)).mean())

    assert losses[1] < losses[0]


def test_a_refit_keeps_the_share() -> None:
    """What was judged is what is served, fitted on more rows."""
    frame, _ = things("number", 300)
    twin = fitted("number", 200)

    served = refit(twin, frame[:200], frame[200:])

    assert served.record.linear_share == twin.record.linear_share > 0
    assert served.linear is not None
    assert served.linear != twin.linear
