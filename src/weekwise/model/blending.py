"""How much a linear model may say beside the trees: what is best on rows that neither has seen.

A few hundred rows tell a straight line more surely than steps. Blending scores is stacking with
weights that are not negative and add up to 1: Breiman, "Stacked regressions", Machine Learning 24,
1996.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from weekwise.features.read_values import Floats
from weekwise.tasks.base import Task
from weekwise.tasks.records import Settings

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The shares of the linear model that are tried."""


def blended(trees: Floats, linear: Floats, share: float) -> Floats:
    """Scores of both together.

    Args:
        trees: The trees' scores, shape (n, …).
        linear: The linear model's, of the same shape.
        share: Its share.
    """
    if share == 1:
        # To trees a class that no training row had is impossible, which no share of 0 undoes.
        return linear
    both: Floats = (1 - share) * trees + share * linear
    return both


@dataclass(frozen=True)
class UnseenScores:
    """Rows that neither the trees nor the linear model were fitted on, and their scores.

    Attributes:
        task: What is predicted.
        settings: The model's.
        outcome: The rows' outcomes, shape (n,), n at least 1.
        of_trees: Gives the trees' scores, shape (n, …).
        of_linear: Gives the linear model's, of the same shape.
    """

    task: Task
    settings: Settings
    outcome: Floats
    of_trees: Callable[[], Floats]
    of_linear: Callable[[], Floats]

    def best_share(self) -> float:
        """The share of the linear model with the lowest mean loss."""
        return min(SHARES, key=lambda share: float(self.losses(share).mean()))

    def losses(self, share: float) -> Floats:
        """The loss of each row, shape (n,), by a model that gives the linear one this share."""
        return self.task.losses(self.outcome, self._predicted(share))

    def errors(self, share: float) -> tuple[float, float] | None:
        """The `errors` of a model that gives the linear one this share."""
        return self.task.errors(self.outcome, lambda: self._predicted(share), self.settings)

    def _predicted(self, share: float) -> Floats:
        scores = blended(self._trees, self._linear, share) if share else self._trees
        return self.task.of_scores(scores, self.settings)

    @cached_property
    def _trees(self) -> Floats:
        return self.of_trees()

    @cached_property
    def _linear(self) -> Floats:
        return self.of_linear()
