from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import other_tables
import runs
from features_left import folder_of_a_project, loader, with_features
from weekwise.cli import weekly_search
from weekwise.cli.recipe_setting import read_setting
from weekwise.errors import FeedError
from weekwise.model import lightgbm_learner
from weekwise.model.lightgbm_learner import lightgbm_is_there
from weekwise.model.search import CONFIGURED, Search, SettingsChange
from weekwise.paths import DataFolder

folder = folder_of_a_project
TABLES = {
    "yes or no": (other_tables.CONTRACT, other_tables.orders),
    "numbers": (other_tables.NUMBER_CONTRACT, other_tables.delivered_orders),
    "classes": (other_tables.CLASS_CONTRACT, other_tables.classified_orders),
}


@pytest.fixture(autouse=True)
def _fewer_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lightgbm_learner, "TREES", 10)


def quick(conf: Path, **fit: float) -> None:
    """Let models be fitted in a moment."""
    file = conf / "orders" / "parameters.yml"
    parameters = yaml.safe_load(file.read_text("utf-8")) or {}
    settings = {"iterations": 10, "blend_max_rows": 0, **fit}
    parameters.setdefault("training", {}).setdefault("fit", {}).update(settings)
    file.write_text(yaml.safe_dump(parameters), "utf-8")


def few(*candidates: SettingsChange) -> pytest.MonkeyPatch:
    """Only some candidates beside the settings as they are."""
    patch = pytest.MonkeyPatch()
    everyone = (SettingsChange(name=CONFIGURED), *candidates)
    patch.setattr(weekly_search, "candidates", lambda *_, **__: everyone)
    return patch


