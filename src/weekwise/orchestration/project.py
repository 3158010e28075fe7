"""The Kedro project a flow runs in, and what of its configuration a flow asks for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kedro.framework import project
from kedro.framework.project import pipelines, settings
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from kedro.utils import find_kedro_project

import weekwise
from weekwise.configuration import EnvironmentConfigLoader, load_configuration
from weekwise.features.calendar import Calendar
from weekwise.orchestration.options import Orchestration, load_options
from weekwise.orchestration.runner.plan import DEFAULT_PIPELINE, Plan, make_plan
from weekwise.paths import ENVIRONMENT_VARIABLE, DataFolder


def set_up() -> Path:
    """Make the Kedro project around the working folder, or around this package, the current one."""
    found = find_kedro_project(Path.cwd()) or Path(weekwise.__file__).parents[2]
    # Setting a project up configures logging anew, which must not happen while a flow runs.
    if project.PACKAGE_NAME is None:
        bootstrap_project(Path(found))
    return Path(found)


@dataclass(frozen=True)
class Project:
    """One environment of the project.

    Attributes:
        path: The project's folder.
        env: Kedro's environment; None is the default one.
        config: Its configuration, without a run's own parameters.
        options: Its `orchestration.yml`.
        data: Its data folder.
        calendar: Its as-of dates.
    """

    path: Path
    env: str | None
    config: EnvironmentConfigLoader
    options: Orchestration
    data: Path
    calendar: Calendar

    @classmethod
    def of(cls, path: Path, env: str | None = None) -> Project:
        """Read an environment's configuration.

        Raises:
            OrchestrationError: If its `orchestration.yml` is wrong.
        """
        env = env or os.environ.get(ENVIRONMENT_VARIABLE)
        config = loader(path, env)
        shared = config["globals"]
        return cls(
            path=path,
            env=env,
            config=config,
            options=load_options(config),
            data=path / shared["data"],
            calendar=Calendar.model_validate(shared["calendar"]),
        )

    def next_week(self) -> date:
        """The week after the last complete one.

        Raises:
            EndOfFeed: If there is none.
        """
        return self.calendar.after(DataFolder(self.data).last_week())

    def parameters(self, as_of: str) -> dict[str, Any]:
        """The parameters of a run."""
        return dict(loader(self.path, self.env, {"as_of": as_of})["parameters"])

    def plan(self, as_of: str) -> Plan:
        """How a whole run becomes subflows and tasks; nothing is loaded and no hook called.

        Raises:
            OrchestrationError: If it cannot work.
        """
        config = loader(self.path, self.env, {"as_of": as_of})
        catalog = DataCatalog.from_config(config["catalog"])
        return make_plan(pipelines[DEFAULT_PIPELINE], catalog, self.options)


def loader(
    path: Path, env: str | None, runtime_params: dict[str, Any] | None = None
) -> EnvironmentConfigLoader:
    """A project's configuration, which makes its pipelines the active ones."""
    return load_configuration(path / settings.CONF_SOURCE, env, runtime_params)
