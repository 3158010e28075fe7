"""What the service needs to be installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


def pins(name: str) -> dict[str, str]:
    """The versions that a lock pins, by package."""
    text = (PROJECT / name).read_text("utf-8")
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    "package",
    ["kedro", "kedro-mlflow", "kedro-datasets", "prefect", "great-expectations", "mlflow"],
)
def test_left_out(package: str) -> None:
    """The service's lock leaves out the frameworks of the runs, which the other lock has."""
    assert package not in pins("requirements-api.lock")
    assert package in pins("requirements.lock")


def test_the_same_versions() -> None:
    """What both locks hold they hold at the same version: what is trained is what is served."""
    runs, served = pins("requirements.lock"), pins("requirements-api.lock")

    assert {name: runs[name] for name in served if name in runs} == {
        name: version for name, version in served.items() if name in runs
    }
    assert {"catboost", "pandas", "numpy", "pydantic"} <= served.keys() & runs.keys()


def test_hashed() -> None:
    """Every package has hashes."""
    lines = (PROJECT / "requirements-api.lock").read_text("utf-8").splitlines()
    pinned = [number for number, line in enumerate(lines) if re.match(r"[\w.-]+==", line)]

    assert pinned
    assert all(lines[number + 1].strip().startswith("--hash=sha256:") for number in pinned)
