"""Where files are: the folders and file names of one environment's data, each in one place."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from weekwise.files import clear_leftovers, is_whole, naming

DATA_VARIABLE = "WEEKWISE_DATA_DIR"
"""The variable that moves the folder that holds one data folder for each environment."""

ENVIRONMENT_VARIABLE = "KEDRO_ENV"
"""Kedro's own variable for the environment."""

REPORTING = "08_reporting"
WEEKLY_REPORT = "weekly_report.json"
WEEKLY_PAGE = "weekly_report.html"
WEEKLY_ARTIFACTS = "weekly_report"
"""The folder of both among the artifacts of an MLflow run."""

EXPLORATION_PAGE = "exploration.html"
MODEL_CARD = "model_card.md"
GATE = "gate"
GX = "gx"
DATA_DOCS_SITE = "local_site"
UNDATED = "undated"
"""The week's folder of a run that has no as-of date."""


@dataclass(frozen=True)
class WeekFolder:
    """What one run leaves for people and programs.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def weekly_report(self) -> Path:
        """The weekly report for programs; written last, so it marks a complete week."""
        return self.path / WEEKLY_REPORT

    @property
    def weekly_page(self) -> Path:
        """The weekly report for people."""
        return self.path / WEEKLY_PAGE

    @property
    def exploration_page(self) -> Path:
        """The exploration report."""
        return self.path / EXPLORATION_PAGE

    @property
    def model_card(self) -> Path:
        """The model card."""
        return self.path / MODEL_CARD

    @property
    def exploration(self) -> Path:
        """The exploration report for programs."""
        return self.path / "exploration.json"

    @property
    def selected_features(self) -> Path:
        """The features that the week's model was given, and why not the others."""
        return self.path / "selected_features.json"

    @property
    def evaluation(self) -> Path:
        """How good the challenger was on the holdout."""
        return self.path / "evaluation.json"

    @property
    def verdict(self) -> Path:
        """The promotion gate's decision."""
        return self.path / "verdict.json"

    @property
    def figures(self) -> Path:
        """The figures, one HTML file each."""
        return self.path / "figures"

    @property
    def gate(self) -> Path:
        """The data gate's results, one JSON file a table."""
        return self.path / GATE

    def gate_result(self, table: str) -> Path:
        """The data gate's result on one table."""
        return self.gate / f"{table}.json"


