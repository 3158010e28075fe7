"""One environment of the Kedro project, with what a flow needs of its configuration."""

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
from weekwise.orchestration.options import OrchestrationOptions, load_options, option_faults
from weekwise.orchestration.runner.run_plan import DEFAULT_PIPELINE, RunPlan, make_plan
from weekwise.paths import ENVIRONMENT_VARIABLE, DataFolder
from weekwise.setting_faults import check_settings


def set_up_project() -> Path:
    """Set up the Kedro project of the working folder, or else the one this package is in.

    Returns:
        The project's folder.
    """
    # A worker starts runs in a folder of its own, where there is no project to find.
    folder = Path(find_kedro_project(Path.cwd()) or Path(weekwise.__file__).parents[2])
    # Kedro configures logging anew each time, which must not happen while a flow runs.
    if project.PACKAGE_NAME is None:
        bootstrap_project(folder)
    return folder


@dataclass(frozen=True)
class ProjectEnvironment:
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
    options: OrchestrationOptions
    data: DataFolder
    calendar: Calendar

    @classmethod
    def of(cls, path: Path, env: str | None = None) -> ProjectEnvironment:
        """Read an environment's configuration.

        Raises:
            ConfigurationError: If its parameters, globals or `orchestration.yml` are wrong; all
                faults at once.
        """
        env = env or os.environ.get(ENVIRONMENT_VARIABLE)
        config = load_environment(path, env)
        check_settings(config, pipelines[DEFAULT_PIPELINE], option_faults(config))
        shared = config["globals"]
        return cls(
            path=path,
            env=env,
            config=config,
            options=load_options(config),
            data=DataFolder(path / shared["data"]),
            calendar=Calendar.model_validate(shared["calendar"]),
        )

    @property
    def cli_option(self) -> str:
        """` --env NAME`, to end a command with that is shown to people; empty for the default."""
        return f" --env {self.env}" if self.env else ""

    def next_week(self) -> date:
        """The week after the last complete one.

        Raises:
            EndOfFeed: If there is none.
        """
        return self.calendar.after(self.data.last_week())

    def parameters(self, as_of: str) -> dict[str, Any]:
        """The parameters of a run."""
        return dict(load_environment(self.path, self.env, {"as_of": as_of})["parameters"])

    def plan(self, as_of: str) -> RunPlan:
        """How a whole run becomes subflows and tasks; nothing is loaded and no hook called.

        Raises:
            OrchestrationError: If it cannot work.
        """
        config = load_environment(self.path, self.env, {"as_of": as_of})
        catalog = DataCatalog.from_config(config["catalog"])
        return make_plan(pipelines[DEFAULT_PIPELINE], catalog, self.options)


def load_environment(
    path: Path, env: str | None, runtime_params: dict[str, Any] | None = None
) -> EnvironmentConfigLoader:
    """An environment's configuration; loading it makes its pipelines the active ones."""
    return load_configuration(path / settings.CONF_SOURCE, env, runtime_params)
