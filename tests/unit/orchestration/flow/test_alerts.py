from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from weekly_reports import weekly_report
from weekwise.orchestration.flow import alerts
from weekwise.paths import DataFolder
from weekwise.reports.finding import Status

# Apprise 1.13 imports a module that Python 3.13 no longer has, if there is one.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ENVIRONMENT: Any = SimpleNamespace(cli_option=" --env parcels", data=DataFolder(Path("data")))


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What is sent to the one address in the environment."""
    messages: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(alerts.ALERT_URLS, f"json://127.0.0.1:{server.server_port}")
    yield messages
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "count"), [(Status.OK, 0), (Status.WARN, 0), (Status.ACT, 1)])
def test_only_status_act_sends_an_alert(
    status: Status, count: int, inbox: list[dict[str, Any]]
) -> None:
    """A complete run sends one message if its status is ACT, and else none."""
    report = weekly_report(1, status)
    alerts.alert_if_act(ENVIRONMENT, report)
    assert len(inbox) == count
    for message in inbox:
        assert message["title"] == f"Weekwise: act on the week of {report.as_of}"
        page = f"data/08_reporting/{report.as_of}/weekly_report.html"
        assert message["message"] == f"{report.headline}\n{page}"


def test_a_failure_alert_says_what_to_type(inbox: list[dict[str, Any]]) -> None:
    """A failed run sends the error's first line and the command that resumes the run."""
    alerts.alert_failure(ENVIRONMENT, "2013-07-01", ValueError("the feed is gone\nand more"))
    assert [message["title"] for message in inbox] == ["Weekwise: the run of 2013-07-01 failed"]
    assert "the feed is gone" in inbox[0]["message"]
    assert "and more" not in inbox[0]["message"]
    assert "kedro weekly run --retry --env parcels" in inbox[0]["message"]


def test_an_alert_that_cannot_be_sent_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong URL is mentioned in the log, and not shown there."""
    monkeypatch.setenv(alerts.ALERT_URLS, "nonsense://secret")
    alerts.send_alert("title", "body")
    assert "1 of its URLs are not Apprise's" in caplog.text
    assert "secret" not in [record.getMessage() for record in caplog.records][-1]


def test_without_urls_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts are off until a URL is set."""
    monkeypatch.delenv(alerts.ALERT_URLS, raising=False)
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    alerts.send_alert("title", "body")
