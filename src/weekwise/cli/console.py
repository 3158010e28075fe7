"""The terminal, for tables that a person reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Rich's console; in a pipe there is no width to keep to, a terminal tells its own."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160)
