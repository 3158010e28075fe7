"""The log on the console, for as long as a run lasts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kedro.logging import RichHandler
from rich.console import Console

PLAIN = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

Listener = Callable[[logging.LogRecord], bool]
"""Is given each record, and says whether the console shall show it."""


class PlainHandler(logging.Handler):
    """One line a record, never wrapped, for a log that no person watches.

    Args:
        console: Where to; its file may change, as `sys.stdout` does.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.setFormatter(PLAIN)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            self._console.file.write(f"{self.format(record)}\n")
            self._console.file.flush()
        except Exception:  # noqa: BLE001 - as all of logging's handlers do
            self.handleError(record)


class ConsoleLog:
    """Stands in for Kedro's handler, which wraps lines at 80 columns where there is no terminal.

    Kedro 1.7 takes no handler of a project's own in `logging.yml`. Where logging is configured
    without Kedro's, as Prefect does in processes of its own, nothing is changed.

    Args:
        listener: Is asked about each record.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._handler: logging.Handler | None = None
        self._replaced: RichHandler | None = None

    @property
    def terminal(self) -> Console | None:
        """The terminal, if a person watches one."""
        return self._handler.console if isinstance(self._handler, RichHandler) else None

    def attach(self) -> None:
        """Begin; again is the same as once."""
        root = logging.getLogger()
        rich = next((h for h in root.handlers if isinstance(h, RichHandler)), None)
        if rich is None or self._handler is not None:
            return
        # A variable that asks for colors makes no terminal of a file.
        if rich.console.is_interactive and rich.console.file.isatty():
            self._handler = rich
        else:
            self._handler, self._replaced = PlainHandler(rich.console), rich
            root.addHandler(self._handler)
            root.removeHandler(rich)
        self._handler.addFilter(self._listener)

    def detach(self) -> None:
        """Leave Kedro's handler as it was."""
        handler, self._handler = self._handler, None
        replaced, self._replaced = self._replaced, None
        if handler is not None:
            handler.removeFilter(self._listener)
        root = logging.getLogger()
        # Unless logging was configured anew meanwhile.
        if replaced is not None and handler in root.handlers:
            root.addHandler(replaced)
            root.removeHandler(handler)
