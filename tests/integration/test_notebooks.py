"""Kedro's notebook extension in a folder inside the project, in an IPython of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import other_tables
import runs

pytestmark = pytest.mark.slow

NOTEBOOK = """
from IPython.testing.globalipapp import start_ipython

ip = start_ipython()
ip.run_line_magic("load_ext", "kedro.ipython")
catalog, context = ip.user_ns["catalog"], ip.user_ns["context"]
catalog.save("features", catalog.load("feed").limit(3))
print()
print(
    int(catalog.load("feed").count().execute()),
    int(catalog.load("features").count().execute()),
    context.config_loader["globals"]["data"],
)
"""


def test_a_notebook_in_a_folder_of_the_project(tmp_path: Path) -> None:
    """Datasets and the store are the project's, and nothing is left beside the notebook."""
    other_tables.write_environment(tmp_path)
    shutil.copy(runs.PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "src").mkdir()
    folder = tmp_path / "notebooks" / "deep"
    folder.mkdir(parents=True)
    left_out = ("WEEKWISE_DATA_DIR", "KEDRO_LOGGING_CONFIG", "MLFLOW_TRACKING_URI")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}

    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK],
        cwd=folder,
        env={**environment, "KEDRO_ENV": "orders", "IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    feed, features, data = done.stdout.splitlines()[-1].split(maxsplit=2)
    assert (feed, features) == ("5045", "3")
    assert data == str(tmp_path / "data" / "orders")
    assert (tmp_path / "data" / "orders" / "weekwise.duckdb").is_file()
    assert list(folder.iterdir()) == []
