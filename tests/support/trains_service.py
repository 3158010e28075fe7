"""The service in this process with the model of trains, as most tests of routes need it."""

from __future__ import annotations

from functools import cache
from typing import Any

from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_trains
from service_client import Client, client_of

ROUTES = [
    *("/predict", "/explain", "/predict/batch", "/schema", "/model", "/shadow", "/reports"),
    "/metrics",
]
"""The routes that API keys protect."""

POSTS = {"/predict", "/explain", "/predict/batch"}
VERSION = "7"


@cache
def trains_model() -> LoadedModel:
    """The model of trains."""
    return loaded_trains(VERSION)


def trains_client(**settings: Any) -> Client:
    """A client of a service with the model of trains.

    Args:
        **settings: The service's settings.
    """
    return client_of(trains_model(), **settings)


def train() -> dict[str, Any]:
    """A row that the model predicts."""
    return dict(trains_model().examples[0])
