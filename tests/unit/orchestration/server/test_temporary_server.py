from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from weekwise.errors import OrchestrationError
from weekwise.orchestration.server.temporary_server import API_URL, temporary_server


@pytest.fixture(autouse=True)
def no_server_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Prefect server is set."""
    monkeypatch.delenv(API_URL, raising=False)


def test_a_server_that_ends_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that cannot start is reported in one line, with its own last words."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho first line\necho no such database\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with temporary_server() as server:
        assert server is not None
        assert get_current_settings().api.url == os.environ[API_URL] == server.url
        with pytest.raises(OrchestrationError, match=r"did not start \(no such database\)"):
            server.wait()
    assert API_URL not in os.environ
    assert get_current_settings().api.url is None


def test_none_beside_one_that_is_set() -> None:
    """Where a server is set, no other is started."""
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:4200/api"}),
        temporary_server() as server,
    ):
        assert server is None


KILLED = """
import time
from weekwise.orchestration.server.temporary_server import temporary_server

with temporary_server() as server:
    server.wait()
    print(server.url, flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_the_server_ends_with_a_run_that_is_killed(tmp_path: Path) -> None:
    """A run that is killed leaves no server behind."""
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        assert httpx.get(f"{url}/health").is_success
        run.send_signal(signal.SIGKILL)
    assert _gone(url)


def _gone(url: str, within: float = 30.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            httpx.get(f"{url}/health", timeout=5)
        except httpx.TransportError:
            return True
        time.sleep(0.2)
    return False
