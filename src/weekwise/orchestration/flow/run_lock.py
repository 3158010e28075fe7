"""One weekly run of an environment at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from weekwise.errors import RunInProgressError
from weekwise.orchestration.process_lock import held
from weekwise.paths import DataFolder


@contextmanager
def one_run_at_a_time(data: DataFolder, label: str) -> Iterator[None]:
    """Hold the environment's lock, which the kernel releases if this process dies.

    Args:
        data: The environment's data folder.
        label: What the run is, for the message that another run gets: `as_of 2024-07-01`.

    Raises:
        RunInProgressError: If another run holds it.
    """

    def refusal(holder: str) -> RunInProgressError:
        return RunInProgressError(
            f"another weekly run on {data.path} is running ({holder}); nothing was changed. "
            "Wait for it to end, or stop it, and run again"
        )

    with held(data.run_lock, label, refusal):
        yield


def is_running(data: DataFolder) -> bool:
    """Whether a weekly run of the environment is running."""
    try:
        with one_run_at_a_time(data, "a check whether a run is running"):
            return False
    except RunInProgressError:
        return True
