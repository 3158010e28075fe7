"""`kedro run`: Kedro's own command, with an as-of date for every run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import KedroCliError
from kedro.framework.project import settings

from weekwise.cli.interruption import plain_interruption
from weekwise.cli.plain_errors import plain_errors
from weekwise.cli.project_folder import enter_project
from weekwise.cli.run_options import check_options, check_parts, check_versions
from weekwise.cli.verbosity import verbose_option
from weekwise.configuration import load_configuration
from weekwise.errors import AsOfError, ConfigurationError
from weekwise.features.calendar import Calendar
from weekwise.hooks.node_progress import shown_progress
from weekwise.hooks.tracking import recorded_interruption
from weekwise.paths import DataFolder

WRANGLING = "data_wrangling"
PARTS = ("from_inputs", "from_nodes", "namespaces", "node_names", "tags")
"""Options of Kedro's that choose a part of a pipeline, and may leave its beginning out."""


def _run(*, verbose: bool, **options: Any) -> None:
    # `--pipeline` is the word of Kedro's users; Kedro 1.7 warns about it and means `--pipelines`.
    if options["pipeline"] and not options["pipelines"]:
        options["pipelines"], options["pipeline"] = [options["pipeline"]], None
    with plain_interruption("kedro run"), plain_errors():
        enter_project()
        _check_names(options["pipelines"] or ())
        check_options(options)
        _check_settings(options)
        as_of = _as_of(options)
        check_parts(options)
        options["params"] = {**options["params"], "as_of": as_of.isoformat()}
        with shown_progress(verbose=verbose), recorded_interruption():
            kedro_run.callback(**options)  # type: ignore[misc]


class RunCommand(click.Command):
    """Kedro's command, whose options say in one line what is wrong with them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options, and those of `--config`.

        Raises:
            click.UsageError: In place of what Kedro shows without its words, or as a traceback.
        """
        from_file = any(each.startswith(("-c", "--config")) for each in args)
        try:
            return super().parse_args(ctx, args)
        except KedroCliError as error:
            raise click.UsageError(error.message, ctx) from None
        except Exception as error:
            of_click = isinstance(error, (click.ClickException, click.exceptions.Exit, click.Abort))
            if of_click or not from_file:
                raise
            said = str(error).splitlines() or [type(error).__name__]
            raise click.UsageError(
                f"--config: the file cannot be used ({said[0]}); it is YAML, with run: and, below "
                "it, options such as pipelines: model_training",
                ctx,
            ) from None


run = RunCommand(
    "run",
    params=[*kedro_run.params],
    callback=_run,
    help=f"""{kedro_run.help}

    \b
    --params as_of=YYYY-MM-DD sets the run's logical date. Without it:
    - a run with data wrangling takes the week after the last complete one;
    - a run of later pipelines, or of chosen nodes, takes the date the features were built for.
    """,
)


verbose_option(run)


def _check_names(pipelines: Iterable[str]) -> None:
    """Refuse a pipeline that no environment has, before a date is looked up for it.

    Raises:
        ConfigurationError: If there is one.
    """
    from weekwise.pipeline_registry import DEFAULT, NAMES

    for name in pipelines:
        if name not in (DEFAULT, *NAMES):
            raise ConfigurationError(
                f"there is no pipeline {name}; the pipelines are {', '.join(NAMES)}"
            )


def _check_settings(options: dict[str, Any]) -> None:
    """Refuse wrong parameters and globals, all at once and before anything is opened.

    Raises:
        ConfigurationError: If there are any.
    """
    from kedro.framework.project import pipelines

    from weekwise.pipeline_registry import DEFAULT
    from weekwise.setting_faults import check_settings

    given = {name: value for name, value in options["params"].items() if name != "as_of"}
    config = load_configuration(
        options["conf_source"] or Path.cwd() / settings.CONF_SOURCE, options["env"], given
    )
    check_settings(config, pipelines[DEFAULT])
    if options["load_versions"]:
        check_versions(options["load_versions"], config["catalog"])


def _as_of(options: dict[str, Any]) -> date:
    """The as-of date of the run that is asked for.

    Raises:
        AsOfError: If it cannot be run.
    """
    config = load_configuration(
        options["conf_source"] or Path.cwd() / settings.CONF_SOURCE, options["env"]
    )
    calendar = Calendar.model_validate(config["globals"]["calendar"])
    if "as_of" in options["params"]:
        return calendar.parse(options["params"]["as_of"])
    data = DataFolder(Path(config["globals"]["data"]))
    if _starts_a_week(options):
        return calendar.after(data.last_week())
    try:
        return calendar.parse(_built_for(data.wrangling_summary))
    except FileNotFoundError:
        raise AsOfError(
            "there are no features yet; run: kedro run --pipeline data_wrangling"
        ) from None


def _starts_a_week(options: dict[str, Any]) -> bool:
    """Whether a run begins with the feed, rather than with what an earlier one has left."""
    if any(options[name] for name in PARTS):
        return False
    return not options["pipelines"] or bool({WRANGLING, "__default__"} & {*options["pipelines"]})


def _built_for(summary: Path) -> date:
    """The date that the features were built for."""
    from weekwise.reports.wrangling_summary import WranglingSummary

    return WranglingSummary.model_validate_json(summary.read_bytes()).as_of
