"""The tutorial on a table of one's own, followed word for word in a copy of the project."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

import runs
import service_process
import stores

pytestmark = pytest.mark.slow

PAGE = runs.PROJECT / "docs" / "tutorial" / "your-own-table.md"
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETUP = "make setup"
SERVE = "make serve ENV="
ADDRESS = "http://127.0.0.1:8000"
COPIED = ("conf", "docs/tutorial", "src", "api", "pyproject.toml")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's own files, without data."""
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        source, target = runs.PROJECT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__")
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, target, **({"ignore": ignored} if source.is_dir() else {}))
    return folder


def test_the_tutorial_word_for_word(project: Path, tmp_path: Path) -> None:
    """Every command works as it stands, and prints what the page says, in its order."""
    said, service = "", None
    with ExitStack() as served:
        for kind, text in BLOCK.findall(PAGE.read_text("utf-8")):
            if kind == "text" and not text.startswith("kedro"):
                for line in text.splitlines():
                    assert " ".join(line.split()) in said, (line, said)
            if kind == "text":
                continue
            said = ""
            for command in text.splitlines():
                if command.startswith(SERVE):
                    env = command.removeprefix(SERVE)
                    service = served.enter_context(
                        service_process.of_environment(
                            env, project / "data", tmp_path, project=project
                        )
                    )
                elif command.startswith("curl "):
                    assert service is not None
                    said += answer(service, command)
                elif command != SETUP and not command.startswith("source "):
                    said += f"{printed(project, command)} "


def printed(project: Path, command: str) -> str:
    """What a command of the page prints, its lines, spaces and frames made one space."""
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
    plain = re.sub(r"[│┃|─]", " ", ran.stdout)
    return " ".join(plain.split())


def environment() -> dict[str, str]:
    """The environment that the commands run in: this interpreter's tools first."""
    variables = stores.environment()
    variables.pop("WEEKWISE_DATA_DIR", None)
    tools = str(Path(sys.executable).parent)
    return {**variables, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}


def answer(service: service_process.Running, command: str) -> str:
    """The answer to a request that is written for curl."""
    words = shlex.split(command)
    (path,) = (word.removeprefix(ADDRESS) for word in words if word.startswith(ADDRESS))
    name, value = words[words.index("-H") + 1].split(": ")
    with service.client() as client:
        response = client.post(path, content=words[words.index("-d") + 1], headers={name: value})
    assert response.status_code == httpx.codes.OK, response.text
    return response.text


def lines() -> Iterator[str]:
    """The commands of the page."""
    for kind, text in BLOCK.findall(PAGE.read_text("utf-8")):
        if kind == "bash":
            yield from text.splitlines()


def test_the_page_has_the_three_commands() -> None:
    """From a file to a served model there are three commands."""
    commands = list(lines())

    for start in ("kedro contract infer ", "kedro run --env ", "make serve ENV="):
        assert any(command.startswith(start) for command in commands)
