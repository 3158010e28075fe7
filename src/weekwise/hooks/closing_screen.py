"""The one screen a weekly run ends with."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from weekwise.hooks.lost_weeks import REPORT
from weekwise.paths import DataFolder
from weekwise.wording import counted

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from weekwise.analysis.performance import WeekScore
    from weekwise.quality.gate_result import GateResult
    from weekwise.reports.weekly.weekly_report import Figures, WeeklyReport
    from weekwise.tasks.base import Task

COLORS = {"OK": "green", "WARN": "yellow", "ACT": "red"}
ADVICE, WRITTEN, NEXT = "To do", "Written", "Next"

_Line = tuple[str, str]
"""A file's name and path, or a command and its meaning."""


class ClosingScreenHook:
    """Shows what a complete run found, where its files are, and what to type next."""

    def __init__(self) -> None:
        self._folder = Path()
        self._environment: str | None = None
        self._start = time.monotonic()

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Note when the run began, and where its files go."""
        self._start = time.monotonic()
        self._folder = context.project_path / context.config_loader["globals"]["data"]
        self._environment = context.env

    @hook_impl(trylast=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Show the screen, if the run made a weekly report."""
        if REPORT not in pipeline.all_outputs():
            return
        from rich.console import Console

        report = catalog.load(REPORT)
        seconds = time.monotonic() - self._start
        Console().print(screen(report, self._folder, seconds, self._environment))


def screen(
    report: WeeklyReport, folder: Path, seconds: float, environment: str | None = None
) -> RenderableType:
    """A weekly report on one screen.

    Args:
        report: The weekly report.
        folder: The environment's data folder.
        seconds: How long the run took.
        environment: Kedro's environment, if it is not the default.
    """
    from rich.console import Group
    from rich.markup import escape
    from rich.panel import Panel

    color = COLORS[report.status]
    return Group(
        "",
        Panel(
            Group(f"[bold {color}]{escape(report.headline)}[/]\n", _figures(report.figures)),
            title=f"[bold {color}]{report.status}",
            title_align="left",
            subtitle=f"as of {report.as_of}, {seconds:.0f} s",
            border_style=color,
            padding=(1, 2),
        ),
        _advice(report.next_steps),
        _listing(_files(DataFolder(folder), report.as_of), _commands(environment)),
    )


def _figures(figures: Figures) -> Table:
    data = figures.data
    left_out = {**data.left_out, "duplicates": data.duplicates_dropped}
    grid = _grid()
    grid.add_row("as of", figures.period)
    _add(grid, "rows in", ", ".join(f"{t} {n:,}" for t, n in data.rows_in.items()))
    _add(
        grid,
        "rows out",
        f"{data.history_rows:,} history, {data.upcoming_rows:,} upcoming; left out: "
        + ", ".join(f"{rows:,} {reason}" for reason, rows in left_out.items()),
    )
    for result in data.gate:
        _add(grid, f"gate {result.table}", _gate(result))
    _add(grid, "verdict", figures.model.verdict.headline)
    grid.add_row("predicted", _predicted(figures))
    grid.add_row("last week", _last_week(figures.performance.last, figures.task))
    return grid


def _gate(result: GateResult) -> str:
    parts = [f"{result.rows:,} rows"]
    if result.quarantined_rows:
        parts.append(f"{result.quarantined_rows:,} in quarantine")
    if result.warnings:
        parts.append(counted(len(result.warnings), "warning", "warnings"))
    return ", ".join(parts) if len(parts) > 1 else f"{parts[0]}, all as the contract says"


def _predicted(figures: Figures) -> str:
    predictions, task = figures.predictions, figures.task
    if not predictions.rows:
        return figures.model.no_model or "no upcoming rows"
    return (
        f"{predictions.rows:,} rows by version {predictions.model_version}: "
        f"{task.words.mean_prediction.lower()} {task.show(predictions.mean)}. {predictions.summary}"
    )


def _last_week(week: WeekScore | None, task: Task) -> str:
    if week is None:
        return "no outcomes to compare with yet"
    if week.loss is None:
        return f"week of {week.as_of}: no outcomes yet"
    expected = week.expected_loss
    against = "" if expected is None else f", expected {expected:.4f}"
    return (
        f"week of {week.as_of}: {task.words.loss} {week.loss:.4f}{against} "
        f"on {week.rows_with_outcome:,} of {week.rows:,} predictions"
    )


def _advice(steps: Sequence[str]) -> Table:
    grid = _grid()
    for number, step in enumerate(steps):
        _add(grid, f"{'' if number else ADVICE:<{len(WRITTEN)}}", step)
    return grid


def _listing(files: Sequence[_Line], commands: Sequence[_Line]) -> Table:
    """Files and commands in one grid, so that they stand in line at any width."""
    grid = _grid()
    grid.add_column(overflow="fold")
    for title, lines in ((WRITTEN, files), (NEXT, commands)):
        for number, (name, meaning) in enumerate(lines):
            _add(grid, "" if number else title, name, meaning)
    return grid


def _files(data: DataFolder, as_of: date) -> list[_Line]:
    week = data.week(as_of)
    places = [
        ("weekly report", week.weekly_page),
        ("exploration", week.exploration_page),
        ("model card", week.model_card),
        ("predictions", data.predictions(as_of)),
        ("Data Docs", data.data_docs),
    ]
    return [(name, _short(path)) for name, path in places if path.exists()]


def _short(path: Path) -> str:
    """A path as a person in this folder would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _commands(environment: str | None) -> list[_Line]:
    option = f" --env {environment}" if environment is not None else ""
    variable = f" ENV={environment}" if environment is not None else ""
    return [
        (f"kedro run{option}", "the week after"),
        (f"kedro model list{option}", "the registry: champion, challenger, verdicts"),
        (f"make mlflow{variable}", "runs and models in MLflow"),
        (f"make viz{variable}", "the pipelines, drawn"),
    ]


def _add(grid: Table, *cells: str) -> None:
    """Add a row of words that are not the screen's own, in which brackets are just brackets."""
    from rich.markup import escape

    grid.add_row(*(escape(cell) for cell in cells))


def _grid() -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid
