from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from weekwise.orchestration.flow.catch_up import WeekChoice, backfill_offer, choose_week
from weekwise.orchestration.options import OrchestrationOptions
from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project

PROJECT = Path(__file__).parents[4]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectEnvironment:
    """The test environment, with an empty data folder."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path))
    return ProjectEnvironment.of(set_up_project(), "test")


def due(text: str) -> FlowRun:
    """A flow run that was scheduled by hand for an instant."""
    instant = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return FlowRun(flow_id=uuid4(), expected_start_time=instant)


@pytest.mark.parametrize(
    ("timezone", "as_of"),
    [("UTC", "2013-01-22"), ("America/New_York", "2013-01-21"), ("Asia/Tokyo", "2013-01-22")],
)
def test_the_day_a_run_was_scheduled_for(
    environment: ProjectEnvironment, timezone: str, as_of: str
) -> None:
    """With `as_of: scheduled` a run takes the day it was due, in the schedule's time zone."""
    schedule = {"as_of": "scheduled", "timezone": timezone}
    live = replace(environment, options=OrchestrationOptions.model_validate({"schedule": schedule}))
    assert choose_week(live, due("2013-01-22 02:30"), None) == WeekChoice(as_of)


def test_the_week_after_the_last_one(environment: ProjectEnvironment) -> None:
    """With `as_of: next` a run takes the first missing week, whenever it was due."""
    assert choose_week(environment, due("2026-11-23 06:00"), None) == WeekChoice("2013-01-15")


def test_a_week_that_was_asked_for(environment: ProjectEnvironment) -> None:
    """A date given by hand goes before any schedule."""
    assert choose_week(environment, due("2026-11-23 06:00"), "2013-01-29") == WeekChoice(
        "2013-01-29"
    )


def test_missed_weeks_are_offered_as_a_command(environment: ProjectEnvironment) -> None:
    """The offer names the weeks, and a command that can be typed as it stands."""
    assert backfill_offer(environment, date(2013, 1, 15), date(2013, 1, 29)) == (
        "weeks 2013-01-15 to 2013-01-29 were missed and will not run by themselves; "
        "run: kedro weekly backfill --from 2013-01-15 --to 2013-01-29 --env test"
    )
