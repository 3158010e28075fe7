"""What a person sees while a backtest goes from week to week."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import click

from weekwise.model.backtest import BacktestWeek, Contender
from weekwise.model.boosting import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class BacktestDisplay:
    """What a person sees while weeks are judged."""

    def __init__(self, weeks: int, bars: Bars | None) -> None:
        self._weeks = weeks
        self._bars = bars
        self._task = bars.add_task("", total=weeks) if bars else None
        self._words = ""

    def week(self, number: int, origin: date) -> None:
        """A week's turn has come."""
        self._words = f"week {number} of {self._weeks}: {origin}"
        self._say("")

    def fitting(self, progress: Progress) -> None:
        """A model is being fitted."""
        self._say(f", {progress.trees} of at most {progress.most} trees")

    def judged(self, week: BacktestWeek) -> None:
        """A week is judged."""
        loss = {each: f"{week.loss(each):.4f}" for each in Contender}
        line = (
            f"{self._words}: recipe {loss[Contender.RECIPE]}, "
            f"last week's model {loss[Contender.LAST_WEEK]}, linear {loss[Contender.LINEAR]}, "
            f"trailing constant {loss[Contender.TRAILING]}"
        )
        if self._bars is None or self._task is None:
            click.echo(line)
        else:
            self._bars.console.print(line, highlight=False)
            self._bars.advance(self._task)

    def _say(self, further: str) -> None:
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, description=f"{self._words}{further}")


@contextmanager
def shown(weeks: int) -> Iterator[BacktestDisplay]:
    """A bar on a terminal, a line a week elsewhere.

    Args:
        weeks: How many weeks there are.
    """
    from weekwise.cli.console import console

    screen = console()
    if not screen.is_terminal:
        yield BacktestDisplay(weeks, None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Bars(*columns, console=screen, transient=True) as bars:
        yield BacktestDisplay(weeks, bars)
