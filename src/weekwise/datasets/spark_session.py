"""The one Spark session of this process, made from the settings of the catalog."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weekwise.errors import ConfigurationError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA = 17
"""The oldest Java that PySpark 4 runs on."""
_PATIENCE_SECONDS = 5
_LOOPBACK = "127.0.0.1"
_LOG = Path(__file__).with_name("spark_log4j2.properties")
"""Errors alone: Spark says much that nobody can act on."""
_MAKING = threading.Lock()

_NEEDED: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    # A time without a zone is one, as in DuckDB, and does not become a moment.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    # A value that cannot be cast is an error, as in DuckDB, and not a missing value.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "true",
    # Parquet has microseconds, as DuckDB writes them.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
"""What equal results on both engines rest on: an environment cannot set these."""


def spark_session(master: str | None, conf: Mapping[str, Any]) -> SparkSession:
    """The process's Spark session; made by the first who asks.

    Args:
        master: As in `spark-submit --master`, such as `local[*]`, `spark://host:7077`, `yarn` or
            `k8s://https://host:443`; `sc://host:port` is a Spark Connect server. None leaves it to
            `spark-defaults.conf`.
        conf: Any settings of Spark's by name.

    Raises:
        ConfigurationError: If Java is missing or too old, or no master answers.
    """
    from pyspark.sql import SparkSession

    fixed = [name for name in _NEEDED if name in conf]
    if fixed:
        raise ConfigurationError(
            f"{', '.join(fixed)} cannot be set: equal results on both engines rest on it; "
            "remove it from spark.conf in globals.yml"
        )
    # Each of its lines has the whole of Java's stack; the error itself is raised.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    with _MAKING:
        builder: Any = SparkSession.builder
        for name, value in {**_defaults(master), **conf, **_NEEDED}.items():
            builder = builder.config(name, _as_text(value))
        if master and master.startswith("sc://"):
            return _connected(builder.remote(master), master)
        if SparkSession.getActiveSession() is None:
            _check_java()
            _check_master(master)
        return _connected(builder.master(master) if master else builder, master)


def _defaults(master: str | None) -> dict[str, str]:
    """What an environment may set otherwise."""
    said = {
        "spark.app.name": "weekwise",
        "spark.ui.showConsoleProgress": "false",
        # The workers of this machine use the same Python, with the same packages.
        "spark.pyspark.python": sys.executable,
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOG.as_uri()}",
    }
    if master and master.startswith("local"):
        # Else Spark looks for an address of this machine, and tells of it.
        os.environ.setdefault("SPARK_LOCAL_IP", _LOOPBACK)
        said |= {
            "spark.driver.host": _LOOPBACK,
            "spark.driver.bindAddress": _LOOPBACK,
            "spark.ui.enabled": "false",
        }
    return said


def _connected(builder: Any, master: str | None) -> SparkSession:
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        session: SparkSession = builder.getOrCreate()
    except Exception as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), repr(error))
        raise ConfigurationError(
            f"Spark does not start on {master or 'its default master'}: {reason.strip()}; correct "
            "spark in globals.yml, or start what it names"
        ) from error
    if on_interrupt is not None and threading.current_thread() is threading.main_thread():
        # Ctrl-C stays the run's own: PySpark's handler asks a context that may have ended.
        signal.signal(signal.SIGINT, on_interrupt)
    return session


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_java() -> None:
    """Java that is there and new enough: else Spark says that a gateway has exited.

    Raises:
        ConfigurationError: If it is not.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    advice = (
        f"install Java {JAVA} or newer (on Debian: apt-get install default-jre-headless), or set "
        "JAVA_HOME to it"
    )
    if java is None or not Path(java).is_file():
        where = f"JAVA_HOME is {home}, where there is none" if home else "there is none"
        raise ConfigurationError(f"Spark needs Java, and {where}; {advice}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
    if version is not None and int(version[1]) < JAVA:
        raise ConfigurationError(f"Spark needs Java {JAVA}, and {java} is {version[1]}; {advice}")


def _check_master(master: str | None) -> None:
    """A standalone master that answers: else Spark tries for a minute.

    Raises:
        ConfigurationError: If none of its addresses does.
    """
    if not master or not master.startswith("spark://"):
        return
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), _PATIENCE_SECONDS).close()
        except (OSError, ValueError):
            continue
        return
    raise ConfigurationError(
        f"no Spark master answers at {master}; start it, or correct spark.master in globals.yml"
    )
