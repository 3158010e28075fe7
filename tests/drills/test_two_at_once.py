"""Two of everything at once: one does its work, the other one is refused in a sentence or waits."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import runs
import service_process
import stores
import typed
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

WEEK = runs.WEEKS[1]
RUN = ("run", f"--params=as_of={WEEK}")
WEEKLY = ("weekly", "run", "--as-of", WEEK)
BACKFILL = ("weekly", "backfill", "--from", WEEK, "--to", WEEK)
IN_USE = ("is in use by process", "is running already", "another weekly run")


def both(one: tuple[str, ...], other: tuple[str, ...], data: Path) -> list[typed.Answer]:
    """Type two commands at the same time; their answers, the successful one first."""
    started = [typed.Typed(*words, data=data) for words in (one, other)]
    answers = [command.answer() for command in started]
    return sorted(answers, key=lambda answer: answer.status)


def check_one_was_refused(answers: list[typed.Answer]) -> None:
    """One was done; the other one ended with a sentence that names who was first."""
    done, refused = answers
    assert done.status == 0, done.said
    assert refused.is_plain, refused.said
    assert any(words in refused.error for words in IN_USE), refused.error
    assert "\n" not in refused.error


def test_two_first_runs(tmp_path: Path, week_1: Path) -> None:
    """Where nothing is there yet, one makes all of it."""
    data = tmp_path / "test"
    words = ("run", f"--params=as_of={runs.WEEKS[0]}")

    check_one_was_refused(both(words, words, data))

    assert runs.end_state(data) == runs.end_state(week_1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(RUN, WEEKLY, id="run and weekly run"),
        pytest.param(RUN, RUN, id="two runs", marks=pytest.mark.drill),
        pytest.param(WEEKLY, WEEKLY, id="two weekly runs", marks=pytest.mark.drill),
        pytest.param(RUN, BACKFILL, id="run and backfill", marks=pytest.mark.drill),
    ],
)
def test_two_runs_of_a_week(
    one: tuple[str, ...], other: tuple[str, ...], tmp_path: Path, week_1: Path, week_2: Path
) -> None:
    """The week is run once, and ends as if nobody else had been there."""
    data = runs.copied(week_1, tmp_path / "test")

    check_one_was_refused(both(one, other, data))

    run_state, whole = runs.end_state(data), runs.end_state(week_2)
    assert [name for name in whole if name != "files" and run_state[name] != whole[name]] == []


@pytest.mark.drill
def test_the_registry_is_listed_beside_a_run(tmp_path: Path, week_1: Path) -> None:
    """Looking disturbs no run, and waits for none."""
    data = runs.copied(week_1, tmp_path / "test")
    run = typed.Typed(*RUN, data=data)
    run.wait_for("clean_flights")

    listed = typed.type_command("model", "list", data=data)

    assert listed.status == 0, listed.said
    assert "Versions of" in listed.said
    assert run.answer().status == 0


def test_two_promotions(tmp_path: Path, week_2: Path) -> None:
    """Each is in the history, under a number of its own, or is refused in a sentence."""
    data = runs.copied(week_2, tmp_path / "test")
    before = events(data)

    answers = both(
        ("model", "promote", "2", "--why", "one person says so"),
        ("model", "promote", "2", "--why", "another person says so"),
        data,
    )

    assert all(answer.status == 0 or answer.is_plain for answer in answers)
    done = sum(answer.status == 0 for answer in answers)
    assert done >= 1
    new = events(data)[len(before) :]
    promotions = [event for event in new if event["alias"] == "champion"]
    assert len(promotions) == done
    assert len({event["why"] for event in promotions}) == done
    with closing(sqlite3.connect(DataFolder(data).mlflow_database)) as database:
        aliases = database.execute(
            "SELECT version FROM registered_model_aliases WHERE alias = 'champion'"
        ).fetchall()
    assert aliases == [(2,)]


def events(data: Path) -> list[dict[str, str]]:
    """The changes of aliases, in their order."""
    with closing(sqlite3.connect(DataFolder(data).mlflow_database)) as database:
        tags = database.execute(
            "SELECT value FROM registered_model_tags WHERE key LIKE 'alias_event.%' ORDER BY key"
        ).fetchall()
    return [json.loads(value) for (value,) in tags]


def test_two_services_on_one_port(tmp_path: Path, week_1: Path) -> None:
    """The second one says that the port is taken, and the first goes on."""
    data = runs.copied(week_1, tmp_path / "test")
    with service_process.of_environment("test", data.parent, tmp_path / "first") as service:
        port = service.url.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "api", "--port", port],
            cwd=runs.PROJECT,
            env=stores.environment(KEDRO_ENV="test", WEEKWISE_DATA_DIR=str(data.parent)),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        service.wait_ready(5)

    assert second.returncode == 1
    assert typed.TRACEBACK not in second.stdout + second.stderr
    assert f"Port {port} of 127.0.0.1 is in use" in second.stderr
