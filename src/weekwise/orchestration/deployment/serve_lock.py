"""One process that serves an environment's deployment at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from weekwise.errors import OrchestrationError
from weekwise.orchestration.process_lock import held
from weekwise.paths import DataFolder


@contextmanager
def one_serving_process(data: DataFolder) -> Iterator[None]:
    """Hold the lock of whoever serves, which the kernel releases if this process dies.

    Two would each take the other's runs for interrupted, and each have a first run.

    Args:
        data: The environment's data folder.

    Raises:
        OrchestrationError: If another process serves the environment.
    """

    def refusal(holder: str) -> OrchestrationError:
        return OrchestrationError(
            f"the weekly runs on {data.path} are served already ({holder}); leave it to that "
            "process, or stop it first"
        )

    with held(data.serve_lock, "", refusal):
        yield
