"""What the last run of an environment has done, so that a retry can take up where it ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from weekwise.paths import DataFolder, replace_whole

JOURNAL = "last_run.json"


class Journal(BaseModel):
    """The last run, as far as it has come.

    Attributes:
        as_of: Its logical date.
        flow_run_id: Prefect's id of it.
        parameters: A hash of its parameters: other parameters are another run.
        mlflow_run_id: MLflow's id of it, once there is one.
        stages: Kedro pipelines that are done.
        finished: Whether all of it is done.
    """

    model_config = ConfigDict(frozen=True)

    as_of: str
    flow_run_id: str
    parameters: str
    mlflow_run_id: str | None = None
    stages: tuple[str, ...] = ()
    finished: bool = False

    def write(self, data: Path) -> Journal:
        """Put it, whole, in the place of the one before."""
        replace_whole(_file(data), self.model_dump_json(indent=2))
        return self

    def noted(self, data: Path, **changes: Any) -> Journal:
        """The journal with changes, written."""
        return self.model_copy(update=changes).write(data)


def read_journal(data: Path) -> Journal | None:
    """The environment's last run, if there was one."""
    try:
        return Journal.model_validate_json(_file(data).read_text("utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def _file(data: Path) -> Path:
    return DataFolder(data).orchestration / JOURNAL


def digest(parameters: Mapping[str, Any]) -> str:
    """A hash of parameters that is the same in every process."""
    text = json.dumps(parameters, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
