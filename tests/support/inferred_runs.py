"""Environments that are inferred from a table, and runs of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import runs
import tables
from weekwise.infer.environment_files import write_environment

ENV = "shop"


def infer(folder: Path, source: Path | str, *, predict: Path | None = None, **wishes: Any) -> Path:
    """Infer an environment `shop` beside the project's own base; gives the configuration."""
    conf = folder / "conf"
    shutil.copytree(runs.PROJECT / "conf" / "base", conf / "base")
    shutil.copy(runs.PROJECT / "conf" / "logging.yml", conf)
    found = tables.inferred(folder, source, predict=predict, **wishes)
    # A run in this test is not in the folder of the project.
    files = dict(found.files)
    files["catalog.yml"] = files["catalog.yml"].replace(Path(source).name, str(source))
    if predict is not None:
        files["catalog.yml"] = files["catalog.yml"].replace(predict.name, str(predict))
    write_environment(conf / "shop", files, force=False)
    return conf


def report(folder: Path, week: str) -> dict[str, Any]:
    """The weekly report."""
    path = folder / "data" / "shop" / "08_reporting" / week / "weekly_report.json"
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content
