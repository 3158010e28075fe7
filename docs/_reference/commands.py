"""What can be typed: Weekwise's own kedro commands with their help, and make's targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from _reference.markdown import code, joined, table

WIDTH = 96
TARGET = re.compile(r"^(?P<name>[a-z-]+):[^#=]*## (?P<help>.*)$", re.MULTILINE)


def kedro_commands(project: Path) -> str:  # noqa: ARG001 - every page is a function of the project
    """The help of every command, as it is printed."""
    from weekwise.cli import cli

    parts: list[str] = []
    for name, command in walk(cli):
        context = click.Context(
            command, info_name=f"kedro {name}", terminal_width=WIDTH, max_content_width=WIDTH
        )
        parts += [f"### kedro {name}", f"```text\n{command.get_help(context)}\n```"]
    return joined(parts)


def make_targets(project: Path) -> str:
    """The targets that `make help` lists."""
    rows = [(code(f"make {name}"), words) for name, words in targets(project).items()]
    return joined([table(("Command", "Does"), rows)])


def targets(project: Path) -> dict[str, str]:
    """The documented targets of the Makefile, each with its line of help."""
    text = (project / "Makefile").read_text("utf-8")
    return {match["name"]: match["help"].strip() for match in TARGET.finditer(text)}


def walk(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, in order, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from walk(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command
