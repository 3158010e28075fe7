from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from weekwise.hooks.initialization import ENVIRONMENT, initialize

PROJECT = Path(__file__).parents[3]


def test_nothing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the user says otherwise no library reports usage."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)

    initialize()

    assert {name: os.environ[name] for name in ENVIRONMENT} == ENVIRONMENT
    for name in ENVIRONMENT:
        # monkeypatch puts back what it has been told of only.
        monkeypatch.setenv(name, os.environ[name])


def test_the_user_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set already stays as it is."""
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "true")
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "DEBUG")

    initialize()

    assert os.environ["GX_ANALYTICS_ENABLED"] == "true"
    assert os.environ["MLFLOW_LOGGING_LEVEL"] == "DEBUG"


def test_kedro_mlflow_is_imported_without_its_warning() -> None:
    """In a process that Kedro started nobody hears of kedro-mlflow's missing type hints."""
    code = "import kedro.framework.project, weekwise.hooks.initialization as s; s.initialize()"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )

    assert "type hint" not in done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr


def test_a_folder_of_the_project_logs_as_its_root() -> None:
    """In a sub-folder the project's logging holds, for the process and for those it starts."""
    code = (
        "import os, logging, kedro.framework.project, weekwise.hooks.initialization as s\n"
        "s.initialize()\n"
        "print(logging.getLogger('kedro').level, os.environ['KEDRO_LOGGING_CONFIG'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=PROJECT / "docs",
        env={name: value for name, value in os.environ.items() if name != "KEDRO_LOGGING_CONFIG"},
    )

    level, file = done.stdout.splitlines()[-1].split(maxsplit=1)
    assert int(level) == logging.WARNING
    assert file == str(PROJECT / "conf" / "logging.yml")
