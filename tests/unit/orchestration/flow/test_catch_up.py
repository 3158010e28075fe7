from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from weekwise.orchestration.flow.catch_up import Turn, choose
from weekwise.orchestration.options import Orchestration
from weekwise.orchestration.project import Project, set_up

PROJECT = Path(__file__).parents[4]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The test environment, with an empty data folder."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path))
    return Project.of(set_up(), "test")


def due(text: str) -> FlowRun:
    """A flow run that somebody scheduled for an instant."""
    instant = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return FlowRun(flow_id=uuid4(), expected_start_time=instant)


@pytest.mark.parametrize(
    ("timezone", "as_of"),
    [("UTC", "2013-01-22"), ("America/New_York", "2013-01-21"), ("Asia/Tokyo", "2013-01-22")],
)
def test_the_day_a_run_was_scheduled_for(project: Project, timezone: str, as_of: str) -> None:
    """With `as_of: scheduled` a run takes the day it was due, in the schedule's time zone."""
    schedule = {"as_of": "scheduled", "timezone": timezone}
    live = replace(project, options=Orchestration.model_validate({"schedule": schedule}))
    assert choose(live, due("2013-01-22 02:30"), None) == Turn(as_of)


def test_the_week_after_the_last_one(project: Project) -> None:
    """With `as_of: next` a run takes the first missing week, whenever it was due."""
    assert choose(project, due("2026-11-23 06:00"), None) == Turn("2013-01-15")


def test_a_week_that_was_asked_for(project: Project) -> None:
    """A date given by hand goes before any schedule."""
    assert choose(project, due("2026-11-23 06:00"), "2013-01-29") == Turn("2013-01-29")
