from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from weekwise.errors import RunInProgressError
from weekwise.orchestration.flow.run_lock import is_running, one_run_at_a_time
from weekwise.paths import DataFolder


def hold(data: DataFolder, acquired: Any) -> None:
    """Hold the lock until killed."""
    with one_run_at_a_time(data, "as_of 2013-01-15"):
        acquired.set()
        signal.pause()


def test_a_second_run_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    """The message names the running run; after it another may start."""
    data = DataFolder(tmp_path)
    with (
        one_run_at_a_time(data, "as_of 2013-01-15"),
        pytest.raises(RunInProgressError, match=rf"as_of 2013-01-15, process {os.getpid()}, since"),
        one_run_at_a_time(data, "as_of 2013-01-22"),
    ):
        pass
    with one_run_at_a_time(data, "as_of 2013-01-22"):
        pass


def test_a_crashed_run_does_not_block_the_next(tmp_path: Path) -> None:
    """The lock of a process that was killed is free."""
    context = multiprocessing.get_context("fork")
    acquired, data = context.Event(), DataFolder(tmp_path)
    process = context.Process(target=hold, args=(data, acquired))
    process.start()
    assert acquired.wait(20)
    assert is_running(data)
    with pytest.raises(RunInProgressError), one_run_at_a_time(data, "as_of 2013-01-22"):
        pass
    process.kill()
    process.join()
    assert not is_running(data)
    with one_run_at_a_time(data, "as_of 2013-01-22"):
        pass
