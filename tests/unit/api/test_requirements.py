"""What the service needs to be installed."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
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


STARTED = """
import importlib, pkgutil, sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import api, weekwise.model.predictor
for module in pkgutil.walk_packages(api.__path__, "api."):
    importlib.import_module(module.name)
"""


def test_it_starts_without_anything_else() -> None:
    """All of the service can be imported where only what its lock has is installed."""
    served = {_name(name) for name in pins("requirements-api.lock")} | {"weekwise"}
    absent = [
        module
        for module, distributions in packages_distributions().items()
        if not served & {_name(name) for name in distributions}
    ]
    assert {"ibis", "kedro", "prefect"} <= set(absent)

    done = subprocess.run(
        [sys.executable, "-c", STARTED, *absent],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def _name(distribution: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
