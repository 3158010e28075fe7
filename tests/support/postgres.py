"""A real PostgreSQL server of the tests' own, from Debian's packages."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import sqlalchemy

import service_process

ACCOUNT = "postgres"
"""Whom Debian's server runs as; it refuses to run as root."""
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        port: On 127.0.0.1.
    """

    port: int

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
        port = service_process.free_port()
        options: list[str | Path] = ["-D", data / "db", "-p", str(port), "-k", data, "-F"]
        process = subprocess.Popen(
            [folder / "postgres", *options, "-h", "127.0.0.1"],
            user=user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            server = Server(port)
            _wait(server)
            yield server
        finally:
            process.terminate()
            process.wait(30)
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