@pytest.mark.parametrize("kind", TABLES)
def test_candidates_of_any_target_are_judged(
    folder: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The leaderboard has them all, those that are not served too, and no model is registered."""
    contract, rows = TABLES[kind]
    quick(other_tables.write_environment(folder, rows(), contract=contract))
    with_features(folder, rows())
    assert lightgbm_is_there()

    patch = few(SettingsChange(name="flat trees", changes={"training": {"fit": {"depth": 1}}}))
    weekly_search.run_search(loader(folder), weeks=3, minutes=10)
    patch.undo()

    data = DataFolder(folder / "data" / "orders")
    found = Search.model_validate_json(data.search.read_bytes())
    names = {place.name for place in found.leaderboard}
    assert names >= {CONFIGURED, "flat trees", "linear alone", "LightGBM"}
    assert found.weeks == 3
    assert {place.name for place in found.leaderboard if not place.served} == {
        "linear alone",
        "LightGBM",
    }
    assert "candidate" in capsys.readouterr().out
    assert not data.mlflow.exists()


def test_what_pays_holds_from_the_next_run_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is written beside the parameters, comes over them, and under what is given by hand."""
    conf = other_tables.write_environment(folder)
    with_features(folder, other_tables.orders())
    quick(conf, iterations=1, learning_rate=0.001)

    patch = few(
        SettingsChange(name="more trees", changes={"training": {"fit": {"iterations": 60}}}),
        SettingsChange(name="larger steps", changes={"training": {"fit": {"learning_rate": 0.1}}}),
    )
    weekly_search.run_search(loader(folder), weeks=3, minutes=10)
    patch.undo()

    file = conf / "orders" / "searched.yml"
    chosen = yaml.safe_load(file.read_text("utf-8"))
    assert chosen["training"]["fit"]["iterations"] == 60
    fit = read_setting(loader(folder)).recipe.fit
    assert fit.iterations == 60
    assert "delete the file to undo" in capsys.readouterr().out
    assert loader(folder)["parameters"]["search"]["weeks"] == 3

    file.unlink()
    assert read_setting(loader(folder)).recipe.fit.iterations == 1


def test_what_does_not_pay_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The settings stay, and it is said."""
    conf = other_tables.write_environment(folder)
    quick(conf)
    with_features(folder, other_tables.orders())
    worse = {"training": {"fit": {"iterations": 1, "learning_rate": 0.001}}}

    patch = few(SettingsChange(name="one small tree", changes=worse))
    weekly_search.run_search(loader(folder), weeks=3, minutes=10)
    patch.undo()

    assert not (conf / "orders" / "searched.yml").exists()
    assert "the settings stay as they are" in capsys.readouterr().out


def searched(folder: Path, prepare: Callable[[], object]) -> bool:
    """Whether a search in a process of its own came to its end, and was not killed."""

    def search() -> None:
        # After a fork LightGBM's threads are gone.
        weekly_search.lightgbm_is_there = lambda: False
        prepare()
        weekly_search.run_search(loader(folder), weeks=3, minutes=10)

    runs.import_heavy()
    process = multiprocessing.get_context("fork").Process(target=search)
    process.start()
    process.join(300)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0


def kill_at_fit(number: int) -> None:
    """Kill this process when so many models are judged."""
    fits: list[SettingsChange] = []
    judged = weekly_search._Judge.loss

    def loss(judge: weekly_search._Judge, candidate: SettingsChange, week: date) -> float:
        fits.append(candidate)
        if len(fits) == number:
            runs.kill_now()
        return judged(judge, candidate, week)

    weekly_search._Judge.loss = loss  # type: ignore[method-assign]


def judge_at_once() -> None:
    """Let one candidate pay without a fit."""
    weekly_search._Judge.loss = (  # type: ignore[method-assign]
        lambda _, candidate, __: 0.5 if candidate.name == "more trees" else 0.6
    )


def kill_before(name: str) -> None:
    """Kill this process when a file is written and not in its place yet."""
    judge_at_once()
    replace = Path.replace

    def kill_or_replace(self: Path, target: Path) -> Path:
        if target.name == name:
            runs.kill_now()
        return replace(self, target)

    Path.replace = kill_or_replace  # type: ignore[assignment,method-assign]


@pytest.mark.slow
def test_a_search_killed_anywhere_starts_over(folder: Path) -> None:
    """Killed in a fit or at a file, it leaves whole files or none, and the next one ends."""
    conf = other_tables.write_environment(folder)
    with_features(folder, other_tables.orders())
    quick(conf, iterations=1, learning_rate=0.001)
    settings = conf / "orders" / "searched.yml"
    board = DataFolder(folder / "data" / "orders").search
    patch = few(
        SettingsChange(name="more trees", changes={"training": {"fit": {"iterations": 60}}}),
    )

    assert not searched(folder, lambda: kill_at_fit(4))
    assert not searched(folder, lambda: kill_before(settings.name))
    assert not settings.exists()
    assert not board.exists()
    assert read_setting(loader(folder)).recipe.fit.iterations == 1

    assert searched(folder, judge_at_once)
    found = settings.read_text("utf-8")
    assert Search.model_validate_json(board.read_bytes()).weeks == 3
    assert [*settings.parent.glob(".*"), *board.parent.glob(".*")] == []

    # Between its two files: what was chosen holds, with its own leaderboard.
    settings.unlink()
    board.unlink()
    assert not searched(folder, lambda: kill_before(board.name))
    patch.undo()
    assert settings.read_text("utf-8") == found
    assert read_setting(loader(folder)).recipe.fit.iterations == 60
    assert not board.exists()


def test_too_little_time_is_said(folder: Path) -> None:
    """No week is judged, and the next step is named."""
    other_tables.write_environment(folder)
    with_features(folder, other_tables.orders())

    with pytest.raises(FeedError, match="too short to judge one week; allow more with --minutes"):
        weekly_search.run_search(loader(folder), weeks=3, minutes=1e-9)


def test_the_command_needs_three_weeks() -> None:
    """Fewer tell no standard error worth the name."""
    from weekwise.cli.weekly import weekly

    result = CliRunner().invoke(weekly, ["search", "--weeks", "2"])

    assert result.exit_code == 2
    assert "x>=3" in result.output
