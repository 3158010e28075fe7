"""`kedro weekly score` on files of a person's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import click
import pandas as pd
import pytest

import trains
from weekwise.cli import weekly_score
from weekwise.cli.weekly_score import files_in, refused_file, score_file
from weekwise.errors import FeedError, RegistryError
from weekwise.model.predictor import Predictor
from weekwise.scoring import score_rows


@dataclass
class FakeRegistry:
    """A registry with a champion, and one version more."""

    name: str = "late_trains"
    aliases: dict[str, str] = field(default_factory=lambda: {"champion": "2"})
    loaded: list[str] = field(default_factory=list)

    def history(self) -> SimpleNamespace:
        """What the aliases point to."""
        return SimpleNamespace(current=self.aliases.get)

    @property
    def versions(self) -> FakeRegistry:
        """Its versions."""
        return self

    def load(self, version: str) -> Predictor:
        """The same model for every version."""
        self.loaded.append(version)
        return trains.predictor()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    """The registry that the command finds."""
    fake = FakeRegistry()

    @contextmanager
    def open_registry(_: str | None) -> Iterator[FakeRegistry]:
        yield fake

    monkeypatch.setattr(weekly_score, "open_registry", open_registry)
    return fake


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """A file of trains, two of them wrong."""
    rows = trains.trains(3).drop(columns="late")
    rows.loc[[2, 4], "line"] = "violet"
    rows.to_csv(tmp_path / "trains.csv", index=False)
    return tmp_path / "trains.csv"


def run(source: object, output: Path, version: str | None = None, *, force: bool = False) -> None:
    """Score a file with the champion, or a version."""
    score_file(str(source), output, env=None, version=version, alias="champion", force=force)


def test_a_file_is_predicted(
    registry: FakeRegistry, feed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All right rows come out, the others beside them, and the last lines say so."""
    output = feed.with_name("scored.csv")

    run(feed, output)

    scored, refused = pd.read_csv(output), pd.read_csv(output.with_name("scored_refused.csv"))
    assert (len(scored), len(refused)) == (88, 2)
    assert scored["model_version"].unique() == [2]
    assert registry.loaded == ["2"]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"late_trains version 2 predicted 88 rows of 90: {output}",
        f"2 rows were refused, for line (2): {refused_file(output)} has each with its reason",
    ]


def test_a_folder_that_cannot_be_made(registry: FakeRegistry, feed: Path) -> None:
    """A file in the place of the folder, or above it, is said in a sentence, and stays."""
    before = feed.read_bytes()
    for output in (feed / "scored.csv", feed / "deeper" / "scored.csv"):
        with pytest.raises(FeedError, match=r"trains.csv\S* cannot be made .*another folder"):
            run(feed, output)
    assert feed.read_bytes() == before
    assert registry.loaded == ["2", "2"]


def test_what_is_there_is_replaced_only_when_asked(registry: FakeRegistry, feed: Path) -> None:
    """Nothing is read before that is known; a former file of refused rows does not stay."""
    output = feed.with_name("scored.parquet")
    run(feed, output, "1")
    good = feed.with_name("good.csv")
    pd.read_csv(feed).drop([2, 4]).to_csv(good, index=False)

    with pytest.raises(FeedError, match="is there already; replace it with --force"):
        run(good, output)
    assert registry.loaded == ["1"]
    run(good, output, force=True)

    assert len(pd.read_parquet(output)) == 88
    assert not refused_file(output).exists()


def test_ctrl_c_leaves_nothing(
    registry: FakeRegistry,  # noqa: ARG001 - used by the command
    feed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stopped in the middle, there is neither half a file nor a hidden one."""
    before = sorted(feed.parent.iterdir())
    predicted = Predictor.predict

    def predict(self: Predictor, *given: object) -> object:
        if predict_calls:
            raise KeyboardInterrupt
        predict_calls.append(1)
        return predicted(self, *given)  # type: ignore[arg-type]

    predict_calls: list[int] = []
    monkeypatch.setattr(score_rows, "BATCH_ROWS", 20)
    monkeypatch.setattr(Predictor, "predict", predict)

    with pytest.raises(click.exceptions.Exit) as caught:
        run(feed, feed.with_name("scored.csv"))

    assert caught.value.exit_code == 130
    assert capsys.readouterr().out == "Stopped; nothing was written.\n"
    assert sorted(feed.parent.iterdir()) == before


def test_a_folder_of_files(registry: FakeRegistry, tmp_path: Path) -> None:
    """All files of a folder are one table, those in its folders too."""
    rows = trains.trains(4).drop(columns="late")
    for week, part in enumerate((rows[:50], rows[50:])):
        (tmp_path / "in" / f"week={week}").mkdir(parents=True)
        part.to_parquet(tmp_path / "in" / f"week={week}" / "rows.parquet")
    output = tmp_path / "scored.parquet"

    run(tmp_path / "in", output)

    assert sorted(pd.read_parquet(output)["train"]) == rows["train"].tolist()
    assert registry.loaded == ["2"]


def test_without_a_champion(registry: FakeRegistry, feed: Path) -> None:
    """The message says how to have one."""
    registry.aliases = {}

    with pytest.raises(RegistryError, match="has no champion; train one with: kedro run"):
        run(feed, feed.with_name("scored.csv"))


def test_a_file_of_another_kind(registry: FakeRegistry, feed: Path) -> None:
    """Its ending says what is written, and it is told before anything is loaded."""
    with pytest.raises(FeedError, match=r"end it in \.parquet, \.csv, \.csv\.gz"):
        run(feed, feed.with_name("scored.xlsx"))
    assert registry.loaded == []


@pytest.mark.parametrize(
    ("names", "message"), [([], "has no files"), (["a.csv", "b.parquet"], "several kinds")]
)
def test_a_folder_that_is_no_table(tmp_path: Path, names: list[str], message: str) -> None:
    """A pattern says which of its files are meant."""
    for name in names:
        (tmp_path / name).touch()

    with pytest.raises(FeedError, match=message):
        files_in(str(tmp_path))


def test_other_sources_stay_as_they_are(tmp_path: Path) -> None:
    """Files, patterns and addresses of databases are opened as such."""
    for source in (f"{tmp_path}/a.csv", f"{tmp_path}/*.csv", "postgresql://me@host/shop?table=a"):
        assert files_in(source) == source
