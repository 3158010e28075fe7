"""Terminals: a file that says it is one, and a real pseudo-terminal with its screen."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyte

COLUMNS, ROWS = 110, 50
CTRL_C = b"\x03"


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        """A person watches."""
        return True


@dataclass
class Session:
    """What a command showed on a terminal.

    Attributes:
        status: Its exit status.
        screen: The lines on the screen at its end.
        cursor_hidden: Whether it left the cursor hidden.
        seen: The screens on the way, each as text.
    """

    status: int = -1
    screen: list[str] = field(default_factory=list)
    cursor_hidden: bool = False
    seen: list[str] = field(default_factory=list)


def type_command(
    words: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    *,
    interrupt_at: str | None = None,
    timeout: float = 300.0,
) -> Session:
    """Run a command on a pseudo-terminal of 110 by 50.

    Args:
        words: The command and its arguments.
        folder: Where it runs.
        environment: Its environment.
        interrupt_at: Text on the screen at which Ctrl-C is typed.
        timeout: The seconds it may take.

    Raises:
        TimeoutError: If it takes longer; it is ended then.
    """
    # A size in the environment would count in place of the terminal's own.
    variables = {k: v for k, v in environment.items() if k not in {"COLUMNS", "LINES"}}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(words[0], [str(word) for word in words], variables)  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    screen, session = pyte.Screen(COLUMNS, ROWS), Session()
    stream, end = pyte.ByteStream(screen), time.monotonic() + timeout
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            written = os.read(terminal, 1 << 16)
        except OSError:
            # Linux says so when the last process has closed the terminal.
            break
        stream.feed(written)
        session.seen.append("\n".join(_lines(screen)))
        if interrupt_at is not None and interrupt_at in session.seen[-1]:
            os.write(terminal, CTRL_C)
            interrupt_at = None
    else:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        raise TimeoutError("\n".join(_lines(screen)))
    os.close(terminal)
    session.status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    session.screen, session.cursor_hidden = _lines(screen), screen.cursor.hidden
    return session


def _lines(screen: pyte.Screen) -> list[str]:
    return [line.rstrip() for line in screen.display if line.strip()]
