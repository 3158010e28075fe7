"""Spark for tests: a small one on this machine, which ends with the module that uses it."""

from __future__ import annotations

import gc
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import runs

CONF = {
    "spark.sql.shuffle.partitions": 2,
    "spark.driver.memory": "1g",
    "spark.executor.memory": "600m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
MASTER = "local[2]"
OLDEST_JAVA = 17


def java_version() -> int | None:
    """The major version of this machine's Java, if it has one."""
    if shutil.which("java") is None:
        return None
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
    return int(found[1]) if found else None


needs_java = pytest.mark.skipif(
    (java_version() or 0) < OLDEST_JAVA,
    reason="there is no Java 17 or newer (Debian: apt-get install default-jre-headless)",
)

uses_spark = [
    pytest.mark.slow,
    pytest.mark.spark,
    needs_java,
    # Py4J leaves its connections to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
"""Marks of a module of tests that run Spark."""


def connection(warehouse: Path, **conf: Any) -> dict[str, Any]:
    """What the catalog says of Spark."""
    return {
        "backend": "weekwise_spark",
        "master": MASTER,
        "warehouse": str(warehouse),
        "conf": {**CONF, **conf},
    }


def ended() -> None:
    """End this process's Spark, and the Java that it runs in."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    from weekwise.datasets.spark_table import SparkTable

    for key in [key for key in SparkTable._connections if "weekwise_spark" in str(key)]:
        del SparkTable._connections[key]
    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    gateway = SparkContext._gateway
    if gateway is not None:
        gateway.shutdown()
        # Java ends when nobody writes to it any more.
        gateway.proc.stdin.close()
        gateway.proc.wait(timeout=60)
    SparkContext._gateway = SparkContext._jvm = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module", name="spark_connection")
def _spark_connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Spark for one module, with a warehouse of its own."""
    yield connection(tmp_path_factory.mktemp("warehouse"))
    ended()


def environment_on_spark(folder: Path, extends: str, master: str = MASTER) -> Path:
    """A configuration with one more environment, `on_spark`: another one, by the one switch.

    Args:
        folder: Where it goes.
        extends: The environment that it is like.
        master: Where Spark is.
    """
    conf = folder / "conf"
    if not conf.exists():
        shutil.copytree(runs.PROJECT / "conf", conf, ignore=shutil.ignore_patterns("local"))
    (conf / "on_spark").mkdir()
    (conf / "on_spark" / "globals.yml").write_text(f"extends: {extends}\n{switch(master)}", "utf-8")
    return conf


def switch(master: str = MASTER) -> str:
    """What an environment's globals.yml says to be on Spark, and on a small one."""
    conf = "".join(f"    {name}: {value}\n" for name, value in CONF.items())
    return f"engine: spark\nspark:\n  master: {master}\n  conf:\n{conf}"
