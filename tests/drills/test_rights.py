"""A user who may not read or write something: one sentence names it, with what to do."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import runs
import typed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="root alone may give a folder to another user"),
]

OTHER = 12_345
"""A user without a name, as containers have."""
POWERS = {"CAP_DAC_OVERRIDE": 1, "CAP_DAC_READ_SEARCH": 2, "CAP_FOWNER": 3}
"""What lets root read and write what others own; numbers of linux/capability.h."""
PR_CAPBSET_DROP = 24
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
WEEK = runs.WEEKS[1]
RIGHT = "give this user the right to read and write there, and run again"


@pytest.fixture(name="folder")
def _folder() -> Iterator[Path]:
    """A folder that others may enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="rights-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(name="data")
def _data(folder: Path, week_1: Path) -> Path:
    """The data folder after a first week."""
    return runs.copied(week_1, folder / "test")


def become_user() -> None:
    """In a command's process: be a user like any other from now on, and its children too.

    The name stays root's: another might not reach the Python that runs here.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for power in POWERS.values():
        assert libc.prctl(PR_CAPBSET_DROP, power, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable, for 32 of them; and the same for the rest.
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0, os.strerror(ctypes.get_errno())
    for position in range(3):
        sets[position] &= ~sum(1 << power for power in POWERS.values())
    assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())


def give_away(folder: Path) -> None:
    """Let the other user have a folder and all in it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OTHER, OTHER)


def check(answer: typed.Answer, *names: Path | str) -> None:
    """It is one sentence, with what is named and what to do."""
    assert answer.is_plain, answer.said
    assert "\n" not in answer.error
    for name in names:
        assert str(name) in answer.error


COMMANDS = [
    ("run", f"--params=as_of={WEEK}"),
    ("weekly", "run", "--as-of", WEEK),
    ("model", "list"),
    ("model", "promote", "1", "--why", "it is better"),
]


def few(*always: int) -> list[Any]:
    """The commands, all but some of them for `make drills` alone."""
    return [
        pytest.param(
            words,
            id=" ".join(word for word in words[:2] if not word.startswith("--")),
            marks=[] if number in always else pytest.mark.drill,
        )
        for number, words in enumerate(COMMANDS)
    ]


@pytest.mark.parametrize("words", few(0, 1))
def test_a_folder_of_another_user(words: tuple[str, ...], data: Path) -> None:
    """What may not be written is named, and nothing in the folder changes."""
    give_away(data.parent)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}

    check(typed.type_command(*words, data=data, before=become_user), data, RIGHT)

    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


@pytest.mark.parametrize("words", few(0)[:2])
def test_a_first_run_where_nothing_may_be_made(words: tuple[str, ...], folder: Path) -> None:
    """The folder that cannot be made is named."""
    give_away(folder)
    check(
        typed.type_command(*words, data=folder / "test", before=become_user),
        folder / "test",
        RIGHT,
    )


@pytest.mark.parametrize("words", few(0, 3))
def test_a_read_only_disk(words: tuple[str, ...], data: Path) -> None:
    """Root, too, reads one sentence."""
    try:
        for options in (["--bind"], ["-o", "remount,ro,bind"]):
            subprocess.run(
                ["mount", *options, data.parent, data.parent], check=True, capture_output=True
            )
    except subprocess.CalledProcessError as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    try:
        check(typed.type_command(*words, data=data), data, "make the disk writable")
    finally:
        subprocess.run(["umount", data.parent], check=True)


FILES = {
    "weekwise.duckdb": RIGHT,
    "mlflow/mlflow.db": "check its permissions",
    "mlflow/setup.lock": RIGHT,
    "08_reporting/gx/great_expectations.yml": RIGHT,
    "08_reporting/gx/expectations/features.json": RIGHT,
    "07_model_output/predictions": RIGHT,
    "mlflow/artifacts": RIGHT,
    "mlflow": RIGHT,
}
"""What is forbidden, and the advice."""
EARLY = ("weekwise.duckdb", "mlflow/mlflow.db", "mlflow/setup.lock", "mlflow")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in EARLY else pytest.mark.drill) for n in FILES]
)
def test_one_file_or_folder_is_forbidden(name: str, data: Path, week_2: Path) -> None:
    """It is named; and once it is allowed, the week ends as ever."""
    path = data / name
    mode = path.stat().st_mode
    path.chmod(0 if path.is_file() else 0o555)

    check(typed.run_week(data, WEEK, before=become_user), path, FILES[name])

    path.chmod(mode)
    if name in EARLY:
        return
    answer = typed.run_week(data, WEEK, before=become_user)
    assert answer.status == 0, answer.said
    assert runs.end_state(data) == runs.end_state(week_2)
