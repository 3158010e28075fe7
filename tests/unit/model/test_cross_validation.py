from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from weekwise.features.read_values import Floats
from weekwise.model.cross_validation import Bools, CrossValidation, can_be_cut, cross_validate
from weekwise.tasks.binary import Binary

PARTS = tuple(np.arange(6) % 3 == part for part in range(3))


class Grown:
    """A model as CatBoost leaves it: its losses on the part it watched, tree by tree."""

    def __init__(self, losses: list[float]) -> None:
        self.losses = losses

    def get_evals_result(self) -> dict[str, Any]:
        """As CatBoost has it."""
        return {"validation": {"Logloss": self.losses}}


def validated(*losses: list[float]) -> CrossValidation:
    """A cross-validation whose models have these losses."""
    models = iter([Grown(each) for each in losses])

    def grown_without(part: Bools) -> Any:
        assert part.sum() == 2
        return next(models)

    return cross_validate(PARTS, grown_without, "Logloss")


def test_the_best_number_of_trees_is_that_of_all_parts_together() -> None:
    """One part's luck decides nothing; one that stopped early counts with its last loss."""
    found = validated([0.5, 0.1], [0.6, 0.5, 0.4, 0.5], [0.6, 0.5, 0.3, 0.6])

    assert found.trees == 3
    assert found.loss == pytest.approx((0.1 + 0.4 + 0.3) / 3)


def test_every_row_is_scored_without_its_part() -> None:
    """Each by the model of its part, in the order of the rows."""
    found = validated([0.1], [0.2], [0.3])

    def of_part(model: Any, part: Bools) -> Floats:
        return np.column_stack([np.flatnonzero(part), np.full(2, model.losses[0])])

    assert found.scores(of_part).tolist() == [
        [0, 0.1], [1, 0.2], [2, 0.3], [3, 0.1], [4, 0.2], [5, 0.3],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "able"),
    [([1, 0, 1, 0, 1, 0], True), ([1, 0, 0, 0, 0, 0], False), ([1, 0, 0, 0, 1, 0], True)],
)
def test_a_part_may_hold_all_there_is_to_learn(outcome: list[int], able: bool) -> None:
    """Where the rest cannot be learned from, rows are not cut."""
    assert can_be_cut(Binary(), np.array(outcome, float), PARTS) == able
    assert not can_be_cut(Binary(), np.array(outcome, float), [*PARTS, np.zeros(6, bool)])
