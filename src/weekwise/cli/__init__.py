"""Weekwise's own commands, beside and over Kedro's. `kedro` finds the group `cli` here."""

from __future__ import annotations

import click
from kedro.framework.cli.utils import LazyGroup


@click.group(
    name="weekwise",
    cls=LazyGroup,
    lazy_subcommands={
        "run": "weekwise.cli.run.run",
        "contract": "weekwise.cli.contract.contract",
        "model": "weekwise.cli.model.model",
        "registry": "weekwise.cli.registry.registry",
        "weekly": "weekwise.cli.weekly.weekly",
    },
)
def cli() -> None:
    """Weekwise's own commands."""
