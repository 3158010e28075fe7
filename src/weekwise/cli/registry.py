"""`kedro registry`: Kedro's own commands, for the pipelines of a chosen environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.registry import describe_registered_pipeline, list_registered_pipelines
from kedro.framework.cli.utils import env_option
from kedro.framework.project import settings
from kedro.framework.startup import ProjectMetadata

from weekwise.cli.plain_errors import plain_errors
from weekwise.configuration import load_configuration


@click.group()
def registry() -> None:
    """Commands for working with registered pipelines."""


def _for_environment(command: click.Command) -> click.Command:
    """A command of Kedro's that shows the pipelines of the environment it is given."""

    @click.pass_obj
    def run(metadata: ProjectMetadata, /, env: str | None, **options: Any) -> None:
        with plain_errors():
            # The environment whose configuration is loaded last is the one with pipelines.
            load_configuration(Path(metadata.project_path) / settings.CONF_SOURCE, env)
            click.get_current_context().invoke(command, **options)

    params = list(command.params)
    same = click.Command(command.name, params=params, callback=run, help=command.help)
    with_env: click.Command = env_option(same)
    return with_env


registry.add_command(_for_environment(list_registered_pipelines))
registry.add_command(_for_environment(describe_registered_pipeline))
