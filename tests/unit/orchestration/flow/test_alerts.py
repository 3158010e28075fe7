from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from weekwise.orchestration.flow import alerts
from weekwise.orchestration.flow.report_summary import Report

# Apprise 1.13 imports a module that Python 3.13 no longer has, if there is one.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

PROJECT: Any = SimpleNamespace(env=None, data=Path("data"))


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
    monkeypatch.setenv(alerts.URLS, f"json://127.0.0.1:{server.server_port}")
    yield messages
    server.shutdown()
    server.server_close()


def a_report(status: str) -> Report:
    """A report with a status."""
    return Report("2013-07-01", status, f"{status}: so it is", "stays", None, None, (), ())


@pytest.mark.parametrize(("status", "told"), [("OK", 0), ("WARN", 0), ("ACT", 1)])
def test_only_a_week_to_act_on_is_told_of(
    status: str, told: int, inbox: list[dict[str, Any]]
) -> None:
    """A complete run sends one message if its status is ACT, and else none."""
    alerts.alert_status(PROJECT, a_report(status))
    assert len(inbox) == told
    assert all("ACT: so it is" in message["message"] for message in inbox)


def test_a_failure_is_told_of_with_what_to_type(inbox: list[dict[str, Any]]) -> None:
    """A failed run sends the error's first line and the command that takes the run up again."""
    alerts.alert_failure(PROJECT, "2013-07-01", ValueError("the feed is gone\nand more"))
    assert [message["title"] for message in inbox] == ["Weekwise: the run of 2013-07-01 failed"]
    assert "the feed is gone" in inbox[0]["message"]
    assert "and more" not in inbox[0]["message"]
    assert "kedro weekly run --retry" in inbox[0]["message"]


def test_an_alert_that_cannot_be_sent_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong URL is told of in the log, and not shown there."""
    monkeypatch.setenv(alerts.URLS, "nonsense://secret")
    alerts.send("title", "body")
    assert "1 of its URLs are not Apprise's" in caplog.text
    assert "secret" not in [record.getMessage() for record in caplog.records][-1]


def test_without_urls_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts are off until somebody gives a URL."""
    monkeypatch.delenv(alerts.URLS, raising=False)
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    alerts.send("title", "body")
