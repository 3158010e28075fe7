from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kedro.io import DatasetError

from trains import predictor, train_end, trains
from weekwise.contract.type_facts import TaskName
from weekwise.datasets import registered_models
from weekwise.datasets.registered_models import (
    ChallengerDataset,
    ChampionDataset,
    CurrentChampionDataset,
    FirstChampionDataset,
    ReleaseDataset,
    VerdictDataset,
)
from weekwise.errors import AsOfError, LostModelError, RegistryError
from weekwise.model.contenders import Candidate, Challenger
from weekwise.model.predictor import Predictor
from weekwise.model.registered_versions import RegisteredVersion
from weekwise.model.verdict import Decision, Verdict, not_retrained

AS_OF = train_end()
WHERE: dict[str, Any] = {"name": "late_trains", "as_of": AS_OF.isoformat()}
DATASETS = (
    ChallengerDataset,
    ChampionDataset,
    CurrentChampionDataset,
    FirstChampionDataset,
    VerdictDataset,
    ReleaseDataset,
)
NEW = Challenger(
    predictor=predictor(), reason="New data.", fingerprint="f", example=trains(1), tags={"a": "b"}
)


@dataclass
class FakeRegistry:
    """A registry in memory, with the operations that the datasets use."""

    predictors: dict[str, Predictor] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    nominees: dict[date, Candidate] = field(default_factory=dict)
    champions: dict[date, str] = field(default_factory=dict)
    noted: list[Verdict] = field(default_factory=list)
    carried_out: list[Verdict] = field(default_factory=list)
    made: datetime = datetime(2024, 3, 4, tzinfo=UTC)
    loads: list[str] = field(default_factory=list)

    def register(self, new: Predictor, *, fingerprint: str, **_: Any) -> str:
        """Keep a predictor under its fingerprint."""
        version = self.fingerprints.setdefault(fingerprint, str(len(self.fingerprints) + 1))
        self.predictors[version] = new
        return version

    def record_candidate(self, as_of: date, nomination: Candidate) -> None:
        """Keep a nomination."""
        self.nominees[as_of] = nomination

    def candidate(self, as_of: date) -> Candidate:
        """The nomination kept."""
        if as_of not in self.nominees:
            raise RegistryError("no challenger")
        return self.nominees[as_of]

    @property
    def versions(self) -> FakeRegistry:
        """Its versions."""
        return self

    def get(self, version: str) -> RegisteredVersion:
        """A version's tags."""
        if version not in self.predictors:
            raise RegistryError(f"there is no version {version}")
        known = [f for f, of in self.fingerprints.items() if of == version]
        tags = {"fingerprint": known[0]} if known else {}
        return RegisteredVersion(version=version, aliases=(), created=self.made, tags=tags)

    def load(self, version: str) -> Predictor:
        """The predictor kept."""
        self.loads.append(version)
        return self.predictors[version]

    def champion_before(self, as_of: date) -> str | None:
        """The champion of the dates before."""
        return next((v for day, v in self.champions.items() if day < as_of), None)

    def history(self) -> Any:
        """What happened to the alias, of which a test needs the first champion."""
        return SimpleNamespace(first_champion=self.champion_before)

    def champion_for(self, as_of: date) -> str | None:
        """The champion of that date."""
        return self.champions.get(as_of)

    def record_verdict(self, verdict: Verdict) -> None:
        """Keep a verdict."""
        self.noted.append(verdict)

    def carry_out(self, verdict: Verdict) -> None:
        """Keep a verdict that was carried out."""
        self.carried_out.append(verdict)

    def is_carried_out(self, as_of: date) -> bool:
        """Whether that date's was."""
        return any(verdict.as_of == as_of for verdict in self.carried_out)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    """The registry that the datasets use, in memory."""
    fake = FakeRegistry()
    for dataset in DATASETS:
        monkeypatch.setattr(dataset, "_registry", lambda _: fake)
    return fake


