from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import yaml
from click.testing import CliRunner, Result
from kedro import KedroDeprecationWarning
from kedro.framework.cli import project as kedro_project
from kedro.framework.session import KedroSession
from kedro.io import DatasetError
from kedro.pipeline import Pipeline

from weekwise.cli import run as module
from weekwise.configuration import EnvironmentConfigLoader
from weekwise.errors import DataGateError
from weekwise.reports.wrangling_summary import WranglingSummary

CALENDAR = {
    "start": "2013-01-01",
    "end": "2013-12-31",
    "first_as_of": "2013-07-01",
    "step_days": 7,
    "min_history_days": 56,
}
ALONE = ("--pipeline", "model_training")
WRANGLING = ("--pipelines", "data_wrangling,model_training")


class Session(KedroSession):
    """A session that notes what it is asked for, and fails where a test asks for it."""

    asked: ClassVar[list[dict[str, Any]]] = []
    fails: ClassVar[Exception | None] = None

    def __init__(self, **asked: Any) -> None:
        self.about = asked

    @classmethod
    def create(cls, *_: Any, **asked: Any) -> Session:
        """A session of these options."""
        return cls(**asked)

    def __exit__(self, *_: object) -> None:
        """Leave."""

    def run(self, **asked: Any) -> dict[str, Any]:  # type: ignore[override]
        """Note what would be run."""
        if self.fails is not None:
            raise self.fails
        self.asked.append({**self.about, **asked})
        return {}


class NoPipelines(dict[str, Pipeline]):
    """Kedro's pipelines, which are none in every environment."""

    def configure(self, _: str) -> None:
        """Stay as they are."""


class Project:
    """A project of an empty store, and Kedro's own command over a session that only takes notes."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        for env, content in (
            ("base", {"data": "data", "calendar": CALENDAR}),
            ("short", {"calendar": {"end": "2013-07-31"}}),
            ("local", {}),
        ):
            path = folder / "conf" / env / "globals.yml"
            path.parent.mkdir(parents=True)
            path.write_text(yaml.safe_dump(content), encoding="utf-8")

    def complete(self, week: str) -> None:
        """Leave a complete week behind."""
        folder = self.data / "08_reporting" / week
        folder.mkdir(parents=True)
        (folder / "weekly_report.json").write_text("{}")

    def build_features(self, as_of: str) -> None:
        """Leave features behind, and what says of which date they are."""
        path = self.data / "04_feature" / "wrangling_summary.json"
        path.parent.mkdir(parents=True)
        summary = WranglingSummary(
            as_of=date.fromisoformat(as_of),
            rows_in={},
            duplicates_dropped=0,
            left_out={},
            history_rows=0,
            upcoming_rows=0,
            history_start=None,
            history_end=None,
            upcoming_end=None,
            data_hash="",
        )
        path.write_text(summary.model_dump_json())

    def files(self) -> list[Path]:
        """All that lies in the data folder."""
        return sorted(self.data.rglob("*"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in the present folder."""
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    monkeypatch.setattr(Session, "asked", [])
    monkeypatch.setattr(Session, "fails", None)
    arguments = {
        "base_env": "base",
        "default_run_env": "local",
        "merge_strategy": {"globals": "soft"},
    }
    settings = SimpleNamespace(
        CONFIG_LOADER_CLASS=EnvironmentConfigLoader,
        CONFIG_LOADER_ARGS=arguments,
        CONF_SOURCE="conf",
    )
    monkeypatch.setattr(module, "check_parts", lambda _: None)
    monkeypatch.setattr(module, "settings", settings)
    monkeypatch.setattr("kedro.framework.project.settings", settings)
    monkeypatch.setattr("kedro.framework.project.pipelines", NoPipelines(__default__=Pipeline([])))
    monkeypatch.setattr(kedro_project, "settings", SimpleNamespace(SESSION_CLASS=Session))
    return made


def invoke(*words: str) -> Result:
    """Type `kedro run` and some words."""
    return CliRunner().invoke(module.run, words, catch_exceptions=False)


