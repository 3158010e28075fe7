"""Trees that only predict, without the record of their training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catboost import CatBoost

_PARAMETERS, _LOSS = "params", "loss_function"


def forget_training(trees: CatBoost) -> None:
    """Take the parameters of its training out of a loaded model, but for its loss.

    CatBoost keeps them as JSON of several kilobytes, and parses that at every prediction to see
    which loss it was: two thirds of the time of one row. What it predicts and explains stays the
    same. A model that is still to be saved should keep them.

    Args:
        trees: The model.
    """
    metadata = trees.get_metadata()
    if _PARAMETERS not in metadata:
        return
    parameters = json.loads(metadata[_PARAMETERS])
    metadata[_PARAMETERS] = json.dumps({_LOSS: parameters[_LOSS]} if _LOSS in parameters else {})
