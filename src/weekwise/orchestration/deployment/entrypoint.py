"""The weekly flow as a deployment imports it, in a process that Prefect has started.

Prefect's logging is at work there already. Were Kedro to configure logging anew, it would shut
Prefect's handlers down while these send lines, and now and then both would wait for ever. So Kedro
leaves handlers alone, and only the project's levels are set.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

os.environ["KEDRO_LOGGING_CONFIG"] = str(Path(__file__).with_name("logging.yml"))

from weekwise.orchestration.project_environment import (
    set_up_project,
)  # Kedro reads it when imported


def _set_levels(config: Path) -> None:
    """Take the loggers' levels from the project's own logging configuration."""
    loggers: Any = OmegaConf.to_container(OmegaConf.load(config))
    for name, options in loggers["loggers"].items():
        logging.getLogger(name).setLevel(options["level"])


_set_levels(set_up_project() / "conf" / "logging.yml")

from weekwise.orchestration.flow.weekly_flow import weekly  # noqa: E402 - the project comes first

__all__ = ["weekly"]
