"""Memory that a node has freed does not stay this process's."""

from __future__ import annotations

from kedro.framework.hooks import hook_impl

from weekwise.memory import give_back


class FreeMemoryHook:
    """Gives what a node on a large table has freed back to the operating system."""

    @hook_impl
    def after_node_run(self) -> None:
        """Before the next node takes memory of its own."""
        give_back()
