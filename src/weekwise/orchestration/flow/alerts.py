"""Notifications to people when a run fails or asks them to act."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.reports.finding import Status

if TYPE_CHECKING:
    from weekwise.reports.weekly.weekly_report import WeeklyReport

ALERT_URLS = "WEEKWISE_ALERT_URLS"

logger = logging.getLogger(__name__)


def alert_failure(environment: ProjectEnvironment, as_of: str, error: BaseException) -> None:
    """Say that a run failed, why, and how to resume it."""
    first_line = str(error).partition("\n")[0] or type(error).__name__
    send_alert(
        f"Weekwise: the run of {as_of} failed",
        f"{first_line}\n"
        f"To resume it where it failed: kedro weekly run --retry{environment.cli_option}",
    )


def alert_not_started(as_of: str | None, error: BaseException) -> None:
    """Say that a run was not even started, and why."""
    send_alert(f"Weekwise: the run of {as_of or 'the next week'} was not started", str(error))


def alert_if_act(environment: ProjectEnvironment, report: WeeklyReport) -> None:
    """Say that a run ended with status ACT; any other status sends no alert."""
    if report.status is Status.ACT:
        page = environment.data.week(report.as_of).weekly_page
        send_alert(f"Weekwise: act on the week of {report.as_of}", f"{report.headline}\n{page}")


def send_alert(title: str, body: str) -> None:
    """Send a notification to every Apprise URL in `WEEKWISE_ALERT_URLS`, separated by spaces.

    One that cannot be sent is logged and stops nothing. The URLs hold secrets and are never shown.
    """
    urls = os.environ.get(ALERT_URLS, "").split()
    if not urls:
        return
    from apprise import Apprise

    apprise = Apprise()
    accepted = [apprise.add(url) for url in urls]
    if not all(accepted):
        logger.warning("%s: %d of its URLs are not Apprise's", ALERT_URLS, accepted.count(False))
    if any(accepted) and not apprise.notify(title=title, body=body):
        logger.warning("a notification could not be sent to every URL in %s", ALERT_URLS)
