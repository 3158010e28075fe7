from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from rich.console import Console

from report_parts import gate_result
from weekly_figures import week_figures, week_score
from weekwise.analysis.performance import ExpectedPerformance, WeekScore
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.contract.type_facts import TaskName
from weekwise.hooks.closing_screen import ClosingScreenHook, screen
from weekwise.model.verdict import Decision
from weekwise.quality.gate_result import GateResult
from weekwise.reports.finding import Status
from weekwise.reports.weekly.weekly_report import (
    ModelFigures,
    RealizedPerformance,
    VerdictFigures,
    WeeklyReport,
)

WEEK = week_score(
    date(2013, 7, 1),
    model_version="1",
    rows=6192,
    rows_with_outcome=5981,
    expected_loss=0.5657,
    loss=0.5445,
)
STEPS = (
    "look at the report's worst slices and drift; roll back with: kedro model rollback --why '...'",
    "if dest [/XXX] is meant, add it to the contract's values",
)


def a_report(
    status: Status = Status.OK, steps: tuple[str, ...] = (), **figures: Any
) -> WeeklyReport:
    """A weekly report, with some of its figures changed."""
    as_of = date(2013, 7, 8)
    usual = week_figures(
        as_of,
        performance=RealizedPerformance(weeks=(WEEK,)),
        predictions=UpcomingPredictions(
            rows=6759,
            model_version="2",
            mean=0.2584,
            summary="729 of 6,759 rows (10.8%) are at or over the threshold of 0.5.",
        ),
        model=ModelFigures(
            task=TaskName.BINARY,
            verdict=VerdictFigures(
                decision=Decision.PROMOTED, headline="Version 2 replaces version 1."
            ),
            expected=ExpectedPerformance(),
        ),
    )
    data = usual.data.model_copy(
        update={
            "rows_in": {"flights": 179_109, "weather": 14_019},
            "duplicates_dropped": 3,
            "left_out": {"canceled": 5057, "diverted": 634},
            "history_rows": 166_659,
            "upcoming_rows": 6759,
            "gate": (gate_result("flights", 179_109),),
        }
    )
    return WeeklyReport(
        status=status,
        headline=f"{status}: the predictions of 1 July held up (skill 13.8%, expected 17.0%)",
        as_of=as_of,
        next_steps=steps,
        findings=(),
        drifted=False,
        worse=False,
        figures=usual.model_copy(update={"data": data, **figures}),
    )


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in the present folder, with every file that a run leaves for people."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "08_reporting/2013-07-08/weekly_report.html",
        "08_reporting/2013-07-08/exploration.html",
        "08_reporting/2013-07-08/model_card.md",
        "07_model_output/predictions/2013-07-08.parquet",
        "08_reporting/gx/uncommitted/data_docs/local_site/index.html",
    ):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "data"


def shown(
    report: WeeklyReport, folder: Path, width: int = 100, environment: str | None = None
) -> str:
    """The screen as text, on a terminal of some width."""
    console = Console(width=width, file=StringIO(), record=True)
    console.print(screen(report, folder, 47.4, environment))
    return console.export_text()


def one_line(text: str) -> str:
    """A screen's words with no space, frame or line's end between them."""
    return re.sub(r"[\s│╭╮╰╯─]", "", text)


PARTS = [
    "OK: the predictions of 1 July held up (skill 13.8%, expected 17.0%)",
    "as of 2013-07-08, predicting up to 2013-07-15",
    "rows in flights 179,109, weather 14,019",
    "rows out 166,659 history, 6,759 upcoming;",
    "left out: 5,057 canceled, 634 diverted, 3 duplicates",
    "gate flights 179,109 rows, all as the contract says",
    "verdict Version 2 replaces version 1.",
    (
        "predicted 6,759 rows by version 2: mean probability 25.8%. 729 of 6,759 rows (10.8%) are "
        "at or over the threshold of 0.5."
    ),
    "last week week of 2013-07-01: log loss 0.5445, expected 0.5657 on 5,981 of 6,192 predictions",
    "as of 2013-07-08, 47 s",
    "To do look at the report's worst slices and drift; roll back with: kedro model rollback",
    "if dest [/XXX] is meant, add it to the contract's values",
    "Written weekly report data/08_reporting/2013-07-08/weekly_report.html",
    "exploration data/08_reporting/2013-07-08/exploration.html",
    "model card data/08_reporting/2013-07-08/model_card.md",
    "predictions data/07_model_output/predictions/2013-07-08.parquet",
    "Data Docs data/08_reporting/gx/uncommitted/data_docs/local_site/index.html",
    "Next kedro run the week after",
    "kedro model list the registry: champion, challenger, verdicts",
    "make mlflow runs and models in MLflow",
    "make viz the pipelines, drawn",
]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_every_part_is_there_whole(width: int, data: Path) -> None:
    """Status, rows, verdict, predictions, files and commands are shown, and nothing is cut."""
    text = shown(a_report(steps=STEPS), data, width)

    words = one_line(text)
    assert [part for part in PARTS if one_line(part) not in words] == []
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("environment", [None, "test"])
def test_files_and_commands_stand_in_line(width: int, environment: str | None, data: Path) -> None:
    """What stands in the second and third column begins at the same place in every line."""
    lines = shown(a_report(), data, width, environment).splitlines()

    pairs = [
        ("weekly report", "data/08_reporting/2013-07-08/"),
        ("predictions ", "data/07_model_output/"),
        ("kedro run", "the week after"),
        ("kedro model list", "the registry"),
        ("make viz", "the pipelines"),
    ]
    places = {
        (line.index(name), line.index(meaning))
        for name, meaning in pairs
        for line in lines
        if name in line and meaning in line
    }
    assert len(places) == 1


