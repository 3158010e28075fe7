"""The log lines of a run, sent to Prefect as well."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging.handlers import APILogHandler

PREFECT = "prefect"


class RunLogHandler(APILogHandler):
    """Sends a line to the flow run or task run in whose context it was written.

    Prefect's own lines reach the API by themselves; lines outside of any run stay on the console.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave out Prefect's own lines."""
        if record.name.partition(".")[0] == PREFECT:
            return False
        return bool(super().filter(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Never let a log line stop a run."""


@contextmanager
def forwarded_logs() -> Iterator[None]:
    """Send what Kedro, Weekwise and the libraries write to Prefect, for as long as this lasts."""
    handler = RunLogHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        # Prefect sends what is left when the process ends; waiting here would cost seconds.
        root.removeHandler(handler)
