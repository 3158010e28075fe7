from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from weekly_reports import weekly_report
from weekwise.errors import AsOfError, OrchestrationError
from weekwise.orchestration.flow import backfill
from weekwise.orchestration.flow.backfill import run_missing_weeks, weeks_between
from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project
from weekwise.reports.finding import Status

PROJECT = Path(__file__).parents[4]
WEEKS = [date(2013, 1, 15), date(2013, 1, 22), date(2013, 1, 29)]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectEnvironment:
    """The test environment, with an empty data folder."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path))
    return ProjectEnvironment.of(set_up_project(), "test")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The weeks that are run; each leaves its report and nothing else."""
    weeks: list[date] = []

    def run(environment: ProjectEnvironment, week: date) -> None:
        weeks.append(week)
        write_report(environment, week)

    monkeypatch.setattr(backfill, "_run_or_resume", run)
    monkeypatch.setattr(backfill, "_lost_weeks", lambda *_: set())
    return weeks


def write_report(environment: ProjectEnvironment, week: date, text: str | None = None) -> None:
    """Make a week complete."""
    path = environment.data.week(week).weekly_report
    path.parent.mkdir(parents=True)
    report = weekly_report(0, Status.OK).model_copy(update={"as_of": week})
    path.write_text(report.model_dump_json() if text is None else text, "utf-8")


def ignore(_number: int, _week: date) -> None:
    """Announce nothing."""


def test_weeks_between_two_dates(environment: ProjectEnvironment) -> None:
    """Both ends are part of a backfill, and a wrong order is one line."""
    assert weeks_between(environment, "2013-01-15", "2013-01-29") == WEEKS
    with pytest.raises(AsOfError, match="--to 2013-01-15 is before --from 2013-01-22; give the"):
        weeks_between(environment, "2013-01-22", "2013-01-15")


def test_only_missing_weeks_are_run(environment: ProjectEnvironment, started: list[date]) -> None:
    """Complete weeks are shown as they are; the others are announced, and run in order."""
    write_report(environment, WEEKS[1])
    announced: list[tuple[int, date]] = []

    weeks = run_missing_weeks(environment, WEEKS, lambda *call: announced.append(call))

    assert started == [WEEKS[0], WEEKS[2]]
    assert announced == [(1, WEEKS[0]), (3, WEEKS[2])]
    assert [(week.report.as_of, week.was_run) for week in weeks] == [
        (WEEKS[0], True),
        (WEEKS[1], False),
        (WEEKS[2], True),
    ]


def test_a_report_that_cannot_be_read_stops_a_backfill_first(
    environment: ProjectEnvironment, started: list[date]
) -> None:
    """No week is run if the report of a complete one is of another version."""
    write_report(environment, WEEKS[2], "{}")
    with pytest.raises(
        OrchestrationError, match="the report of the week 2013-01-29 cannot be read"
    ):
        run_missing_weeks(environment, WEEKS, ignore)
    assert started == []

    run_missing_weeks(environment, WEEKS[:2], ignore)
    assert started == WEEKS[:2]
