"""A real PostgreSQL server of the tests' own, from Debian's packages."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import sqlalchemy

import service_process

ACCOUNT = "postgres"
"""Whom Debian's server runs as; it refuses to run as root."""
START_SECONDS = 60


class Server:
    """A server, which a test may kill and start again.

    Args:
        data: Its folder, with an initialized database in `db`.
        user: The system's user that it runs as; None for this one.
    """

    def __init__(self, data: Path, user: int | None) -> None:
        self.port = service_process.free_port()
        self._data, self._user = data, user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on its port of 127.0.0.1, and wait until it answers."""
        folder = programs()
        assert folder is not None
        options = ["-D", self._data / "db", "-p", str(self.port), "-k", self._data, "-F"]
        self._process = subprocess.Popen(
            [folder / "postgres", *options, "-h", "127.0.0.1"],
            user=self._user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(self)

    def send(self, number: int) -> None:
        """Send it a signal, also from a process that was forked from the test's."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def wait_until_gone(self) -> None:
        """Wait until nothing listens on its port."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.05)
        raise TimeoutError("PostgreSQL is still there")

    def stop(self) -> None:
        """End it at once, if it has not ended; its clients lose their connections."""
        if self._process is not None:
            if self._process.poll() is None:
                self.send(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    @property
    def url(self) -> str:
        """What SQLAlchemy connects to."""
        return f"postgresql+psycopg://weekwise:a-secret@127.0.0.1:{self.port}/postgres"

    @property
    def credentials(self) -> dict[str, str | int]:
        """What Ibis connects with."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": "weekwise",
            "password": "a-secret",
            "database": "postgres",
        }

    def write(self, frame: pd.DataFrame, table: str) -> None:
        """Write a frame as a table."""
        engine = sqlalchemy.create_engine(self.url)
        frame.to_sql(table, engine, index=False)
        engine.dispose()


def programs() -> Path | None:
    """The folder of the server's programs, if they are installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def running() -> Iterator[Server]:
    """A server on a free port, with a user `weekwise`; it and its data are gone afterwards."""
    folder = programs()
    assert folder is not None, "PostgreSQL is not installed; run: make postgres"
    data = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam(ACCOUNT).pw_uid
        os.chown(data, user, -1)
    password = data.with_suffix(".password")
    password.write_text("a-secret")
    password.chmod(0o644)
    try:
        identity = ["--username=weekwise", f"--pwfile={password}", "--auth=scram-sha-256"]
        subprocess.run(
            [folder / "initdb", *identity, "--encoding=UTF8", "--no-sync", "-D", data / "db"],
            user=user,
            cwd="/",
            check=True,
            capture_output=True,
        )
        server = Server(data, user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        password.unlink()
        shutil.rmtree(data, ignore_errors=True)


def _wait(server: Server) -> None:
    engine = sqlalchemy.create_engine(server.url)
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            engine.connect().close()
        except sqlalchemy.exc.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            engine.dispose()
            return
