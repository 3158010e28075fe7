"""A run's log lines, sent to Prefect as well."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging.handlers import APILogHandler

PREFECT = "prefect"
TASK_RUNS = "prefect.task_runs"
TIMEOUT_WARNING = "Timeout of %s seconds configured for this task, but"


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


def is_no_timeout_warning(record: logging.LogRecord) -> bool:
    """Leave out Prefect's warning at every task in a thread; the documentation says it once."""
    return not str(record.msg).startswith(TIMEOUT_WARNING)


@contextmanager
def forward_logs() -> Iterator[None]:
    """Send what Kedro, Weekwise and the libraries log to Prefect, for as long as this lasts."""
    handler = RunLogHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger(TASK_RUNS).addFilter(is_no_timeout_warning)
    try:
        yield
    finally:
        # Prefect sends what is left when the process ends; waiting here would cost seconds.
        root.removeHandler(handler)
        logging.getLogger(TASK_RUNS).removeFilter(is_no_timeout_warning)
