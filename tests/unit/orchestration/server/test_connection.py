from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from prefect.settings import PREFECT_API_KEY, PREFECT_API_URL, temporary_settings

from weekwise.errors import OrchestrationError
from weekwise.orchestration.server.connection import check_api, check_work_pool


@contextmanager
def api(status: int) -> Iterator[str]:
    """A server that answers everything with one status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "key", "message"),
    [
        (401, None, "needs a key; set PREFECT_API_KEY"),
        (401, "pnu_wrong", "refuses the key; check PREFECT_API_KEY"),
        (403, "pnu_wrong", "refuses the key; check PREFECT_API_KEY"),
        (404, None, "there is no Prefect API at .*; check PREFECT_API_URL"),
    ],
)
def test_what_the_api_answers_is_one_clear_line(status: int, key: str | None, message: str) -> None:
    """A missing or wrong key and a wrong address are distinguished, each with what to set."""
    with (
        api(status) as url,
        temporary_settings({PREFECT_API_URL: url, PREFECT_API_KEY: key}),
        pytest.raises(OrchestrationError, match=message) as raised,
    ):
        check_api(server_needed=True)
    assert "\n" not in str(raised.value)
    assert "pnu_wrong" not in str(raised.value)


def test_a_missing_work_pool_is_named() -> None:
    """A work pool that is not there is named, with the command that makes it."""
    with (
        api(404) as url,
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(OrchestrationError, match=r"no work pool 'big'.*create big --type process"),
    ):
        check_work_pool("big")


def test_an_unreachable_api() -> None:
    """An address that does not answer is named."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api"
        with (
            temporary_settings({PREFECT_API_URL: url}),
            pytest.raises(OrchestrationError, match=f"{url} cannot be reached"),
        ):
            check_api(server_needed=False)


def test_a_run_needs_no_server_but_a_schedule_does() -> None:
    """Without an API a run in this process may start, and serving says what to set."""
    with temporary_settings({PREFECT_API_URL: None}):
        check_api(server_needed=False)
        with pytest.raises(OrchestrationError, match="make prefect"):
            check_api(server_needed=True)


@pytest.mark.parametrize("url", ["nonsense", "127.0.0.1:4200/api", "http://", "ftp://h/api"])
def test_what_is_no_address_is_told_at_once(url: str) -> None:
    """Nothing is waited for where nothing can ever answer."""
    with (
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(OrchestrationError, match=f"PREFECT_API_URL is '{url}', which is no address"),
    ):
        check_api(server_needed=True)
