from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import other_tables
from features_left import folder_of_a_project, loader, with_features
from weekwise.cli import weekly_backtest
from weekwise.cli.weekly import weekly
from weekwise.model.backtest import Backtest, Contender
from weekwise.model.rolling_origin import RollingOrigin
from weekwise.paths import DataFolder
from weekwise.quality import table_check

folder = folder_of_a_project
TABLES = {
    "yes or no": (other_tables.CONTRACT, other_tables.orders),
    "numbers": (other_tables.NUMBER_CONTRACT, other_tables.delivered_orders),
    "classes": (other_tables.CLASS_CONTRACT, other_tables.classified_orders),
}


def found(folder: Path) -> Backtest:
    """The figures that the command has written."""
    written = DataFolder(folder / "data" / "orders").backtest.figures
    return Backtest.model_validate_json(written.read_bytes())


@pytest.mark.parametrize("kind", TABLES)
def test_past_weeks_of_any_target_are_judged(
    folder: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each week is a line, the page and the figures are written, and no model is registered."""
    contract, rows = TABLES[kind]
    other_tables.write_environment(folder, rows(), contract=contract)
    with_features(folder, rows())

    weekly_backtest.run_backtest(loader(folder), 2)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Going back over 2 weeks, from the features as of 2024-03-18."
    assert [line[:24] for line in lines[1:3]] == [
        "week 1 of 2: 2024-03-04:",
        "week 2 of 2: 2024-03-11:",
    ]
    written = found(folder)
    assert [week.as_of.isoformat() for week in written.weeks] == ["2024-03-04", "2024-03-11"]
    trailing = written.standing(Contender.TRAILING)
    assert trailing.behind is not None
    assert trailing.behind.low > 0
    folders = DataFolder(folder / "data" / "orders")
    assert "<svg" in folders.backtest.page.read_text("utf-8")
    assert not folders.mlflow.exists()
    assert folders.weeks() == []


def test_a_table_too_large_for_memory_is_judged_alike(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is checked in pieces, as the data gate does, and its weeks are judged as before."""
    other_tables.write_environment(folder, other_tables.orders())
    with_features(folder, other_tables.orders())
    weekly_backtest.run_backtest(loader(folder), 1)
    whole = found(folder)
    DataFolder(folder / "data" / "orders").backtest.weeks.unlink(missing_ok=True)

    monkeypatch.setattr(table_check, "PIECE_ROWS", 100)
    monkeypatch.setattr(table_check, "in_key_order", lambda *_: pytest.fail("read whole"))
    weekly_backtest.run_backtest(loader(folder), 1)

    assert found(folder).weeks == whole.weeks


def test_one_that_was_stopped_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C leaves no page; the same command judges the weeks that are left, and no other."""
    other_tables.write_environment(folder)
    with_features(folder, other_tables.orders())
    whole, asked = RollingOrigin.judge, []

    def judge(self: RollingOrigin, origin: date) -> object:
        asked.append(origin.isoformat())
        if len(asked) == 2:
            raise KeyboardInterrupt
        return whole(self, origin)

    monkeypatch.setattr(RollingOrigin, "judge", judge)
    with pytest.raises(Exception, match="130"):
        weekly_backtest.run_backtest(loader(folder), 3)
    place = DataFolder(folder / "data" / "orders").backtest
    assert "goes on with the weeks that are left" in capsys.readouterr().out
    assert not place.page.exists()
    assert not place.figures.exists()

    weekly_backtest.run_backtest(loader(folder), 3)

    assert asked == ["2024-02-26", "2024-03-04", "2024-03-04", "2024-03-11"]
    assert len(found(folder).weeks) == 3


def test_another_recipe_judges_all_weeks_anew(folder: Path) -> None:
    """Weeks judged with other parameters are not mixed in."""
    conf = other_tables.write_environment(folder)
    with_features(folder, other_tables.orders())
    weekly_backtest.run_backtest(loader(folder), 1)
    before = found(folder).weeks

    parameters = conf / "orders" / "parameters.yml"
    parameters.write_text(parameters.read_text("utf-8").replace("20}", "2}"), encoding="utf-8")
    weekly_backtest.run_backtest(loader(folder), 1)

    assert found(folder).weeks != before


UNTIMED = other_tables.CONTRACT.replace("role: time,", "role: context,")


@pytest.mark.parametrize(
    ("contract", "features", "said"),
    [
        (UNTIMED, True, "contract features has no time column, so there are no past weeks"),
        (other_tables.CONTRACT, False, "there are no features to go back over yet; run a week"),
    ],
)
def test_what_cannot_be_gone_back_over_is_said_in_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    contract: str,
    features: bool,
    said: str,
) -> None:
    """A table without a time, or without features, ends with one sentence and its remedy."""
    other_tables.write_environment(folder, contract=contract)
    if features:
        with_features(folder, other_tables.orders())
    monkeypatch.setattr(
        "weekwise.orchestration.project_environment.load_environment",
        lambda *_: loader(folder),
    )

    result: Result = CliRunner().invoke(weekly, ["backtest", "--env", "orders"])

    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
