from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from kedro.framework import session as kedro_session
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset

import parcels
from weekwise.cli import contract as module
from weekwise.cli.contract import contract
from weekwise.configuration import EnvironmentConfigLoader
from weekwise.errors import FeedError

CONTRACTS = Path("conf") / "local" / "contracts"


class Project:
    """A project folder with the contract of parcels, and a catalog in place of a session's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = DataCatalog({})
        (folder / CONTRACTS).mkdir(parents=True)
        (folder / "conf" / "base").mkdir()
        self.write("parcels", parcels.contract().model_dump(mode="json", exclude_none=True))

    def write(self, table: str, plain: Any) -> None:
        """Put a contract where the command looks."""
        path = self.folder / CONTRACTS / f"{table}.yml"
        path.write_text(yaml.safe_dump(plain), encoding="utf-8")

    def invoke(self, *words: str) -> Result:
        """Run `kedro contract` with some words."""
        return CliRunner().invoke(
            contract, list(words), obj=SimpleNamespace(project_path=self.folder)
        )


class Session:
    """What `--data` asks of a Kedro session."""

    def __init__(self, catalog: DataCatalog) -> None:
        self.catalog = catalog

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def load_context(self) -> Session:
        """Itself: the catalog is all that is wanted of a context."""
        return self


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project with one contract."""
    made = Project(tmp_path)
    settings = SimpleNamespace(
        CONFIG_LOADER_CLASS=EnvironmentConfigLoader,
        CONFIG_LOADER_ARGS={"base_env": "base", "default_run_env": "local"},
        CONF_SOURCE="conf",
    )
    monkeypatch.setattr(module, "settings", settings)
    monkeypatch.setattr("kedro.framework.project.settings", settings)
    create = SimpleNamespace(create=lambda *_, **__: Session(made.catalog))
    monkeypatch.setattr(kedro_session, "KedroSession", create)
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    logging.captureWarnings(False)
    yield made
    shutil.rmtree(tmp_path)


def test_show_prints_a_table_a_person_reads(project: Project) -> None:
    """Every column is there with its type, limits and meaning."""
    result = project.invoke("show", "parcels")
    assert result.exit_code == 0, result.output
    row = next(line for line in result.output.splitlines() if "weight" in line)
    for words in ("number", "feature", "up to 50%", "0 to 100 kg", "quarantine", "Without the box"):
        assert words in row
    assert "Target: late (binary)" in result.output
    assert all(name in result.output for name in parcels.COLUMNS)


def test_show_of_an_unknown_table_suggests_one(project: Project) -> None:
    """A typing mistake gets a suggestion, a missing contract a list; neither is a traceback."""
    result = project.invoke("show", "parcel")
    assert result.exit_code == 1
    assert result.output == "Error: there is no contract parcel; did you mean parcels?\n"
    assert "the contracts are parcels" in project.invoke("show", "zzz").output


def test_check_says_that_every_contract_is_right(project: Project) -> None:
    """One line a contract."""
    result = project.invoke("check")
    assert (result.exit_code, result.output) == (0, "parcels: 10 columns, 40 expectations, ok\n")


def test_check_finds_a_wrong_contract(project: Project) -> None:
    """A fault in a file is reported with file and column."""
    project.write("boxes", {"title": "Boxes", "columns": {"a": {"type": "text"}}})
    result = project.invoke("check")
    assert result.exit_code == 1
    assert "boxes.yml: column a: type: Input should be" in result.output


def test_check_finds_an_unknown_expectation(project: Project) -> None:
    """Great Expectations is asked for every expectation."""
    checks = [{"expectation": "expect_column_to_exit", "arguments": {}}]
    wrong = parcels.contract(expectations=checks).model_dump(mode="json", exclude_none=True)
    project.write("parcels", wrong)
    result = project.invoke("check")
    assert result.exit_code == 1
    assert "did you mean expect_column_to_exist?" in result.output


def test_check_without_contracts_says_how_to_start(project: Project) -> None:
    """An empty folder is no success."""
    (project.folder / CONTRACTS / "parcels.yml").unlink()
    result = project.invoke("check")
    assert result.exit_code == 1
    assert "the environment has no contracts; write one to" in result.output


def test_check_of_another_environment_takes_its_contracts(project: Project) -> None:
    """`--env` reads the contracts of that environment, and of no other."""
    folder = project.folder / "conf" / "other" / "contracts"
    folder.mkdir(parents=True)
    (folder / "parcels.yml").write_text("title: [", encoding="utf-8")
    assert project.invoke("check").exit_code == 0
    assert project.invoke("check", "--env", "other").exit_code == 1


def test_check_of_good_data_says_so(project: Project) -> None:
    """The summary shows each table with its result."""
    project.catalog["parcels"] = MemoryDataset(parcels.frame())
    result = project.invoke("check", "--data")
    assert result.exit_code == 0, result.output
    row = next(line for line in result.output.splitlines() if line.startswith("│ parcels"))
    assert [cell.strip() for cell in row.split("│")[1:6]] == ["parcels", "ok", "10", "40", "0"]


@pytest.mark.parametrize(
    ("column", "value", "exit_code"), [("weight", -1.0, 0), ("pieces", 0, 0), ("number", -1, 1)]
)
def test_check_of_bad_data_fails_if_it_would_stop_a_run(
    project: Project, column: str, value: Any, exit_code: int
) -> None:
    """Quarantine and warnings are reported; only a stop is a failure."""
    project.catalog["parcels"] = MemoryDataset(parcels.changed(column, {3: value}))
    result = project.invoke("check", "--data")
    assert result.exit_code == exit_code
    assert f"{column}: expected" in result.output
    assert "Traceback" not in result.output


class Failing(AbstractDataset[None, None]):
    """A dataset that is there and cannot be loaded."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def load(self) -> None:
        """Fail."""
        raise self._error

    def save(self, data: None) -> None:
        """Nothing."""

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    ("dataset", "words", "exit_code"),
    [
        (None, "not in the catalog", 0),
        (MemoryDataset(), "not there yet", 0),
        (Failing(FeedError("no feed today")), "parcels: no feed today\n", 1),
        (Failing(OSError("the disk is gone")), "parcels: the disk is gone\n", 1),
    ],
)
def test_check_of_data_that_cannot_be_had_says_why(
    project: Project, dataset: Any, words: str, exit_code: int
) -> None:
    """A table that is not there yet is no failure; one that cannot be read is."""
    if dataset is not None:
        project.catalog["parcels"] = dataset
    result = project.invoke("check", "--data")
    assert words in result.output
    assert result.exit_code == exit_code
