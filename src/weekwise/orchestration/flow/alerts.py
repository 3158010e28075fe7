"""A word to people when a run fails or asks them to act."""

from __future__ import annotations

import logging
import os

from weekwise.orchestration.flow.report_summary import Report
from weekwise.orchestration.project import Project
from weekwise.paths import DataFolder

URLS = "WEEKWISE_ALERT_URLS"
ACT = "ACT"

logger = logging.getLogger(__name__)


def alert_failure(project: Project, as_of: str, error: BaseException) -> None:
    """Tell that a run failed, and why."""
    first_line = str(error).partition("\n")[0] or type(error).__name__
    option = f" --env {project.env}" if project.env else ""
    send(
        f"Weekwise: the run of {as_of} failed",
        f"{first_line}\nTo take it up where it failed: kedro weekly run --retry{option}",
    )


def alert_refused(as_of: str | None, error: BaseException) -> None:
    """Tell that a run was not even begun, and why."""
    send(f"Weekwise: the run of {as_of or 'the next week'} was not begun", str(error))


def alert_status(project: Project, report: Report) -> None:
    """Tell that a run ended with status ACT; others tell nobody."""
    if report.status == ACT:
        place = DataFolder(project.data).week(report.as_of).weekly_page
        send(f"Weekwise: act on the week of {report.as_of}", f"{report.headline}\n{place}")


def send(title: str, body: str) -> None:
    """Send a notification to every Apprise URL in `WEEKWISE_ALERT_URLS`, separated by spaces.

    A notification that cannot be sent is told of in the log and stops nothing. The URLs hold
    secrets and are never shown.
    """
    urls = os.environ.get(URLS, "").split()
    if not urls:
        return
    from apprise import Apprise

    apprise = Apprise()
    accepted = [apprise.add(url) for url in urls]
    if not all(accepted):
        logger.warning("%s: %d of its URLs are not Apprise's", URLS, accepted.count(False))
    if any(accepted) and not apprise.notify(title=title, body=body):
        logger.warning("a notification could not be sent to every URL in %s", URLS)
