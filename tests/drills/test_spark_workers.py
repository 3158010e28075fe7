"""A worker of a Spark cluster may die during a run: nothing is lost, and nothing is doubled."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl

import runs
import spark
import spark_cluster
import spark_results

pytestmark = [*spark.uses_spark, pytest.mark.drill]


class KillWorkerDuring:
    """Kills a worker while a node's Spark job is running."""

    def __init__(self, node: str, cluster: spark_cluster.Cluster) -> None:
        self.node, self.cluster = node, cluster

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        """Wait for the job beside the node."""
        if node.short_name == self.node:
            threading.Thread(target=self._kill, daemon=True).start()

    def _kill(self) -> None:
        from pyspark import SparkContext

        tracker = SparkContext.getOrCreate().statusTracker()
        while not tracker.getActiveJobsIds():
            time.sleep(0.05)
        self.cluster.kill_worker(0)
        (self.cluster.folder / "killed").touch()


def test_a_worker_that_dies_during_a_run_costs_nothing(week_1: Path, tmp_path: Path) -> None:
    """On a cluster of two, of which one is gone from the features on, it ends as on DuckDB."""
    with spark_cluster.cluster(tmp_path / "cluster") as cluster:
        conf = spark.environment_on_spark(tmp_path, extends="test", master=cluster.master)
        data = tmp_path / "data" / "on_spark"

        runs.run(
            data,
            runs.WEEKS[0],
            env="on_spark",
            conf_source=conf,
            kill=lambda: KillWorkerDuring("build_features", cluster),
            # Four Javas on one machine.
            within_seconds=900,
        )

        assert (tmp_path / "cluster" / "killed").exists()
        assert cluster.processes[1].poll() is not None
        assert cluster.processes[2].poll() is None
    spark_results.assert_same(data, week_1, runs.WEEKS[0], spark_results.FLIGHTS_KEY)
