from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from weekwise.errors import OrchestrationError
from weekwise.orchestration.deployment.serve_lock import one_serving_process
from weekwise.orchestration.flow.run_lock import one_run_at_a_time
from weekwise.paths import DataFolder


def hold(data: DataFolder, acquired: Any) -> None:
    """Serve until killed."""
    with one_serving_process(data):
        acquired.set()
        signal.pause()


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """The message names the first, whose runs go on; afterwards another one may serve."""
    data = DataFolder(tmp_path)
    with one_serving_process(data), one_run_at_a_time(data, "as_of 2013-01-15"):
        words = rf"are served already \(process {os.getpid()}, since .* UTC\); leave it to that "
        with pytest.raises(OrchestrationError, match=words), one_serving_process(data):
            pass
    with one_serving_process(data):
        pass


def test_a_process_that_was_killed_serves_no_longer(tmp_path: Path) -> None:
    """Its lock is free."""
    context = multiprocessing.get_context("fork")
    acquired, data = context.Event(), DataFolder(tmp_path)
    process = context.Process(target=hold, args=(data, acquired))
    process.start()
    assert acquired.wait(20)
    with pytest.raises(OrchestrationError), one_serving_process(data):
        pass
    process.kill()
    process.join()
    with one_serving_process(data):
        pass