def as_of(*words: str) -> str:
    """The date that a run is for."""
    assert invoke(*words).exit_code == 0
    date: str = Session.asked[-1]["runtime_params"]["as_of"]
    return date


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "2013-07-15"),
        (WRANGLING, "2013-07-15"),
        (("--pipeline", "data_wrangling"), "2013-07-15"),
        (ALONE, "2013-07-01"),
        (("--pipelines", "model_training,data_prediction"), "2013-07-01"),
        (("--pipelines", "__default__"), "2013-07-15"),
        (("--from-nodes", "fit_challenger"), "2013-07-01"),
        (("--tags", "figures"), "2013-07-01"),
        (("--params", "as_of=2013-03-04"), "2013-03-04"),
        ((*ALONE, "--params", "as_of=2013-03-04"), "2013-03-04"),
        (("--params", "training.holdout_days=7"), "2013-07-15"),
        (("--params", "training.holdout_days=7,as_of=2013-12-31"), "2013-12-31"),
    ],
)
def test_the_date_of_a_run(words: tuple[str, ...], expected: str, project: Project) -> None:
    """A date given counts; else wrangling goes on a week, and later pipelines stay at the features.

    The weeks up to 8 July are complete, and the features have been built anew for 1 July.
    """
    for week in ("2013-07-01", "2013-07-08"):
        project.complete(week)
    project.build_features("2013-07-01")

    assert as_of(*words) == expected


def test_from_a_folder_inside_the_project(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run takes the project's own data folder, from wherever inside the project it is typed."""
    (tmp_path / "pyproject.toml").write_text("[tool.kedro]\n", "utf-8")
    project.complete("2013-07-01")
    inside = tmp_path / "notebooks" / "deeper"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)

    assert as_of() == "2013-07-08"
    assert list(inside.iterdir()) == []


@pytest.mark.usefixtures("project")
def test_the_first_run() -> None:
    """An empty store begins at the configured week."""
    assert as_of() == "2013-07-01"


@pytest.mark.usefixtures("project")
def test_wrong_settings_are_said_before_anything_is_opened(tmp_path: Path) -> None:
    """A wrong calendar is lines with its places, and no session is made."""
    calendar = {**CALENDAR, "step_days": 0, "ends": "2014-01-01"}
    path = tmp_path / "conf" / "local" / "globals.yml"
    path.write_text(yaml.safe_dump({"calendar": calendar}), "utf-8")

    result = invoke()

    assert result.exit_code == 1
    assert "globals.yml: calendar.step_days: Input should be greater" in result.output
    assert (
        "globals.yml: calendar.ends: there is no such setting; did you mean end?" in result.output
    )
    assert Session.asked == []


@pytest.mark.usefixtures("project")
def test_other_parameters_are_passed_on() -> None:
    """What else is set with --params reaches the session beside the date."""
    invoke("--params", "training.holdout_days=7")

    assert Session.asked[0]["runtime_params"] == {
        "training": {"holdout_days": 7},
        "as_of": "2013-07-01",
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), []),
        (ALONE, ["model_training"]),
        (("--pipelines", "model_training"), ["model_training"]),
    ],
)
def test_pipelines(words: tuple[str, ...], expected: list[str], project: Project) -> None:
    """`--pipeline` runs the pipeline it names, without Kedro's warning that it is deprecated."""
    project.build_features("2013-07-01")

    assert invoke(*words).exit_code == 0

    assert Session.asked[0]["pipeline_names"] == expected


@pytest.mark.usefixtures("project")
def test_kedro_itself_warns_of_the_pipeline_option() -> None:
    """Kedro's own command warns of `--pipeline`, which is why ours does not pass it on."""
    with pytest.warns(KedroDeprecationWarning, match="'--pipeline' is deprecated"):
        CliRunner().invoke(kedro_project.run, ALONE, catch_exceptions=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--params", "as_of=2013-13-01"), "as_of '2013-13-01' is not a date; write it as"),
        (("--params", "as_of=tomorrow"), "as_of 'tomorrow' is not a date; write it as"),
        (("--params", "as_of="), "as_of 'None' is not a date; write it as"),
        (("--params", "as_of=2013-01-02"), "as_of 2013-01-02 is outside the data; choose"),
        (("--params", "as_of=2014-01-01"), "as_of 2014-01-01 is outside the data; choose"),
        (ALONE, "there are no features yet; run: kedro run --pipeline data_wrangling"),
    ],
)
def test_a_date_that_cannot_be_run(words: tuple[str, ...], message: str, project: Project) -> None:
    """A wrong date is one line and exit status 1, before any session begins."""
    result = invoke(*words)

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {message}")
    assert result.output.count("\n") == 1
    assert Session.asked == []
    assert project.files() == []


