"""A user who may not read or write something: one sentence names it, with what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import runs
import typed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="root alone may become another user"),
]

USER = 12_345
"""A user without a name, as containers have."""
WEEK = runs.WEEKS[1]
RIGHT = "give this user the right to read and write there, and run again"


@pytest.fixture(name="folder")
def _folder() -> Iterator[Path]:
    """A folder of root's that others may enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="rights-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(name="data")
def _data(folder: Path, week_1: Path) -> Path:
    """The data folder after a first week, of root's."""
    return runs.copied(week_1, folder / "test")


def become_user() -> None:
    """In a command's process: be somebody else from now on."""
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)
    os.environ["HOME"] = tempfile.gettempdir()
    os.environ.pop("PREFECT_HOME", None)


def give_away(folder: Path) -> None:
    """Let the user have a folder and all in it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER)


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


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_folder_of_another_user(words: tuple[str, ...], data: Path) -> None:
    """What may not be written is named, and nothing in the folder changes."""
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}

    check(typed.type_command(*words, data=data, before=become_user), data, RIGHT)

    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


@pytest.mark.parametrize("words", COMMANDS[:2], ids=lambda words: words[0])
def test_a_first_run_where_nothing_may_be_made(words: tuple[str, ...], folder: Path) -> None:
    """The folder that cannot be made is named."""
    check(
        typed.type_command(*words, data=folder / "test", before=become_user),
        folder / "test",
        RIGHT,
    )


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
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
    give_away(data)
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
