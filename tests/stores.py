"""MLflow stores, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "MLFLOW_TRACKING_URI"


@contextmanager
def in_use(uri: str) -> Iterator[None]:
    """Let MLflow use a store, and then the one before, or none.

    MLflow keeps the choice in a variable that processes started later inherit.
    """
    before = os.environ.get(VARIABLE)
    use(uri)
    try:
        yield
    finally:
        use(before)


def use(uri: str | None) -> None:
    """Let MLflow use a store, or none in particular."""
    import mlflow

    mlflow.set_tracking_uri(uri)
