"""`kedro model`: look at the registry, promote a version, roll back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from kedro.framework.cli.utils import env_option

from weekwise.cli.plain_errors import plain_errors
from weekwise.cli.project_folder import enter_project

if TYPE_CHECKING:
    from rich.table import Table

    from weekwise.model.alias_history import AliasEvent
    from weekwise.model.registered_versions import RegisteredVersion
    from weekwise.model.registry import Registry

REGISTERED_MODEL = "registered_model"

_why = click.option("--why", required=True, help="The reason, kept in the history.")


@click.group(name="model")
def model() -> None:
    """The registered models: list, promote, roll back, history."""


@model.command(name="list")
@env_option
def list_versions(env: str | None) -> None:
    """List the versions, the newest first."""
    with _registry(env) as registry:
        versions = registry.versions.all()
        if versions:
            _print(_versions_table(registry.name, versions))
        else:
            click.echo(f"{registry.name} has no versions yet; make one with: kedro run")


@model.command()
@click.argument("version")
@_why
@env_option
def promote(version: str, why: str, env: str | None) -> None:
    """Make VERSION the champion."""
    with _registry(env) as registry:
        _say(registry.promote(version, why=why))


@model.command()
@_why
@env_option
def rollback(why: str, env: str | None) -> None:
    """Make the former champion the champion again."""
    with _registry(env) as registry:
        _say(registry.rollback(why=why))


@model.command()
@env_option
def history(env: str | None) -> None:
    """Show every change of an alias: who, when, from, to and why."""
    with _registry(env) as registry:
        events = registry.history().events
        if events:
            _print(_history_table(registry.name, events))
        else:
            click.echo(f"no alias of {registry.name} has moved yet; kedro run makes a champion")


@contextmanager
def _registry(env: str | None) -> Iterator[Registry]:
    """The project's registry, and its errors as plain messages."""
    with plain_errors(), open_registry(env) as registry:
        yield registry


@contextmanager
def open_registry(env: str | None) -> Iterator[Registry]:
    """The registry that the project is configured to use.

    Loading a session's context is what lets kedro-mlflow set MLflow up, as it does for a run.

    Args:
        env: The configuration environment.
    """
    from kedro.framework.session import KedroSession

    from weekwise.model.registry import Registry

    with KedroSession.create(project_path=enter_project(), env=env, save_on_close=False) as session:
        context = session.load_context()  # type: ignore[attr-defined]  # typed as the abstract one
        yield Registry(context.config_loader["globals"][REGISTERED_MODEL])


def _say(event: AliasEvent) -> None:
    before = f"version {event.previous}" if event.previous else "no version"
    click.echo(f"The champion is version {event.version} now; it was {before}.")


def _print(table: Table) -> None:
    from rich.console import Console

    Console().print(table)


def _versions_table(name: str, versions: list[RegisteredVersion]) -> Table:
    columns: dict[str, Callable[[RegisteredVersion], str]] = {
        "No.": lambda version: version.version,
        "Alias": lambda version: ", ".join(version.aliases),
        "As of": lambda version: version.tags.get("as_of", ""),
        "Trained to": lambda version: version.tags.get("train_end", ""),
        "Verdict": lambda version: version.tags.get("verdict", ""),
        "Loss": lambda version: version.tags.get("loss", "")[:6],
        "Registered": lambda version: f"{version.created:%Y-%m-%d}",
    }
    rows = [[cell(version) for cell in columns.values()] for version in versions]
    return _table(f"Versions of {name}", list(columns), rows)


def _history_table(name: str, events: tuple[AliasEvent, ...]) -> Table:
    columns: dict[str, Callable[[AliasEvent], str]] = {
        "When (UTC)": lambda event: f"{event.at:%Y-%m-%d %H:%M}",
        "Alias": lambda event: event.alias,
        "From": lambda event: event.previous or "",
        "To": lambda event: event.version or "",
        "As of": lambda event: event.as_of.isoformat(),
        "Who": lambda event: event.who,
        "Why": lambda event: event.why + ("" if event.moved else " (A later week decides.)"),
    }
    rows = [[cell(event) for cell in columns.values()] for event in events]
    return _table(f"Aliases of {name}", list(columns), rows)


def _table(title: str, columns: list[str], rows: list[list[str]]) -> Table:
    from rich.table import Table

    table = Table(title=title)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