def test_the_order_of_reading(data: Path) -> None:
    """First the status, then what to do about it, then files, then the next command."""
    text = shown(a_report(steps=STEPS), data)

    places = [text.index(word) for word in ("OK: the", "To do", "Written", "Next")]
    assert places == sorted(places)


def test_nothing_to_do(data: Path) -> None:
    """A quiet week has no empty list of things to do, and no gap where it would be."""
    text = shown(a_report(), data)

    assert "To do" not in text
    frame_end = next(n for n, line in enumerate(text.splitlines()) if line.startswith("╰"))
    assert text.splitlines()[frame_end + 1].startswith("Written")


@pytest.mark.parametrize(
    ("status", "color"), [(Status.OK, "green"), (Status.WARN, "yellow"), (Status.ACT, "red")]
)
def test_the_status_has_its_color(status: Status, color: str, data: Path) -> None:
    """The status and the headline are words first, in the color of their gravity."""
    console = Console(width=100, file=StringIO(), color_system="standard", force_terminal=True)

    segments = list(console.render(screen(a_report(status), data, 47.4)))

    for word in (status.value, f"{status}: the predictions"):
        styles = [segment.style for segment in segments if segment.text.strip().startswith(word)]
        assert styles
        assert all(
            style and style.color and style.color.name == color and style.bold for style in styles
        )


def test_words_that_look_like_markup(data: Path) -> None:
    """Brackets in what the screen quotes are shown as they are."""
    report = a_report(steps=("expected [red], got [/] in [late]",))
    report = report.model_copy(
        update={"headline": "WARN: flights, dest: expected [bold]airports[/bold]"}
    )

    words = one_line(shown(report, data))

    assert one_line("expected [red], got [/] in [late]") in words
    assert one_line(report.headline) in words


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (gate_result(rows=14_020, quarantined=1), "14,020 rows, 1 in quarantine"),
        (gate_result(rows=9, failures=2), "9 rows, 2 warnings"),
        (
            gate_result(rows=9, quarantined=2, failures=1),
            "9 rows, 2 in quarantine, 1 warning",
        ),
    ],
)
def test_what_the_gate_found(result: GateResult, expected: str, data: Path) -> None:
    """Rows in quarantine and warnings are counted, table by table."""
    figures = a_report().figures.data.model_copy(update={"gate": (result,)})

    line = next(
        line for line in shown(a_report(data=figures), data).splitlines() if "gate weather" in line
    )

    assert line.strip("│ ").endswith(f"  {expected}")
    assert "all as the contract says" not in line


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ((), "no outcomes to compare with yet"),
        (
            (WEEK, WEEK.model_copy(update={"as_of": date(2013, 7, 2), "loss": None})),
            "week of 2013-07-02: no outcomes yet",
        ),
        (
            (WEEK.model_copy(update={"expected_loss": None}),),
            "week of 2013-07-01: log loss 0.5445 on 5,981 of 6,192 predictions",
        ),
    ],
    ids=["first week", "no outcomes", "no expected"],
)
def test_the_last_week(weeks: tuple[WeekScore, ...], expected: str, data: Path) -> None:
    """What cannot be said of the last week is not said, and the screen says why."""
    text = shown(a_report(performance=RealizedPerformance(weeks=weeks)), data, 120)

    assert one_line(f"last week {expected}") in one_line(text)


def test_nothing_predicted(data: Path) -> None:
    """Without upcoming rows there is no mean to show."""
    assert "no upcoming rows" in shown(a_report(predictions=UpcomingPredictions(rows=0)), data)


def test_only_files_that_are_there(data: Path) -> None:
    """A file that the run did not make is not named."""
    (data / "08_reporting/2013-07-08/model_card.md").unlink()

    text = shown(a_report(), data)

    assert "model card" not in text
    assert "exploration.html" in text


def test_files_elsewhere_have_their_whole_path(
    data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside the present folder a path is given from the root on."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    text = shown(a_report(), data, 200)

    assert str(data / "08_reporting/2013-07-08/weekly_report.html") in text


@pytest.mark.parametrize(
    ("environment", "command"),
    [(None, "kedro run "), ("test", "kedro run --env test ")],
)
def test_commands_name_the_environment(environment: str | None, command: str, data: Path) -> None:
    """What to type next is for the environment of this run."""
    text = shown(a_report(), data, environment=environment)

    assert f"Next     {command}" in text
    assert ("--env" in text) is (environment == "test")


@pytest.fixture
def hook(data: Path) -> ClosingScreenHook:
    """The hook, as it is once a session has made its context."""
    made = ClosingScreenHook()
    context: Any = SimpleNamespace(
        project_path=data.parent, config_loader={"globals": {"data": "data"}}, env="test"
    )
    made.after_context_created(context)
    return made


@pytest.mark.parametrize(("output", "seen"), [("weekly_report", True), ("evaluation", False)])
def test_only_a_run_with_a_report_has_a_screen(
    output: str,
    seen: bool,
    hook: ClosingScreenHook,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run of some pipelines alone ends as Kedro ends it."""
    monkeypatch.setenv("COLUMNS", "100")
    same: Callable[[Any], Any] = lambda data: data  # noqa: E731 - a node that is never run
    pipeline = Pipeline([Node(same, inputs="week", outputs=output, name="end")])
    catalog = DataCatalog({"weekly_report": MemoryDataset(a_report())})

    hook.after_pipeline_run(pipeline=pipeline, catalog=catalog)

    text = capsys.readouterr().out
    assert bool(text) is seen
    if seen:
        assert "data/08_reporting/2013-07-08/weekly_report.html" in text
        assert "kedro run --env test" in text