class TestChallenger:
    """What a run brings to the promotion gate."""

    def test_saved_and_loaded(self, registry: FakeRegistry) -> None:
        """A saved predictor is registered and comes back with its version."""
        dataset = ChallengerDataset(**WHERE)
        assert not dataset.exists()

        dataset.save(NEW)

        challenger = dataset.load()
        assert dataset.exists()
        assert (challenger.version, challenger.fingerprint, challenger.reason) == (
            "1",
            "f",
            "New data.",
        )
        rows = trains(1, seed=4)
        assert np.array_equal(challenger.predictor.predict(rows), predictor().predict(rows))
        assert registry.nominees[AS_OF].version == "1"

    def test_no_predictor(self, registry: FakeRegistry) -> None:
        """A run that trained nothing registers nothing and keeps the reason."""
        dataset = ChallengerDataset(**WHERE)

        dataset.save(Challenger(predictor=None, reason="No need."))

        assert registry.predictors == {}
        assert dataset.load() == Challenger(predictor=None, reason="No need.")

    @pytest.mark.usefixtures("registry")
    @pytest.mark.parametrize("missing", [{"fingerprint": ""}, {"example": None}])
    def test_incomplete(self, missing: dict[str, Any]) -> None:
        """A predictor without fingerprint or example rows is refused."""
        incomplete = Challenger(
            **{
                "predictor": predictor(),
                "reason": "",
                "fingerprint": "f",
                "example": trains(1),
                **missing,
            }
        )

        with pytest.raises(DatasetError, match="needs a fingerprint and example rows"):
            ChallengerDataset(**WHERE).save(incomplete)


class TestChampions:
    """The champion a run finds, and the one it leaves."""

    def test_reigning(self, registry: FakeRegistry) -> None:
        """The current champion is the one of earlier runs, or nobody."""
        dataset = CurrentChampionDataset(**WHERE)
        registry.predictors["1"] = predictor()
        registry.champions[AS_OF] = "1"
        assert dataset.load().champion is None

        registry.champions = {date(2013, 1, 1): "1"}

        champion = dataset.load().champion
        assert champion is not None
        assert champion.version == "1"
        assert champion.predictor is predictor()

    def test_champion(self, registry: FakeRegistry) -> None:
        """The champion is the one that the run's own verdict left."""
        registry.predictors["1"] = predictor()
        registry.champions[AS_OF] = "1"

        champion = ChampionDataset(**WHERE).load().champion
        assert champion is not None
        assert champion.version == "1"

    def test_a_version_is_read_once(self, registry: FakeRegistry) -> None:
        """Nodes that ask again get the same; a model made anew under its number is another."""
        dataset = CurrentChampionDataset(**WHERE)
        registry.champions = {date(2013, 1, 1): "1"}
        registry.predictors = {"1": predictor(), "2": predictor()}

        for _ in range(3):
            dataset.load()
        assert registry.loads == ["1"]

        registry.champions = {date(2013, 1, 1): "2"}
        newer = dataset.load().champion
        assert newer is not None
        assert newer.version == "2"
        registry.made += timedelta(days=1)
        dataset.load()
        assert registry.loads == ["1", "2", "2"]

        dataset.release()
        dataset.load()
        assert registry.loads == ["1", "2", "2", "2"]

    def test_first_champion(self, registry: FakeRegistry) -> None:
        """The first champion is loaded; one that cannot be had any more fails no run."""
        dataset = FirstChampionDataset(**WHERE)
        registry.champions = {date(2013, 1, 1): "1"}
        registry.predictors = {"1": predictor()}

        first = dataset.load().champion

        assert first is not None
        assert (first.version, first.predictor) == ("1", predictor())
        registry.predictors = {}
        assert dataset.load().champion is None

    @pytest.mark.parametrize("dataset", [ChampionDataset, CurrentChampionDataset])
    def test_a_champion_that_is_gone(
        self,
        registry: FakeRegistry,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        dataset: type,
    ) -> None:
        """What was deleted is no champion, and told of once; what cannot be had now stops it."""
        monkeypatch.setattr(registered_models, "_TOLD", set())
        registry.champions = {date(2013, 1, 1): "1", AS_OF: "1"}
        registry.predictors = {"1": predictor()}

        for error, stops in ((LostModelError("gone"), False), (RegistryError("away"), True)):

            def fail(_version: str, error: RegistryError = error) -> None:
                raise error

            monkeypatch.setattr(registry, "load", fail)
            if stops:
                with pytest.raises(DatasetError, match="away"):
                    dataset(**WHERE).load()
            else:
                assert dataset(**WHERE).load().champion is None
                assert dataset(**WHERE).load().champion is None
        assert caplog.text.count("goes on without the champion, version 1: gone") == 1

    @pytest.mark.usefixtures("registry")
    def test_no_champion_yet(self) -> None:
        """Where the promotion gate has refused every model there is none, and that is no fault."""
        assert ChampionDataset(**WHERE).load().champion is None

    @pytest.mark.parametrize("dataset", [ChampionDataset, CurrentChampionDataset])
    def test_cannot_be_saved(self, dataset: type) -> None:
        """A champion is made by a verdict or a command, never saved."""
        with pytest.raises(DatasetError, match="a champion is not saved"):
            dataset(**WHERE).save("anything")


