"""Where a logged model keeps its predictor, and how files are moved without noise.

Apart from `weekwise.model.pyfunc`, so that who only reads the registry need not import all of
MLflow's pyfunc.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

ARTIFACT = "predictor"
"""The name of the predictor's folder among the logged model's artifacts."""

EXAMPLE = "input_example.json"
"""MLflow's own name of a logged model's input example."""


@contextmanager
def quiet_transfers() -> Iterator[None]:
    """Move files to and from MLflow without its progress bars."""
    name = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
    before = os.environ.get(name)
    os.environ[name] = "false"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
