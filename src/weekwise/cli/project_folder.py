"""Commands work from any folder of the project as from its root."""

from __future__ import annotations

import os
from pathlib import Path

from kedro.utils import find_kedro_project


def enter_project() -> Path:
    """Make the project's root the working folder: relative paths of its configuration begin there.

    Returns:
        The project's root; the working folder as it is, where there is no project around it.
    """
    folder = Path(find_kedro_project(Path.cwd()) or Path.cwd())
    os.chdir(folder)
    return folder
