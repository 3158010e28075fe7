"""How far the last run of an environment got, kept on disk so that it can be resumed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from weekwise.paths import DataFolder, replace_whole


class RunJournal(BaseModel):
    """The last run, and how far it got.

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

    def write(self, data: DataFolder) -> RunJournal:
        """Replace the journal of the run before, whole or not at all."""
        replace_whole(data.run_journal, self.model_dump_json(indent=2))
        return self

    def update(self, data: DataFolder, **changes: Any) -> RunJournal:
        """The journal with changes, written."""
        return self.model_copy(update=changes).write(data)


def read_journal(data: DataFolder) -> RunJournal | None:
    """The environment's last run, if there was one."""
    try:
        return RunJournal.model_validate_json(data.run_journal.read_text("utf-8"))
    except (FileNotFoundError, ValidationError):
        # One that cannot be read is no reason not to run: there is just nothing to resume.
        return None


def parameters_hash(parameters: Mapping[str, Any]) -> str:
    """A hash of parameters that is the same in every process: 16 hexadecimal digits."""
    text = json.dumps(parameters, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
