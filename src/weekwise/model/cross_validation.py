"""How many trees a small table gets: the number that is best on parts left out in turn.

The tenth of a few hundred rows that early stopping would watch is a handful, which stops it by
chance, and the trees do without it. Cross-validation watches every row once (Hastie, Tibshirani and
Friedman, *The Elements of Statistical Learning*, 2nd edition, section 7.10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from weekwise.features.read_values import Floats
from weekwise.tasks.base import Task

if TYPE_CHECKING:
    from catboost import CatBoost

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CrossValidation:
    """What models of all but one part each show.

    Attributes:
        trees: The number of trees whose mean loss over the parts left out is lowest.
        loss: That loss.
        parts: Which rows each model was not grown on, shapes (n,).
        models: The models, each with the trees that were best for its own part.
    """

    trees: int
    loss: float
    parts: tuple[Bools, ...]
    models: tuple[CatBoost, ...]

    def scores(self, of_part: Callable[[CatBoost, Bools], Floats]) -> Floats:
        """The scores of each row by the model that was not grown on it.

        Args:
            of_part: Gives what a model makes of some rows.

        Returns:
            Shape (n, …).
        """
        found = [of_part(model, part) for model, part in zip(self.models, self.parts, strict=True)]
        return in_place(self.parts, found)


def cross_validate(
    parts: Sequence[Bools], grown_without: Callable[[Bools], CatBoost], loss: str
) -> CrossValidation:
    """Grow a model without each part in turn.

    Args:
        parts: Which rows are in each part, shapes (n,).
        grown_without: Gives a model grown on all other rows, which has watched the part.
        loss: The loss to choose by, by CatBoost's name.
    """
    models = tuple(grown_without(part) for part in parts)
    curves = [np.asarray(model.get_evals_result()["validation"][loss]) for model in models]
    most = max(curve.size for curve in curves)
    # A model that stopped early would not have become better.
    whole = [np.pad(curve, (0, most - curve.size), mode="edge") for curve in curves]
    mean = np.average(whole, axis=0, weights=[int(part.sum()) for part in parts])
    best = int(mean.argmin())
    return CrossValidation(best + 1, float(mean[best]), tuple(parts), models)


def in_place(parts: Sequence[Bools], found: Sequence[Floats]) -> Floats:
    """What was found for each part, as one array in the order of the rows.

    Args:
        parts: Which rows are in each part, shapes (n,); each row is in one.
        found: What was found for its rows, in their order.

    Returns:
        Shape (n, …).
    """
    whole = np.empty((parts[0].size, *found[0].shape[1:]))
    for part, values in zip(parts, found, strict=True):
        whole[part] = values
    return whole


def can_be_cut(task: Task, outcome: Floats, parts: Sequence[Bools]) -> bool:
    """Whether every part has rows, and the others can be learned from without it.

    Args:
        task: What is predicted.
        outcome: The outcome of each row, shape (n,).
        parts: Which rows are in each part, shapes (n,).
    """
    return all(part.any() and task.fault(outcome[~part]) is None for part in parts)
