from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kedro.framework.startup import bootstrap_project

from weekwise.cli.weekly import weekly

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the project uses."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "ERROR")
    bootstrap_project(PROJECT)
    return tmp_path


def call(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(weekly, [*words, "--env", "test"])


def test_explain_shows_every_node_and_runs_nothing(data: Path) -> None:
    """Each node stands under its stage, with its retries, time limit and whether it waits."""
    from weekwise.pipeline_registry import register_pipelines

    result = call("explain")
    assert result.exit_code == 0, result.output
    assert all(
        node.short_name in result.output for node in register_pipelines()["__default__"].nodes
    )
    assert "Exploratory Data Analysis" in result.output
    line = next(each for each in result.output.splitlines() if "fit_challenger" in each)
    assert line.split()[1:] == ["1", "7200", "s"]
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--as-of", "2014-05-05"], "Error: as_of 2014-05-05 is outside the data"),
        (["run", "--as-of", "monday"], "Error: as_of 'monday' is not a date"),
        (["run", "--retry"], "Error: no run of this environment has failed"),
        (["run", "--retry", "--as-of", "2013-01-15"], "leave out --as-of"),
        (["backfill", "--from", "2013-01-29", "--to", "2013-01-15"], "give the older date first"),
    ],
)
@pytest.mark.usefixtures("data")
def test_what_cannot_be_run_is_said_in_one_line(words: list[str], message: str) -> None:
    """Dates that cannot be run, and retries of nothing, end with a message and no traceback."""
    result = call(*words)
    assert result.exit_code != 0
    assert message in result.output.strip().splitlines()[-1]
    assert "Traceback" not in result.output