@pytest.mark.parametrize("built", [False, True], ids=["on a fresh folder", "after a week"])
def test_a_pipeline_that_does_not_exist(built: bool, project: Project) -> None:
    """A wrong name is one line with the names there are, whatever the data folder holds."""
    if built:
        project.build_features("2013-07-01")

    result = invoke("--pipeline", "nothing")

    assert result.exit_code == 1
    assert result.output == (
        "Error: there is no pipeline nothing; the pipelines are data_wrangling, "
        "exploratory_data_analysis, model_training, data_prediction, model_monitoring\n"
    )
    assert Session.asked == []


def test_past_the_end(project: Project) -> None:
    """Once every week is done a bare run says so, changes nothing and is no failure."""
    project.complete("2013-12-30")
    before = project.files()

    result = invoke()

    assert result.exit_code == 0
    assert result.output.startswith("Nothing to run: the data ends on 2013-12-31")
    assert "kedro run --params as_of=YYYY-MM-DD" in result.output
    assert Session.asked == []
    assert project.files() == before


def test_an_old_week_past_the_end(project: Project) -> None:
    """Once every week is done each of them can still be run again."""
    project.complete("2013-12-30")

    assert as_of("--params", "as_of=2013-08-05") == "2013-08-05"


@pytest.mark.parametrize("how", ["option", "variable"])
def test_an_environments_own_calendar(
    how: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The date is looked up in the calendar of the run's environment, however it is named."""
    project.complete("2013-07-29")
    if how == "variable":
        monkeypatch.setenv("KEDRO_ENV", "short")

    result = invoke(*(("--env", "short") if how == "option" else ()))

    assert result.output.startswith("Nothing to run: the data ends on 2013-07-31")


def test_a_failure_inside_the_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops a run deep inside Kedro is the message alone, and exit status 1."""
    error = DatasetError("Failed while loading data from dataset flights")
    error.__cause__ = DataGateError("flights: expected 19 columns, got 18; fix the feed")
    monkeypatch.setattr(Session, "fails", error)

    result = invoke()

    assert result.exit_code == 1
    assert result.output == "Error: flights: expected 19 columns, got 18; fix the feed\n"
    assert project.files() == []


@pytest.mark.usefixtures("project")
def test_a_bug_inside_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no user can fix keeps its traceback."""
    monkeypatch.setattr(Session, "fails", ZeroDivisionError("a bug"))

    with pytest.raises(ZeroDivisionError):
        invoke()


def test_help_tells_of_the_date() -> None:
    """`kedro run --help` is Kedro's own, and says how the date is chosen."""
    text = invoke("--help").output

    assert "--params as_of=YYYY-MM-DD" in text
    assert "the week after the last complete one" in text
    assert "--pipelines" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[tool]\nx = 1\n", "the file cannot be used"),
        ("other: {}\n", "the file cannot be used"),
        ("run: 5\n", "the file cannot be used"),
        ("- run\n", "the file cannot be used"),
        ("", "the file cannot be used"),
    ],
    ids=["no YAML", "no run", "no options", "list", "empty"],
)
@pytest.mark.usefixtures("project")
def test_a_file_of_options_that_cannot_be_used(tmp_path: Path, content: str, words: str) -> None:
    """`--config` of such a file is one line that says what it is to hold."""
    file = tmp_path / "options.yml"
    file.write_text(content, "utf-8")

    result = invoke("--config", str(file))

    assert result.exit_code == 2
    assert words in result.output
    assert "pipelines: model_training" in " ".join(result.output.split())


@pytest.mark.usefixtures("project")
def test_a_version_that_is_none() -> None:
    """What Kedro says of `--load-versions` is shown, not lost."""
    result = invoke("--load-versions", "features")

    assert result.exit_code == 2
    assert "dataset_name:YYYY-MM-DD" in result.output
