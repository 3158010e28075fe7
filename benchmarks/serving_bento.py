"""The predictor as a BentoML service, which `bentoml serve serving_bento:service` starts."""

from __future__ import annotations

from typing import Any

import bentoml

from serving_peers import RowPredictor, folder


def _start(self: Any) -> None:
    self.model = RowPredictor(folder())


def predict(self: Any, row: dict[str, Any]) -> dict[str, Any]:
    """The answer to one row."""
    return dict(self.model.answer(self.model.row_model.model_validate(row)))


_PARTS = {"__init__": _start, "predict": bentoml.api(predict), "__module__": __name__}
service = bentoml.service(workers=1)(type("Rows", (), _PARTS))
