from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from weekwise.errors import RunInProgressError
from weekwise.orchestration.flow.lock import one_run_at_a_time


def hold(data: Path, held: Any) -> None:
    """Hold the lock until killed."""
    with one_run_at_a_time(data, "2013-01-15"):
        held.set()
        signal.pause()


def test_a_second_run_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    """The message names the run in hand; after it another may begin."""
    with (
        one_run_at_a_time(tmp_path, "2013-01-15"),
        pytest.raises(RunInProgressError, match=rf"as_of 2013-01-15, process {os.getpid()}, since"),
        one_run_at_a_time(tmp_path, "2013-01-22"),
    ):
        pass
    with one_run_at_a_time(tmp_path, "2013-01-22"):
        pass


def test_a_crashed_run_does_not_block_the_next(tmp_path: Path) -> None:
    """The lock of a process that was killed is free."""
    context = multiprocessing.get_context("fork")
    held = context.Event()
    process = context.Process(target=hold, args=(tmp_path, held))
    process.start()
    assert held.wait(20)
    with pytest.raises(RunInProgressError), one_run_at_a_time(tmp_path, "2013-01-22"):
        pass
    process.kill()
    process.join()
    with one_run_at_a_time(tmp_path, "2013-01-22"):
        pass
