"""Commands as a person types them: their exit status and all they say.

Each runs in a process of its own, forked from one that has imported everything.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import runs
import stores

TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Answer:
    """What a command left behind.

    Attributes:
        status: Its exit status; that of a signal is negative.
        said: All it wrote, on both streams.
    """

    status: int
    said: str

    @property
    def error(self) -> str:
        """The message that it ends with, which click begins with `Error:`."""
        return self.said.rpartition("Error: ")[2].strip() if "Error: " in self.said else ""

    @property
    def is_plain(self) -> bool:
        """Whether it failed with a message, and without a traceback."""
        return self.status == 1 and bool(self.error) and TRACEBACK not in self.said


class Typed:
    """A command that is running.

    Args:
        words: What follows `kedro`, such as `run`; `--env test` is added.
        data: The data folder; that of the environment `test`.
        before: Is called in the process before the command.
        env: Kedro's environment.
        variables: Further environment variables.
    """

    def __init__(
        self,
        *words: str,
        data: Path,
        before: Callable[[], Any] | None = None,
        env: str = "test",
        variables: dict[str, str] | None = None,
    ) -> None:
        runs.import_heavy()
        descriptor, name = tempfile.mkstemp(prefix="typed-")
        os.close(descriptor)
        self._output = Path(name)
        self._output.chmod(0o666)
        context = multiprocessing.get_context("fork")
        self._process = context.Process(
            target=self._type, args=((*words, "--env", env), data, before, variables or {})
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def said_so_far(self) -> str:
        """What it has written."""
        return self._output.read_text("utf-8", errors="replace")

    def wait_for(self, words: str, seconds: float = 120) -> None:
        """Wait until it has written some words, or has ended.

        Raises:
            TimeoutError: If it takes too long.
        """
        end = time.monotonic() + seconds
        while words not in self.said_so_far() and self.is_running:
            if time.monotonic() > end:
                self.answer(0)
                raise TimeoutError(f"{words!r} was not said")
            time.sleep(0.02)

    def answer(self, seconds: float = 300) -> Answer:
        """Wait for its end.

        Raises:
            TimeoutError: If it takes too long; it is ended then.
        """
        self._process.join(seconds)
        late = self._process.is_alive()
        if late:
            self._process.kill()
            self._process.join()
        said = self.said_so_far()
        self._output.unlink()
        if late:
            raise TimeoutError(said)
        assert self._process.exitcode is not None
        return Answer(self._process.exitcode, said)

    def _type(
        self,
        words: tuple[str, ...],
        data: Path,
        before: Callable[[], Any] | None,
        variables: dict[str, str],
    ) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with self._output.open("w", buffering=1, encoding="utf-8") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.stdout = sys.stderr = output
            warnings.simplefilter("ignore")
            stores.forget()
            _forget_prefect()
            os.environ.update(
                {"WEEKWISE_DATA_DIR": str(data.parent), "COLUMNS": "200"}, **variables
            )
            os.chdir(runs.PROJECT)
            status = _status(words, before)
            output.flush()
        os._exit(status)


def type_command(*words: str, data: Path, seconds: float = 300, **options: Any) -> Answer:
    """Type a command and wait for its end.

    Args:
        *words: What follows `kedro`.
        data: The data folder.
        seconds: How long it may take.
        **options: Further arguments of `Typed`.
    """
    return Typed(*words, data=data, **options).answer(seconds)


def run_week(data: Path, as_of: str, **options: Any) -> Answer:
    """Type `kedro run` for a week.

    Args:
        data: The data folder.
        as_of: The run's logical date.
        **options: Further arguments of `Typed`.
    """
    return type_command("run", f"--params=as_of={as_of}", data=data, **options)


def _forget_prefect() -> None:
    """Let Prefect be imported anew: its settings and log follow the variables at its import."""
    # Its metrics are registered when it is imported, once only.
    for name in list(sys.modules):
        if name.split(".")[0] in ("prefect", "prometheus_client") or name.startswith(
            "weekwise.orchestration"
        ):
            del sys.modules[name]


def _status(words: tuple[str, ...], before: Callable[[], Any] | None) -> int:
    import traceback

    from kedro.framework.startup import bootstrap_project

    try:
        metadata = bootstrap_project(runs.PROJECT)
        if before is not None:
            before()
        _command(words[0])(list(words[1:]), prog_name=f"kedro {words[0]}", obj=metadata)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python itself shows what nobody has caught
        traceback.print_exc()
    return 1


def _command(name: str) -> Any:
    from weekwise.cli.contract import contract
    from weekwise.cli.model import model
    from weekwise.cli.run import run
    from weekwise.cli.weekly import weekly

    return {"run": run, "model": model, "weekly": weekly, "contract": contract}[name]
