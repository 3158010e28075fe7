"""What a person sees of a run on a terminal, while it lasts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

LONG_SECONDS = 1.0
"""From here on a node's time is worth a word."""
BAR_WIDTH = 12
ECHO = 4
"""Columns left free at the end of lines: a terminal shows Ctrl-C as ^C there, and would wrap it."""
PREPARING = "Preparing the run"


@dataclass
class _Work:
    """What the nodes of one row of the display do.

    Attributes:
        running: When each node that is at work began, by its name; empty in a row of its own.
        seconds: What the nodes took that are done.
        longest: The one that took longest, and its seconds.
        stopped: Why nothing is at work any more, if the run has ended early.
    """

    running: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    longest: tuple[str, float] = ("", 0.0)
    stopped: str = ""


class LiveDisplay:
    """One display of a whole run: how many nodes are done, in each stage too, and the long ones.

    Threads may call its methods: each node's calls come from one of them. Rich's lock keeps its
    bars right; what is counted here has a lock of its own.

    Args:
        console: A terminal.
    """

    def __init__(self, console: Console) -> None:
        self._run = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("[bold]{task.description}", table_column=Column(no_wrap=True)),
            TimeElapsedColumn(),
            TextColumn(
                "[dim]{task.fields[note]}",
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=console,
            expand=True,
        )
        self._stages = Progress(
            TextColumn("  {task.description}", table_column=Column(no_wrap=True)),
            BarColumn(BAR_WIDTH, table_column=Column(no_wrap=True)),
            MofNCompleteColumn(table_column=Column(justify="right", no_wrap=True)),
            _TimesColumn(table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            console=console,
            expand=True,
        )
        self._console = console
        self._task = self._run.add_task(PREPARING, total=None, note="")
        self._rows: dict[str, TaskID] = {}
        self._work: dict[str, _Work] = {}
        self._counting = Lock()
        self._live = Live(
            get_renderable=self._render, console=console, refresh_per_second=8, transient=True
        )

    def start(self) -> None:
        """Take the lower end of the terminal; what is printed from now on goes above it."""
        self._live.start(refresh=True)

    def show_stages(self, sizes: Mapping[str, int]) -> None:
        """Show the stages of a run.

        Args:
            sizes: How many nodes each stage has, in the order of the display.
        """
        for stage, nodes in sizes.items():
            self._add_row(stage, stage.replace("_", " ").capitalize(), nodes, _Work())
        self._run.update(self._task, total=sum(sizes.values()))
        self._count()

    def node_started(self, stage: str, node: str) -> None:
        """Show a node at work."""
        self._work[stage].running[node] = time.monotonic()

    def node_progressed(self, stage: str, node: str, done: float, most: float) -> None:
        """Show how far a long node has come.

        Args:
            stage: The node's stage.
            node: Its name.
            done: What is done, in a unit of its own.
            most: The most there can be to do.
        """
        if node not in self._rows:
            began = self._work[stage].running.get(node, time.monotonic())
            self._add_row(node, f"  {node}", most, _Work(running={"": began}))
        self._stages.update(self._rows[node], completed=done, total=most)

    def node_completed(self, stage: str, node: str, seconds: float) -> None:
        """Count a node that is done, its data stored."""
        work = self._work[stage]
        with self._counting:
            work.running.pop(node, None)
            work.seconds += seconds
            work.longest = max(work.longest, (node, seconds), key=lambda pair: pair[1])
            if node in self._rows:
                self._stages.remove_task(self._rows.pop(node))
            self._stages.advance(self._rows[stage])
            self._run.advance(self._task)
            self._count()

    def show_note(self, text: str) -> None:
        """Show the last line of the log that is no warning."""
        self._run.update(self._task, note=escape(text.partition("\n")[0]))

    def stop(self, word: str) -> None:
        """Give the terminal back, and leave on it how far each stage came.

        Args:
            word: What became of nodes that are at work still, such as `failed`.
        """
        for work in self._work.values():
            work.stopped = word
        self.show_note("")
        self._run.stop_task(self._task)
        if not self._run.finished:
            self._run.columns = (TextColumn("[red]✗"), *self._run.columns[1:])
        self._live.stop()
        if self._rows:
            self._console.print(self._render())

    def _render(self) -> RenderableType:
        parts = [self._run, self._stages] if self._rows else [self._run]
        return Constrain(Group(*parts), self._console.width - ECHO)

    def _add_row(self, name: str, title: str, total: float, work: _Work) -> None:
        self._work[name] = work
        self._rows[name] = self._stages.add_task(escape(title), total=total, work=work)

    def _count(self) -> None:
        task = self._run.tasks[0]
        words = f"Node {task.completed:.0f} of {task.total or 0:.0f}"
        self._run.update(self._task, description=words)


class _TimesColumn(ProgressColumn):
    """How long the nodes of a row took, and which are at work now."""

    def render(self, task: Task) -> Text:
        """The row's times."""
        work: _Work = task.fields["work"]
        now, running = time.monotonic(), list(work.running.items())
        seconds = work.seconds + sum(now - began for _, began in running)
        text = Text(f"{seconds:6.1f} s" if seconds else "", style="progress.elapsed")
        named = [(node, now - began) for node, began in running if node]
        if named and work.stopped:
            text.append(f"  {work.stopped}: {', '.join(node for node, _ in named)}", style="red")
        elif named:
            text.append(f"  {', '.join(_named(*pair) for pair in named)}")
        elif work.longest[1] >= LONG_SECONDS:
            text.append(f"  {_named(*work.longest)}", style="dim")
        return text


def _named(node: str, seconds: float) -> str:
    return f"{node} {seconds:.1f} s" if seconds >= LONG_SECONDS else node
