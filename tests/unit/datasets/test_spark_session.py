from __future__ import annotations

import importlib
import signal
import socket
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from weekwise.datasets.spark_session import spark_session
from weekwise.errors import ConfigurationError


def java_of(folder: Path, version: str) -> Path:
    """A folder with a Java that says its version, and nothing else."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2021-01-01' >&2\n")
    java.chmod(0o755)
    return folder


def test_without_java_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark itself would say that a gateway has exited."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match="needs Java, and there is none; install Java 17"):
        spark_session("local[1]", {})


@pytest.mark.parametrize("version", ["1.8.0_292", "11.0.2"])
def test_an_old_java_is_named(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which one it is, and what is needed."""
    monkeypatch.setenv("JAVA_HOME", str(java_of(tmp_path, version)))
    major = version.removeprefix("1.").split(".")[0]

    with pytest.raises(ConfigurationError, match=f"Java 17, and {tmp_path}/bin/java is {major};"):
        spark_session("local[1]", {})


def test_a_master_that_does_not_answer_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark itself would try for a minute."""
    monkeypatch.setenv("JAVA_HOME", str(java_of(tmp_path, "17.0.1")))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        master = f"spark://127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(ConfigurationError, match=f"no Spark master answers at {master}; start"):
            spark_session(master, {})


def test_ctrl_c_stays_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """PySpark's own handler would ask a context that may have ended."""
    before = signal.getsignal(signal.SIGINT)

    def started(_: object) -> object:
        signal.signal(signal.SIGINT, lambda *_: None)
        return object()

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", started)
    spark_session("sc://127.0.0.1:1", {})

    assert signal.getsignal(signal.SIGINT) is before


def test_what_equal_results_rest_on_cannot_be_set() -> None:
    """A time zone of the session would move times that have none."""
    with pytest.raises(ConfigurationError, match=r"session\.timeZone cannot be set"):
        spark_session("local[1]", {"spark.sql.session.timeZone": "Europe/Berlin"})


def test_without_pyspark_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the module that could not be imported alone."""
    for name in [name for name in sys.modules if name.startswith("ibis.backends.pyspark")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "weekwise.datasets.spark_backend", raising=False)
    monkeypatch.setitem(sys.modules, "pyspark", None)

    with pytest.raises(ConfigurationError, match=r"PySpark, which is not installed.*make spark"):
        importlib.import_module("weekwise.datasets.spark_backend")
