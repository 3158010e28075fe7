"""A Prefect server for one command, where none is set.

Prefect would start one itself, at the first call of a flow, and wait for it: it imports the whole
server into this process first, and then runs services that a single run has no use for. Here it is
started at once and waited for late, so that it begins while this process imports what a run needs.

The server lives as long as its standard input is open, so it ends with the process that started it,
even if that is killed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

import httpx
from prefect.context import refresh_global_settings_context
from prefect.settings import get_current_settings

from weekwise.errors import OrchestrationError

HOST = "127.0.0.1"
API_URL = "PREFECT_API_URL"
START_SECONDS = 120.0
"""Seconds; the first start on a machine makes Prefect's database."""
STOP_SECONDS = 10.0
UNNEEDED_SERVICES = (
    "CANCELLATION_CLEANUP",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "SCHEDULER",
    "TRIGGERS",
)
"""Services that look after deployments, workers and automations."""


class TemporaryServer:
    """A Prefect server that this process has started, on the user's own Prefect database."""

    def __init__(self) -> None:
        with socket.socket() as listener:
            # Port 0: the kernel chooses one that is free.
            listener.bind((HOST, 0))
            self._port = listener.getsockname()[1]
        self.url = f"http://{HOST}:{self._port}/api"
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self._process = subprocess.Popen(  # noqa: S603 - this module
            [sys.executable, "-m", __name__, str(self._port)],
            env={
                **os.environ,
                "PREFECT_SERVER_UI_ENABLED": "false",
                **{
                    f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in UNNEEDED_SERVICES
                },
            },
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,  # Ctrl-C ends the run, which has log lines left to send
        )

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            OrchestrationError: If it does not.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=5).is_success:
                    return
            time.sleep(0.1)
        raise OrchestrationError(
            f"the temporary Prefect server did not start ({self._last_line()}); fix that, or "
            "start a server with: make prefect, and set PREFECT_API_URL=http://127.0.0.1:4200/api"
        )

    def stop(self) -> None:
        """Send what is still to be sent, and stop it."""
        if self._process.poll() is None:
            _flush_logs_and_events()
        if self._process.stdin is not None:
            self._process.stdin.close()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._output.close()

    def _last_line(self) -> str:
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


@contextmanager
def temporary_server() -> Iterator[TemporaryServer | None]:
    """A server for as long as this lasts, or None if one is set, or Prefect may not start any.

    It may not answer yet; `TemporaryServer.wait` waits for it.
    """
    settings = get_current_settings()
    if settings.api.url or not settings.server.ephemeral.enabled:
        yield None
        return
    server = TemporaryServer()
    # Prefect's threads have no context of their own: they read the settings of the process.
    os.environ[API_URL] = server.url
    refresh_global_settings_context()
    try:
        yield server
    finally:
        server.stop()
        del os.environ[API_URL]
        refresh_global_settings_context()


def _flush_logs_and_events() -> None:
    """Send the log lines and events that Prefect has queued."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=STOP_SECONDS)


def _serve(port: int) -> None:
    """Serve until the other end of standard input is closed."""
    import uvicorn

    app = "prefect.server.api.server:create_app"
    config = uvicorn.Config(app, factory=True, host=HOST, port=port, log_level="error")
    server = uvicorn.Server(config)

    def stop_at_end_of_input() -> None:
        # Not through sys.stdin, whose lock this thread would still hold when the interpreter ends.
        os.read(0, 1)
        server.should_exit = True

    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    server.run()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
