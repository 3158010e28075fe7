"""A file of the data folder that is deleted, emptied, cut off or overwritten between two weeks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import runs
import typed

pytestmark = pytest.mark.slow

STORE, MLFLOW = "weekwise.duckdb", "mlflow/mlflow.db"
MADE_ANEW = ("table flights", "table weather", "table features", "table features_weeks")
WITHOUT_CHAMPION = "the run goes on without the champion"


def cut_off(path: Path) -> None:
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    """Fill a file with what is no file of anybody's."""
    path.write_bytes(b"noise" * (path.stat().st_size // 5))


HARMS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut off": cut_off,
    "overwritten": overwrite,
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("file", [STORE, MLFLOW])
def test_a_lost_half_of_the_state_is_said(
    file: str, harm: str, week_1: Path, tmp_path: Path
) -> None:
    """No week is called OK without it: one sentence names what is lost and how it comes back."""
    data = runs.copied(week_1, tmp_path / "test")
    HARMS[harm](data / file)

    with pytest.raises(RuntimeError) as caught:
        runs.run(data, runs.WEEKS[1])

    last = str(caught.value).strip().splitlines()[-1]
    assert "StoreError: the " in last or "DatasetError" in str(caught.value)
    assert "ut a backup of the data folder back" in last
    assert "kedro weekly backfill --from " in last
    assert not (data / "08_reporting" / runs.WEEKS[1] / "weekly_report.json").exists()


@pytest.mark.drill
@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize(
    "file", ["04_feature/wrangling_summary.json", "orchestration/last_run.json"]
)
def test_a_file_that_runs_make_anew(
    file: str, harm: str, week_1: Path, week_2: Path, tmp_path: Path
) -> None:
    """What the next week does not build on is made again, and the week is the same."""
    data = runs.copied(week_1, tmp_path / "test")
    path = data / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    HARMS[harm](path)

    runs.run(data, runs.WEEKS[1])

    path.unlink(missing_ok=file.startswith("orchestration"))
    this_week, undisturbed = runs.end_state(data), runs.end_state(week_2)
    compared = [name for name in undisturbed if name != "files"]
    assert [name for name in compared if this_week[name] != undisturbed[name]] == []


@pytest.mark.drill
@pytest.mark.parametrize("harm", ["deleted", "emptied"])
def test_a_report_of_an_earlier_week_comes_back(harm: str, week_2: Path, tmp_path: Path) -> None:
    """A run names it with a command; once that was typed, all is as if nothing had been lost."""
    data = runs.copied(week_2, tmp_path / "test")
    HARMS[harm](data / "08_reporting" / runs.WEEKS[0] / "weekly_report.json")
    words = ("weekly", "backfill", "--from", runs.WEEKS[0], "--to", runs.WEEKS[0])

    told = typed.run_week(data, runs.WEEKS[1])
    typed.type_command(*words, data=data)

    assert told.status == 0, told.said
    assert f"Bring it back with: kedro {' '.join(words)} --env test" in told.said
    state, whole = runs.end_state(data), runs.end_state(week_2)
    # Each run makes the feed and the features anew, as of its own date.
    compared = [name for name in whole if name not in ("files", *MADE_ANEW)]
    assert [name for name in compared if state.get(name) != whole[name]] == []


WEEK_FOLDER, MODEL = f"08_reporting/{runs.WEEKS[0]}", "mlflow/artifacts/models/*/artifacts"
KINDS = {
    "the store": [STORE],
    "the store's log": [f"{STORE}.wal"],
    "MLflow's database": [MLFLOW],
    "the lock of MLflow's database": ["mlflow/setup.lock"],
    "summary of wrangling": ["04_feature/*"],
    "predictions": ["07_model_output/predictions/*"],
    **{
        name: [f"{WEEK_FOLDER}/{name}"]
        for name in (
            "weekly_report.json",
            "weekly_report.html",
            "verdict.json",
            "evaluation.json",
            "exploration.json",
            "exploration.html",
            "selected_features.json",
            "model_card.md",
        )
    },
    "figures": [f"{WEEK_FOLDER}/figures/*"],
    "results of the gate": [f"{WEEK_FOLDER}/gate/*"],
    "the expectations": ["08_reporting/gx/expectations/*.json"],
    "GX's ids": ["08_reporting/gx/**/.ge_store_backend_id", "08_reporting/gx/.gitignore"],
    "GX's settings": ["08_reporting/gx/great_expectations.yml"],
    "GX's own settings": ["08_reporting/gx/uncommitted/config_variables.yml"],
    "GX's results": ["08_reporting/gx/uncommitted/validations/**/*.json"],
    "the look of Data Docs": [
        "08_reporting/gx/plugins/**/*",
        "08_reporting/gx/uncommitted/data_docs/local_site/static/**/*",
    ],
    "pages of Data Docs": ["08_reporting/gx/uncommitted/data_docs/local_site/**/*.html"],
    "artifacts of a run": ["mlflow/artifacts/[!m]*/**/*"],
    "MLmodel": [f"{MODEL}/MLmodel"],
    **{
        f"the predictor's {name}": [f"{MODEL}/artifacts/predictor/{name}"]
        for name in (
            "predictor.json",
            "contract.json",
            "aggregates.json",
            "linear.json",
            "model.cbm",
        )
    },
    "the model that kept the holdout apart": [f"{MODEL}/artifacts/twin/*"],
    "the model's code": [f"{MODEL}/code/**/*", f"{MODEL}/*.py"],
    "the model's examples and packages": [f"{MODEL}/*.json", f"{MODEL}/*.yaml", f"{MODEL}/*.txt"],
}
"""Each file that a week leaves is of at least one kind."""


def files_of(kind: str, data: Path) -> list[Path]:
    """The files of a kind in a data folder."""
    paths = {path for pattern in KINDS[kind] for path in data.glob(pattern)}
    return sorted(path for path in paths if path.is_file())


def test_no_file_is_left_out_of_the_drills(week_1: Path) -> None:
    """Each kind has files, and each file has a kind."""
    files = {kind: files_of(kind, week_1) for kind in KINDS}

    assert [kind for kind, paths in files.items() if not paths] == []
    known = {path for paths in files.values() for path in paths}
    assert {path for path in week_1.rglob("*") if path.is_file()} - known == set()


def what_went_wrong(answer: typed.Answer, data: Path, whole: Path) -> str:
    """Why an answer is neither the week as it should be nor one sentence; empty if it is."""
    if answer.status:
        plain = answer.is_plain and "\n" not in answer.error
        return "" if plain else answer.said[-2000:]
    if typed.TRACEBACK in answer.said:
        return answer.said[-2000:]
    made, expected = runs.end_state(data), runs.end_state(whole)
    if WITHOUT_CHAMPION in answer.said:
        # No model to hold against, so that another verdict is right, and other figures are.
        missing = [name for name in expected if name not in made]
        return ", ".join(name for name in missing if name.startswith(runs.WEEKS[1]))
    # What is gone of an earlier week stays so, which the run has said.
    of_week = [
        name
        for name in expected
        if name.startswith(("table ", runs.WEEKS[1])) or name == f"{runs.WEEKS[1]}.parquet"
    ]
    return ", ".join(name for name in of_week if made.get(name) != expected[name])


@pytest.mark.drill
@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("kind", KINDS)
def test_any_file_may_be_lost(
    kind: str, harm: str, week_1: Path, week_2: Path, tmp_path: Path
) -> None:
    """All files of one kind: the next week ends as ever, or in one sentence."""
    data = runs.copied(week_1, tmp_path / "test")
    for file in files_of(kind, data):
        HARMS[harm](file)

    answer = typed.run_week(data, runs.WEEKS[1])

    assert what_went_wrong(answer, data, week_2) == ""
