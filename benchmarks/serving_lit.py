"""The predictor behind LitServe: `python serving_lit.py PORT`."""

from __future__ import annotations

import sys
from typing import Any

import litserve

from serving_peers import RowPredictor, folder


def setup(self: Any, device: str) -> None:
    """Load the model in the worker's process."""
    del device
    self.model = RowPredictor(folder())


def decode_request(self: Any, request) -> Any:
    """A row from a request's JSON, which LitServe takes from the body if it has no type."""
    return self.model.row_model.model_validate(request)


def predict(self: Any, row: Any) -> Any:
    """What is predicted for it."""
    return dict(self.model.answer(row))


def encode_response(self: Any, output: Any) -> Any:
    """The answer as it is."""
    del self
    return output


_METHODS = (setup, decode_request, predict, encode_response)
# By its name, workers find it in this module.
_PARTS = {"__module__": __name__} | {each.__name__: each for each in _METHODS}
LitRows = type("LitRows", (litserve.LitAPI,), _PARTS)

if __name__ == "__main__":
    litserve.LitServer(LitRows(), accelerator="cpu", workers_per_device=1).run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
    )
