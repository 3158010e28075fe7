from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.server.schemas.schedules import CronSchedule

from weekwise.features.calendar import Calendar
from weekwise.orchestration.flow import catch_up
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


@pytest.mark.parametrize(
    ("late", "as_of"),
    [
        # A second schedule of the same day.
        (["2026-11-23 05:59"], "2013-01-15"),
        # An outage of a week.
        (["2026-11-16 06:00"], "2013-01-22"),
        (["2026-11-16 06:00", "2026-11-16 06:00", "2026-11-23 05:00"], "2013-01-22"),
    ],
)
def test_a_doubled_schedule_misses_no_week(
    environment: ProjectEnvironment, monkeypatch: pytest.MonkeyPatch, late: list[str], as_of: str
) -> None:
    """Late runs count as missed weeks by their days, and those of the run's own day do not."""
    runs = [due(text) for text in late]
    run = due("2026-11-23 06:00")
    run.auto_scheduled, run.deployment_id = True, uuid4()
    skipped: list[FlowRun] = []
    monkeypatch.setattr(catch_up, "get_client", lambda **_: nullcontext())
    monkeypatch.setattr(catch_up, "late_runs", lambda *_: runs)
    monkeypatch.setattr(catch_up, "skip_run", lambda _, run: skipped.append(run))
    monkeypatch.setattr(catch_up, "skipped_since_last_run", lambda *_: [])

    assert choose_week(environment, run, None) == WeekChoice(as_of)
    assert skipped == runs


def test_a_missed_week_that_has_not_come_is_not_run(
    environment: ProjectEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daily schedule of a weekly feed misses days, and no week of the future is run for them."""
    today = datetime.now(UTC).date()
    calendar = Calendar(first_as_of=today - timedelta(days=7))
    run = due(f"{today} 06:00")
    run.auto_scheduled, run.deployment_id = True, uuid4()
    days = [due(f"{today - timedelta(days=back)} 06:00") for back in (1, 2, 3, 4)]
    monkeypatch.setattr(catch_up, "get_client", lambda **_: nullcontext())
    monkeypatch.setattr(catch_up, "late_runs", lambda *_: [])
    monkeypatch.setattr(catch_up, "skipped_since_last_run", lambda *_: days)

    choice = choose_week(replace(environment, calendar=calendar), run, None)

    assert choice == WeekChoice(today.isoformat())


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_the_schedule_keeps_its_hour(zone: str) -> None:
    """Over a year with both changes of the clock, Monday's run is at six there, and comes once."""
    weekly = CronSchedule(cron="0 6 * * 1", timezone=zone)
    start = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone))
    times = [
        moment.astimezone(ZoneInfo(zone)) for moment in asyncio.run(weekly.get_dates(53, start))
    ]

    assert {(moment.hour, moment.minute, moment.weekday()) for moment in times} == {(6, 0, 0)}
    days = [moment.date() for moment in times]
    assert {(later - day).days for day, later in pairwise(days)} == {7}


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
