"""What every test shares."""

from __future__ import annotations

import os

# Before NumPy is imported: on a machine that is busy with tests, more threads wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import stores

# Reads whether the user has set an MLflow server, once: before any test sets a store.
import weekwise.hooks.initialization  # noqa: F401
from weekwise import configuration
from weekwise.contract.load import load_contracts
from weekwise.contract.model import Contracts

PROJECT = Path(__file__).parents[1]

pytest_plugins = [
    "crashed_workers",
    "leftovers",
    "long_tests_first",
    "orders",
    "spark",
    "weekly_figures",
    "weeks",
]

# No library may report usage, and none may look for a user's own settings.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "1"

# How long an example takes is the machine's business. The same tests say the same twice: what is
# new is looked for by `make fuzz`, and what that finds becomes an example.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def _mlflow_is_left_as_it_was() -> Iterator[None]:
    """No test, and no process it starts, meets the MLflow store of the test before."""
    before = os.environ.get(stores.VARIABLE)
    yield
    if os.environ.get(stores.VARIABLE) != before:
        stores.use(before)


@pytest.fixture(autouse=True)
def _configuration_is_left_as_it_was() -> Iterator[None]:
    """No test meets the pipelines of an environment that the test before has loaded."""
    before = list(configuration._active)
    yield
    configuration._active[:] = before


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    """The example's own contracts."""
    return load_contracts([PROJECT / "conf" / "flights" / "contracts"])
