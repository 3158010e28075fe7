"""The same predictor behind the servers that a user would pick, each with one worker.

Each does what its own documentation shows: it reads a row by its Pydantic model, predicts it and
answers. LitServe and BentoML need an environment of their own (`serving_peers.lock`). As a script
this is the plain FastAPI one:

    WEEKWISE_PEER_FOLDER=… python benchmarks/serving_peers.py PORT
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT / "src")]

FOLDER = "WEEKWISE_PEER_FOLDER"
"""The variable that says where the predictor is: some servers start processes of their own."""


def folder() -> Path:
    """The predictor's folder."""
    return Path(os.environ[FOLDER])


class RowPredictor:
    """What every peer serves.

    Attributes:
        row_model: The Pydantic model of a row.

    Args:
        path: The predictor's folder.
    """

    def __init__(self, path: Path) -> None:
        from weekwise.contract.row import row_model
        from weekwise.model.light_trees import forget_training
        from weekwise.model.predictor import Predictor

        self._predictor = Predictor.load(path)
        forget_training(self._predictor.model)
        self._lookup = self._predictor.lookup
        self.row_model = row_model(self._predictor.contract, self._predictor.inputs.raw)

    def answer(self, row: Any) -> Mapping[str, Any]:
        """What is predicted for a row of the model's kind."""
        predictor, values = self._predictor, row.model_dump(by_alias=True)
        if self._lookup is not None:
            (values,) = self._lookup.in_rows([values])
        (predicted,) = predictor.predict_rows(predictor.complete([values]))
        return predictor.task.answer(predicted, predictor.settings)


def _serve_plainly(port: int) -> None:
    import uvicorn
    from fastapi import FastAPI

    model = RowPredictor(folder())
    app = FastAPI()

    async def predict(row: Any) -> Any:
        return model.answer(row)

    predict.__annotations__["row"] = model.row_model
    app.post("/predict")(predict)
    uvicorn.run(
        app, port=port, loop="uvloop", http="httptools", log_level="warning", access_log=False
    )


if __name__ == "__main__":
    _serve_plainly(int(sys.argv[1]))
