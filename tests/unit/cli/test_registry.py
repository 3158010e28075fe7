from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from weekwise.cli.registry import registry

PROJECT = Path(__file__).parents[3]


def invoke(*words: str) -> str:
    """Type `kedro registry` and some words; gives the output of a success."""
    bootstrap_project(PROJECT)
    result = CliRunner().invoke(registry, words, obj=SimpleNamespace(project_path=PROJECT))
    assert result.exit_code == 0, result.output
    return result.output


def test_an_environment_has_pipelines_of_its_own() -> None:
    """`--env` shows the wrangling that the environment names."""
    assert "replay_flights" in invoke("describe", "data_wrangling", "--env", "flights")
    assert "data_wrangling" in invoke("list", "--env", "flights")


@pytest.mark.parametrize("command", ["list", "describe"])
def test_an_environment_that_is_not_there(command: str) -> None:
    """A wrong name is one line that names the choices."""
    bootstrap_project(PROJECT)
    result = CliRunner().invoke(
        registry, [command, "--env", "fligths"], obj=SimpleNamespace(project_path=PROJECT)
    )

    assert result.exit_code == 1
    assert result.output == (
        "Error: there is no environment fligths; choose one of: flights, spark, test\n"
    )