@dataclass(frozen=True)
class BacktestFolder:
    """What `kedro weekly backtest` leaves.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def page(self) -> Path:
        """The backtest for people."""
        return self.path / "backtest.html"

    @property
    def figures(self) -> Path:
        """The backtest for programs."""
        return self.path / "backtest.json"

    @property
    def weeks(self) -> Path:
        """The weeks that are judged already, so that one that was stopped can go on."""
        return self.path / "weeks.json"


@dataclass(frozen=True)
class DataFolder:
    """All that runs of one environment make.

    Attributes:
        path: The folder.
    """

    path: Path

    def week(self, as_of: date | str | None) -> WeekFolder:
        """The folder of one run.

        Args:
            as_of: The run's logical date, in ISO form if it is text; none for a run without one.
        """
        return WeekFolder(self.reporting / (str(as_of)[:10] if as_of else UNDATED))

    def reports(self) -> list[tuple[date, Path]]:
        """The weekly reports that are there, damaged ones too, each with its as-of date."""
        reports = self.reporting.glob(f"????-??-??/{WEEKLY_REPORT}")
        weeks = [(_date(report.parent.name), report) for report in reports]
        return sorted((week, report) for week, report in weeks if week is not None)

    def weeks(self) -> list[date]:
        """As-of dates of the complete runs, in order."""
        return [week for week, report in self.reports() if is_whole(report)]

    def last_week(self) -> date | None:
        """As-of date of the newest complete run, if there is one."""
        return max(self.weeks(), default=None)

    def predictions(self, as_of: date | str) -> Path:
        """The Parquet file of one week's predictions."""
        return self.path / "07_model_output" / "predictions" / f"{as_of}.parquet"

    @property
    def reporting(self) -> Path:
        """The data layer for reports."""
        return self.path / REPORTING

    @property
    def search(self) -> Path:
        """The leaderboard of the newest search."""
        return self.reporting / "search" / "search.json"

    @property
    def backtest(self) -> BacktestFolder:
        """The folder of the newest backtest."""
        return BacktestFolder(self.reporting / "backtest")

    @property
    def wrangling_summary(self) -> Path:
        """What data wrangling reports of itself."""
        return self.path / "04_feature" / "wrangling_summary.json"

    @property
    def store(self) -> Path:
        """The DuckDB file with all tables."""
        return self.path / "weekwise.duckdb"

    @property
    def mlflow(self) -> Path:
        """The embedded MLflow."""
        return self.path / "mlflow"

    @property
    def mlflow_database(self) -> Path:
        """The embedded MLflow's runs and registry."""
        return self.mlflow / "mlflow.db"

    @property
    def mlflow_lock(self) -> Path:
        """The lock that whoever makes or upgrades the embedded MLflow's database holds."""
        return self.mlflow / "setup.lock"

    @property
    def mlflow_artifacts(self) -> Path:
        """The embedded MLflow's artifacts."""
        return self.mlflow / "artifacts"

    def model_files(self, model_id: str) -> Path:
        """The folder in which the embedded MLflow keeps a logged model.

        Args:
            model_id: MLflow's id of it.
        """
        return self.mlflow_artifacts / "models" / model_id / "artifacts"

    @property
    def request_log(self) -> Path:
        """The rows that the service was asked about and its answers, by day."""
        return self.path / "requests"

    @property
    def shadow_scores(self) -> Path:
        """What a shadow predicted of live rows beside the champion, by day."""
        return self.path / "shadow"

    @property
    def orchestration(self) -> Path:
        """The weekly flow's locks and journal."""
        return self.path / "orchestration"

    @property
    def run_lock(self) -> Path:
        """The lock that a weekly run of this environment holds."""
        return self.orchestration / "run.lock"

    @property
    def serve_lock(self) -> Path:
        """The lock of the process that serves this environment's weekly deployment."""
        return self.orchestration / "serve.lock"

    @property
    def run_journal(self) -> Path:
        """How far the last weekly run got, as JSON."""
        return self.orchestration / "last_run.json"

    def checked_weeks(self, table: str) -> Path:
        """The weeks of a large table that the data gate need not look at again."""
        return self.reporting / "gate" / f"{table}.checked.json"

    @property
    def gx(self) -> Path:
        """Great Expectations' suites, results and Data Docs, in its own layout."""
        return self.reporting / GX

    @property
    def data_docs(self) -> Path:
        """The Data Docs' first page."""
        return self.gx / "uncommitted" / "data_docs" / DATA_DOCS_SITE / "index.html"

    def suite(self, table: str) -> Path:
        """A table's suite, as JSON."""
        return self.gx / "expectations" / f"{table}.json"


def default_environment(project: Path) -> str:
    """The environment that is meant where none is named.

    Args:
        project: The project's folder, whose `pyproject.toml` says it under `[tool.weekwise]`; an
            installed package without one falls back to the folder it was built from.

    Returns:
        Its name; empty if nobody says.
    """
    for folder in (project, Path(__file__).parents[2]):
        try:
            settings = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        except OSError:
            continue
        name = settings.get("tool", {}).get("weekwise", {}).get("environment")
        if name:
            return str(name)
    return ""


def environment_data(project: Path) -> Path:
    """The data folder of the environment that is meant, as `conf/base/globals.yml` makes it.

    Args:
        project: The project's folder.
    """
    name = os.environ.get(ENVIRONMENT_VARIABLE) or default_environment(project)
    return Path(os.environ.get(DATA_VARIABLE) or "data") / name


def replace_whole(path: Path, text: str) -> None:
    """Replace a text file as a whole, or not at all.

    If writing fails, the former file stays and nothing else is left behind. What a kill leaves
    behind goes the next time.

    Args:
        path: The file; its folder is made when needed.
        text: What it is to hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_leftovers(path)
    # It ends otherwise: whoever lists such files must not meet what a kill leaves behind.
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with naming(path, hidden):
            hidden.write_text(text, "utf-8")
            hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


def _date(folder: str) -> date | None:
    """The week a folder is named after, if it is named after one."""
    try:
        return date.fromisoformat(folder)
    except ValueError:
        return None
