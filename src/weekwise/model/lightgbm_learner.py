"""LightGBM on the inputs of the trees, to be compared with; it is not served.

Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS 2017. It comes
with the extra `search`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weekwise.features.model_frame import ModelInputs
from weekwise.features.read_values import Floats
from weekwise.tasks import task_of

TREES, LEARNING_RATE = 300, 0.05


def lightgbm_is_there() -> bool:
    """Whether LightGBM can be imported, with the libraries of the system that it needs."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def lightgbm_scores(
    frame: pd.DataFrame,
    outcome: Floats,
    asked: pd.DataFrame,
    inputs: ModelInputs,
    *,
    loss: str | None,
    seed: int,
) -> Floats:
    """Scores of some rows by a model with LightGBM's usual settings.

    Args:
        frame: Rows to fit on, as `model_frame` gives them, shape (n, inputs).
        outcome: Their outcomes, shape (n,); they vary.
        asked: Rows to score, shape (m, inputs), m at least 1.
        inputs: What the rows are.
        loss: The loss of the trees whose scale the scores are to be on; none for the task's own.
        seed: Seed of its random numbers.

    Returns:
        Shape (m,), or with classes (m, classes).
    """
    import lightgbm

    task = task_of(inputs.contract)
    options: dict[str, Any] = {
        "objective": task.lightgbm_objective(loss),
        "learning_rate": LEARNING_RATE,
        "seed": seed,
        "deterministic": True,
        "verbosity": -1,
    }
    if task.scores > 1:
        options["num_class"] = task.scores
    known = {name: pd.CategoricalDtype(sorted(set(frame[name]))) for name in inputs.categories}
    data = lightgbm.Dataset(frame.astype(known), outcome)
    model = lightgbm.train(options, data, num_boost_round=TREES)
    return np.asarray(model.predict(asked.astype(known), raw_score=True), np.float64)