class TestVerdict:
    """The verdict, carried out and kept."""

    VERDICT = Verdict(
        task=TaskName.BINARY,
        as_of=AS_OF,
        decision=Decision.FIRST,
        reasons=("Good.",),
        challenger_version="1",
    )

    def test_saved_and_loaded(self, registry: FakeRegistry, tmp_path: Path) -> None:
        """A saved verdict is noted in the registry, moves nothing, and comes back equal."""
        dataset = VerdictDataset(**WHERE, filepath=str(tmp_path / "new" / "verdict.json"))
        assert not dataset.exists()

        dataset.save(self.VERDICT)

        assert (registry.noted, registry.carried_out) == ([self.VERDICT], [])
        assert dataset.exists()
        assert dataset.load() == self.VERDICT
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["verdict.json"]

    def test_the_registry_comes_first(
        self, registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A verdict that could not be noted is not kept as if it had been."""
        dataset = VerdictDataset(**WHERE, filepath=str(tmp_path / "verdict.json"))

        def killed(_: Verdict) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(registry, "record_verdict", killed)

        with pytest.raises(KeyboardInterrupt):
            dataset.save(self.VERDICT)

        assert not dataset.exists()

    @pytest.mark.usefixtures("registry")
    @pytest.mark.parametrize(
        ("content", "error", "message"),
        [
            (None, RegistryError, "there is no verdict as of"),
            ("{}", RegistryError, "is no verdict"),
            (
                not_retrained(date(2012, 1, 2), TaskName.BINARY, "1", "No need.").model_dump_json(),
                AsOfError,
                "holds the verdict as of 2012-01-02",
            ),
        ],
        ids=["absent", "garbled", "another week's"],
    )
    def test_files_that_are_no_verdict(
        self, tmp_path: Path, content: str | None, error: type, message: str
    ) -> None:
        """A file that is absent, garbled or another week's is an error that names the command."""
        path = tmp_path / "verdict.json"
        if content is not None:
            path.write_text(content)

        with pytest.raises(DatasetError, match=message) as caught:
            VerdictDataset(**WHERE, filepath=str(path)).load()

        assert isinstance(caught.value.__cause__, error)
        assert "kedro run --pipeline model_training" in str(caught.value)


class TestRelease:
    """The end of a run."""

    def test_a_saved_release_carries_the_verdict_out(self, registry: FakeRegistry) -> None:
        """Saving moves what the verdict moves, and from then on the release is there."""
        dataset = ReleaseDataset(**WHERE)
        assert not dataset.exists()

        dataset.save(TestVerdict.VERDICT)

        assert registry.carried_out == [TestVerdict.VERDICT]
        assert dataset.exists()

    @pytest.mark.usefixtures("registry")
    def test_it_cannot_be_loaded(self) -> None:
        """There is nothing to read; the message names the command that shows aliases."""
        with pytest.raises(DatasetError, match="kedro model list"):
            ReleaseDataset(**WHERE).load()


@pytest.mark.parametrize("dataset", DATASETS)
def test_making_and_describing_one_needs_no_registry(
    dataset: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawing the pipelines and listing the catalog work without MLflow."""
    monkeypatch.setitem(sys.modules, "weekwise.model.registry", None)
    more = {"filepath": "verdict.json"} if dataset is VerdictDataset else {}

    made = dataset(**WHERE, **more, metadata={"kedro-viz": {"layer": "models"}})

    assert "late_trains" in str(made)
    assert made.metadata == {"kedro-viz": {"layer": "models"}}
