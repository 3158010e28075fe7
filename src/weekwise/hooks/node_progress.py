"""Says which node a run is at: on a terminal in one live display, elsewhere by a line a node."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines, settings
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from weekwise.hooks.console_log import ConsoleLog

if TYPE_CHECKING:
    from weekwise.hooks.live_display import LiveDisplay

KEDRO = "kedro"
RUNNER = "kedro.runner"
"""The logger of Kedro's own lines about nodes."""
OTHER_NODES = "other_nodes"
"""The stage of nodes that belong to no pipeline."""
PROGRESS_SECONDS = 30.0
"""How often a log that no person watches says how far a node has come."""

logger = logging.getLogger(__name__)


class NodeProgressHook:
    """Follows a run from node to node, in all of its threads.

    A node is at work from the loading of its first input to the storing of its last output: tables
    are queries until they are stored. What nodes log is at hand through the console's handler. A
    record with the attribute `progress`, a pair of what is done and the most there can be to do,
    moves the bar of the node in whose thread it was written.

    Where Kedro's own lines are shown, this hook says nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._log = ConsoleLog(self._lets_pass)
        self._display: LiveDisplay | None = None
        self._nodes = 0
        self._done = 0
        self._began: dict[str, float] = {}
        self._saved: dict[str, set[str]] = {}
        self._at_work: dict[int, Node] = {}
        self._last_progress = 0.0

    def open(self) -> None:
        """Show, from now on, that a run is being prepared."""
        if _kedro_speaks():
            return
        with self._lock:
            self._log.attach()
            terminal = self._log.terminal
            if terminal is not None and self._display is None:
                from weekwise.hooks.live_display import LiveDisplay

                self._display = LiveDisplay(terminal)
                self._display.start()

    def close(self, word: str = "stopped") -> None:
        """End the display, if there is one.

        Args:
            word: What became of nodes that are at work still.
        """
        with self._lock:
            display, self._display = self._display, None
            self._log.detach()
        if display is not None:
            display.stop(word)

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Count the nodes of each stage."""
        with self._lock:
            self._nodes, self._done = len(pipeline.nodes), 0
            self._began.clear()
            self._saved.clear()
            self._at_work.clear()
        self.open()
        if self._display is not None:
            self._display.show_stages(_stage_sizes(pipeline))

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """A node's first input is loaded: it is at work."""
        self._begin(node)

    @hook_impl(tryfirst=True)
    def before_node_run(self, node: Node) -> None:
        """A node runs in this thread."""
        self._begin(node)
        with self._lock:
            self._at_work[threading.get_ident()] = node

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """A node that stores nothing is done."""
        if not node.outputs:
            self._complete(node)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """A node is done when all it makes is stored."""
        with self._lock:
            saved = self._saved.setdefault(node.name, set())
            saved.add(dataset_name)
            is_done = saved >= set(node.outputs)
        if is_done:
            self._complete(node)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """The display ends, before the closing screen."""
        self.close()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """The display ends, before the error is shown."""
        self.close("failed")

    def _begin(self, node: Node) -> None:
        with self._lock:
            if node.name in self._began:
                return
            self._began[node.name] = time.monotonic()
        if self._display is not None:
            self._display.node_started(_stage(node), node.short_name)

    def _complete(self, node: Node) -> None:
        with self._lock:
            seconds = time.monotonic() - self._began.pop(node.name, time.monotonic())
            self._done += 1
            done = self._done
            self._at_work = {k: v for k, v in self._at_work.items() if v is not node}
        if not _kedro_speaks():
            logger.info("node %d of %d: %s (%.1f s)", done, self._nodes, node.name, seconds)
        if self._display is not None:
            self._display.node_completed(_stage(node), node.short_name, seconds)

    def _lets_pass(self, record: logging.LogRecord) -> bool:
        """Whether the console shall show a record that the display does not."""
        progress = getattr(record, "progress", None)
        display = self._display
        if display is None:
            return progress is None or self._is_time_for_progress()
        if record.levelno >= logging.WARNING:
            return True
        node = self._at_work.get(record.thread or 0)
        if progress is not None and node is not None:
            display.node_progressed(_stage(node), node.short_name, *progress)
        if record.name != __name__:
            display.show_note(record.getMessage())
        return False

    def _is_time_for_progress(self) -> bool:
        now = time.monotonic()
        started = min(self._began.values(), default=now)
        if now - max(self._last_progress, started) < PROGRESS_SECONDS:
            return False
        self._last_progress = now
        return True


@contextmanager
def shown_progress(*, verbose: bool = False) -> Iterator[None]:
    """Show that a run is being prepared, and end its display however the run ends.

    No hook is called when a run is interrupted from the keyboard.

    Args:
        verbose: Show Kedro's own lines instead.
    """
    if verbose:
        logging.getLogger(KEDRO).setLevel(logging.INFO)
    hooks = [hook for hook in settings.HOOKS if isinstance(hook, NodeProgressHook)]
    for hook in hooks:
        hook.open()
    try:
        yield
    finally:
        for hook in hooks:
            hook.close()


def _stage_sizes(pipeline: Pipeline) -> dict[str, int]:
    """How many nodes each stage has, in the order of the project's pipelines."""
    sizes = Counter(map(_stage, pipeline.nodes))
    return {stage: sizes[stage] for stage in dict.fromkeys([*pipelines, *sizes]) if sizes[stage]}


def _kedro_speaks() -> bool:
    """Whether Kedro's own lines about nodes are shown."""
    return logging.getLogger(RUNNER).isEnabledFor(logging.INFO)


def _stage(node: Node) -> str:
    return node.namespace_prefixes[0] if node.namespace else OTHER_NODES
